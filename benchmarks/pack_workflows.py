"""How much of the packs' own workflows is understood: `python benchmarks/pack_workflows.py FOLDER [--json]`.

FOLDER holds workflows, in folders at any depth; which ones the project was measured with, and where anyone
gets them, is in data/pack_workflows.toml. Each is checked for an RTX 4090 with 64 GiB of RAM and nothing
on disk, so that published files stand in. Prints a line for each workflow: its verdict, how many of its nodes
are understood, and which types are not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.templates import judged, summary
from estimator.options import machine

KINDS = (".json", ".png", ".webp")
TOP = 40


def workflows(folder: Path) -> list[Path]:
    """Every workflow in a folder: pictures are those that one is embedded in."""
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in KINDS and path.is_file()]


def line(row: dict[str, Any]) -> str:
    """One workflow's line of the table."""
    known = row["nodes"] - len(row["unknown"])
    missing = ", ".join(dict.fromkeys(row["unknown"])) or "; ".join(dict.fromkeys(row["why"]))
    return f"{row['verdict']:9} {known:4}/{row['nodes']:<4} {row['name']}  {missing[:160]}"


def main(arguments: list[str]) -> None:
    """Check every workflow of a folder."""
    folders = [Path(one) for one in arguments if not one.startswith("--")]
    if not folders:
        raise SystemExit("usage: python benchmarks/pack_workflows.py FOLDER [--json]")
    here = machine(gpu="rtx-4090", ram=64, system="linux")
    found = [(folder, path) for folder in folders for path in workflows(folder)]
    rows = [judged(path, here) | {"name": str(path.relative_to(folder))} for folder, path in found]
    if "--json" in arguments:
        print(json.dumps({"summary": summary(rows), "workflows": rows}, indent=1))
        return
    for row in rows:
        print(line(row))
    total = summary(rows)
    print(f"\n{len(rows)} workflows, {total['nodes']} nodes, {total['understood']:.1%} understood")
    print(", ".join(f"{count} {verdict}" for verdict, count in total["verdicts"].items()))
    for title in ("not_understood", "why"):
        print(f"\n{title}:")
        for what, count in list(total[title].items())[:TOP]:
            print(f"{count:5}  {what}")


if __name__ == "__main__":
    main(sys.argv[1:])
