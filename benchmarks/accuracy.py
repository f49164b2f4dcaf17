"""How right the laws are where no fit saw: `python benchmarks/accuracy.py [--json | --document]`.

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

from estimator.costs import Shape, cost
from estimator.forecast import reserve
from estimator.models import Row, rows
from estimator.units import MIB

POINTS = ROOT / "tests" / "costs" / "held_out"
TEXT = ROOT / "benchmarks" / "accuracy.md"
OBSERVED = ROOT / "benchmarks" / "evidence.md"
ROLES = {
    "diffusion_model": "diffusion models",
    "vae": "VAEs",
    "text_encoder": "text encoders",
    "clip_vision": "image encoders",
    "controlnet": "ControlNets",
    "upscale_model": "upscale models",
}


def ours(name: str, point: dict[str, Any]) -> float:
    """The law's peak at one point, bytes."""
    found = cost(
        name,
        point["operation"],
        Shape(**point["shape"]),
        comfy=point["version"],
        storage=point["storage"],
        compute_bytes=point["compute_bytes"],
    )
    assert found is not None, f"no law for {name} {point}"
    return found.activations.best


def error(name: str, point: dict[str, Any]) -> float:
    """The law's relative error at one point."""
    return abs(ours(name, point) - point["peak"]) / point["peak"]


def reserved(row: Row, point: dict[str, Any]) -> float | None:
    """What ComfyUI reserves for a point, in times of the traced peak; None where it has no estimate."""
    shape, size, version = Shape(**point["shape"]), point["compute_bytes"], point["version"]
    if point["operation"] == "forward":
        own = reserve.sampling(row, size, shape, shape.batch, version)
        return own and own / point["peak"]
    own = reserve.vae(row, size, "nvidia", shape, point["operation"], version)
    return None if own is None else shape.batch * own / point["peak"]


def summary() -> list[dict[str, Any]]:
    """One row for each law table: its errors, and one point of it in bytes."""
    found = []
    for path in sorted(POINTS.glob("*.json")):
        points = json.loads(path.read_text(encoding="utf-8"))
        row = next((row for row in rows() if row.costs == path.stem), None)
        errors = [error(path.stem, point) for point in points]
        times = [times for point in points if row and (times := reserved(row, point)) is not None]
        found.append(
            {
                "name": path.stem,
                "title": row.title if row else path.stem,
                "role": row.role if row else "",
                "versions": sorted({point["version"] for point in points}),
                "points": len(points),
                "median": median(errors),
                "worst": max(errors),
                "comfyui": [min(times), max(times)] if times else None,
                "example": example(path.stem, row, points),
            }
        )
    return found


def example(name: str, row: Row | None, points: list[dict[str, Any]]) -> dict[str, Any]:
    """The first held-out point of the newest version, in 16 bits where there is one, in bytes."""
    newest = max((point["version"] for point in points), key=numbers)
    of_newest = [point for point in points if point["version"] == newest]
    point = min(of_newest, key=lambda one: (one["compute_bytes"] != 2, one["storage"] != "native"))
    own = reserved(row, point) if row else None
    return {
        "operation": point["operation"],
        "shape": point["shape"],
        "traced": point["peak"],
        "ours": ours(name, point),
        "comfyui": own and own * point["peak"],
    }


def numbers(version: str) -> tuple[int, ...]:
    """A version as something that sorts."""
    return tuple(int(part) for part in version.split("."))


def totals(table: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The rows by role, the most first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in table:
        found.setdefault(ROLES.get(one["role"], "other models"), []).append(one)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def markdown(table: list[dict[str, Any]]) -> str:
    """The table for the README: a line for each role."""
    lines = [
        "| activation peak of | models | traced points no fit saw | median error | worst | ComfyUI's own |",
        "|---|---|---|---|---|---|",
    ]
    for role, of in totals(table).items():
        own = [x for one in of if one["comfyui"] for x in one["comfyui"]]
        lines.append(
            f"| {role} | {len(of)} | {sum(one['points'] for one in of)} "
            f"| {median(one['median'] for one in of):.2%} | {max(one['worst'] for one in of):.2%} "
            f"| {f'{min(own):.2f}x to {max(own):.1f}x' if own else 'none'} |"
        )
    return "\n".join(lines)


def document(table: list[dict[str, Any]]) -> str:
    """docs/accuracy.md."""
    parts = [text.read_text(encoding="utf-8").rstrip() for text in (TEXT, OBSERVED)]
    for role, of in totals(table).items():
        parts += [f"## {role[0].upper()}{role[1:]}", by_model(of)]
    return "\n\n".join(parts) + "\n"


def by_model(table: list[dict[str, Any]]) -> str:
    """A line for each model."""
    lines = [
        "| model | ComfyUI | points | median | worst | for example | traced MiB | ours "
        "| ComfyUI reserves | its range |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in table:
        case = one["example"]
        own = f"{case['comfyui'] / MIB:,.0f}" if case["comfyui"] else "nothing"
        span = "{:.2f}x to {:.2f}x".format(*one["comfyui"]) if one["comfyui"] else ""
        lines.append(
            f"| {one['title']} | {', '.join(one['versions'])} | {one['points']} | {one['median']:.2%} "
            f"| {one['worst']:.2%} | {case['operation']} {sides(case['shape'])} "
            f"| {case['traced'] / MIB:,.1f} | {case['ours'] / MIB:,.1f} | {own} | {span} |"
        )
    return "\n".join(lines)


def sides(shape: dict[str, int]) -> str:
    """A shape in latent cells: batch, then frames, rows and columns, then text tokens."""
    space = [shape[name] for name in ("frames", "height", "width") if shape[name] > 1]
    text = f", {shape['text_tokens']} tokens" if shape["text_tokens"] else ""
    batch = f"{shape['batch']} of " if shape["batch"] > 1 else ""
    return f"{batch}{'x'.join(map(str, space)) or 'one'}{text}"


def main() -> None:
    """Print the table in the form asked for: JSON, docs/accuracy.md, or Markdown as the README has it."""
    table = summary()
    if "--json" in sys.argv:
        print(json.dumps(table))
    else:
        print(document(table) if "--document" in sys.argv else markdown(table))


if __name__ == "__main__":
    main()
