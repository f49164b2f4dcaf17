"""How right the laws are on traced points that no fit saw: `python benchmarks/accuracy.py [--json]`.

The points are tests/costs/held_out/*.json, traced from ComfyUI's own classes. Beside each law stands what
ComfyUI itself reserves for the same points, in times of the traced peak.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator import facts
from estimator.costs import Shape, cost
from estimator.forecast import reserve
from estimator.models import Row, rows
from estimator.units import MIB

POINTS = ROOT / "tests" / "costs" / "held_out"


def error(name: str, point: dict[str, Any]) -> float:
    """The law's relative error at one point."""
    found = cost(
        name,
        point["operation"],
        Shape(**point["shape"]),
        comfy=point["version"],
        storage=point["storage"],
        compute_bytes=point["compute_bytes"],
    )
    assert found is not None, f"no law for {name} {point}"
    return abs(found.activations.best - point["peak"]) / point["peak"]


def reserved(row: Row, point: dict[str, Any]) -> float | None:
    """What ComfyUI reserves for a point, in times of the traced peak; None where it has no estimate."""
    known, shape, size = facts.table("managers/constants"), Shape(**point["shape"]), point["compute_bytes"]
    if point["operation"] == "forward":
        factor = known["estimate"]["factors"][row.comfy_class]
        area = shape.batch * shape.frames * shape.height * shape.width
        return area * size * known["estimate"]["fused_per_element"] * factor * MIB / point["peak"]
    own = reserve.vae(row, size, "nvidia", shape, point["operation"], point["version"])
    return None if own is None else shape.batch * own / point["peak"]


def summary() -> list[dict[str, Any]]:
    """One row for each law table."""
    found = []
    for path in sorted(POINTS.glob("*.json")):
        points = json.loads(path.read_text(encoding="utf-8"))
        row = next(row for row in rows() if row.costs == path.stem)
        errors = [error(path.stem, point) for point in points]
        times = [times for point in points if (times := reserved(row, point)) is not None]
        found.append(
            {
                "name": path.stem,
                "title": row.title,
                "points": len(points),
                "median": median(errors),
                "worst": max(errors),
                "comfyui": [min(times), max(times)] if times else None,
            }
        )
    return found


def markdown(table: list[dict[str, Any]]) -> str:
    """The table for the README."""
    lines = [
        "| activation peak of | traced points no fit saw | median error | worst | ComfyUI's own estimate |",
        "|---|---|---|---|---|",
    ]
    for one in table:
        own = "{:.2f}x to {:.2f}x".format(*one["comfyui"]) if one["comfyui"] else "none"
        lines.append(
            f"| {one['title']} | {one['points']} | {one['median']:.2%} | {one['worst']:.2%} | {own} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table in the form asked for: JSON, or Markdown as the README has it."""
    table = summary()
    if "--json" in sys.argv:
        print(json.dumps(table))
    else:
        print(markdown(table))


if __name__ == "__main__":
    main()
