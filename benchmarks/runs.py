"""Whole runs that others timed, beside our forecast of them: `python benchmarks/runs.py [--json]`.

The runs are rows of data/measurements/runs.toml; their workflows are built by tests/prompts.py of published
files. None of them was used to fit anything.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import prompts

from estimator import check, facts
from estimator.options import machine


def beside(row: dict[str, Any]) -> dict[str, Any]:
    """One run: what was said, and our low, best and high, in seconds."""
    here = machine(gpu=row["gpu"], ram=row["ram"], system=row["os"], comfy=row["comfy"])
    prompt = getattr(prompts, row["workflow"])(**row["arguments"])
    found = check(prompt, here, prompts.nowhere).forecast
    assert found.seconds is not None, row["id"]
    ends = {end: getattr(found.seconds, end) for end in ("low", "best", "high")}
    return {"id": row["id"], "said": row["seconds"], "verdict": found.verdict, **ends}


def main() -> None:
    """Print a line for each run."""
    rows = [beside(row) for row in facts.table("measurements/runs")["run"]]
    if "--json" in sys.argv:
        print(json.dumps(rows))
        return
    for one in rows:
        band = f"{one['low']:.0f} to {one['high']:.0f}"
        print(
            f"{one['id']:26} said {one['said']:4} s, forecast {one['best']:4.0f} ({band}), {one['verdict']}"
        )


if __name__ == "__main__":
    main()
