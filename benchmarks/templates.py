"""How much of the official templates is understood: `templates.py [--json | --markdown] [NAME...]`.

Every template that runs local models (`openSource` in the package's index) is checked for an RTX 4090 with 64
GiB of RAM and nothing on disk, so that published files stand in. Prints how many get which verdict, the share
of nodes that are understood, and what stands in the way of the others.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator import check
from estimator.errors import InputError
from estimator.forecast import Forecast
from estimator.options import machine
from estimator.runtime import Machine

PACKAGE = "comfyui_workflow_templates_json"
TOP = 40


def folder() -> Path:
    """Where the templates lie."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{PACKAGE} is not installed: pip install comfyui-workflow-templates-json")
    return Path(next(iter(spec.submodule_search_locations))) / "templates"


def local(templates: Path) -> list[str]:
    """The templates that run local models."""
    index = json.loads((templates / "index.json").read_text(encoding="utf-8"))
    return [one["name"] for group in index for one in group["templates"] if one.get("openSource")]


def all_of(templates: Path) -> list[Path]:
    """Every file that is a workflow."""
    found = sorted(templates.glob("*.json"))
    return [path for path in found if "nodes" in json.loads(path.read_text(encoding="utf-8"))]


def nowhere(folder: str, name: str) -> None:
    """No file is on disk: published ones stand in."""


def judged(path: Path, here: Machine) -> dict[str, Any]:
    """One template: its verdict, its nodes, what is not understood, and how long that took."""
    began = time.perf_counter()
    try:
        forecast = check(path, here, nowhere).forecast
    except InputError as error:
        return {"name": path.stem, "verdict": "refused", "nodes": 0, "unknown": [], "why": [str(error)]}
    return {
        "name": path.stem,
        "verdict": forecast.verdict,
        "nodes": forecast.nodes,
        "unknown": [one.class_type for one in forecast.unknown],
        "why": reasons(forecast),
        "milliseconds": round(1000 * (time.perf_counter() - began), 1),
    }


def reasons(forecast: Forecast) -> list[str]:
    """Why steps are unknown."""
    problems = {one.key: one.problem for one in forecast.components if one.problem}
    steps = [one for one in forecast.steps if one.verdict == "unknown"]
    own = [[problems[key] for key in one.components if key in problems] for one in steps]
    return [f"{one.class_type}: {(known or [one.because])[0]}" for one, known in zip(steps, own, strict=True)]


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """All templates in a few numbers."""
    nodes, lost = sum(row["nodes"] for row in rows), sum(len(row["unknown"]) for row in rows)
    return {
        "templates": len(rows),
        "verdicts": dict(Counter(row["verdict"] for row in rows).most_common()),
        "nodes": nodes,
        "understood": round((nodes - lost) / max(1, nodes), 4),
        "not_understood": dict(Counter(one for row in rows for one in row["unknown"]).most_common()),
        "why": dict(Counter(one for row in rows for one in dict.fromkeys(row["why"])).most_common()),
    }


def page(rows: list[dict[str, Any]]) -> str:
    """All templates as docs/templates.md."""
    found = summary(rows)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in found["verdicts"].items())
    lines = [
        "# The official templates",
        "",
        "Written by `python benchmarks/templates.py --markdown > docs/templates.md`: every template of",
        "comfyui-workflow-templates-json 0.1.123 that runs local models, on an RTX 4090 with 64 GiB of RAM and",
        "nothing on disk, so that published files and usual pictures stand in.",
        "",
        f"{found['templates']} templates: {verdicts}.",
        f"Of {found['nodes']} nodes {found['understood']:.1%} are understood.",
        "",
        "## Unknown, and why",
        "",
        "| template | nodes not understood | what else is not known |",
        "|---|---|---|",
    ]
    unknown = sorted((row for row in rows if row["verdict"] == "unknown"), key=lambda row: row["name"])
    for row in unknown:
        nodes = ", ".join(dict.fromkeys(row["unknown"]))
        lines.append(f"| {row['name']} | {nodes} | {'; '.join(dict.fromkeys(row['why'][:2]))} |")
    lines += ["", "## Nodes that are not understood", "", "| node type | how often |", "|---|---|"]
    lines += [f"| {name} | {count} |" for name, count in found["not_understood"].items()]
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Check the templates named, or all local ones."""
    templates = folder()
    names = [one for one in arguments if not one.startswith("--")] or local(templates)
    here = machine(gpu="rtx-4090", ram=64, system="linux")
    rows = [judged(templates / f"{name}.json", here) for name in names]
    found = summary(rows)
    if "--markdown" in arguments:
        print(page(rows))
        return
    if "--json" in arguments:
        print(json.dumps({"summary": found, "templates": rows}, indent=1))
        return
    print(f"{found['templates']} templates, {found['nodes']} nodes, {found['understood']:.1%} understood")
    print(", ".join(f"{count} {verdict}" for verdict, count in found["verdicts"].items()))
    for title in ("not_understood", "why"):
        print(f"\n{title}:")
        for what, count in list(found[title].items())[:TOP]:
            print(f"{count:5}  {what}")


if __name__ == "__main__":
    main(sys.argv[1:])
