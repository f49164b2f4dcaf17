"""Traces the grids of data/trace_grids/ on a ComfyUI and writes the laws data/costs/<name>.toml.

`COMFYUI_PATH=... python tools/trace_costs.py [NAME...]`; once for each ComfyUI version. Laws of other
versions that the files hold are kept, and shared where this version's traces agree with them. The held-out
points go to tests/costs/held_out/<name>.json.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator import facts  # noqa: E402
from estimator.costs.law import Law, Shape  # noqa: E402
from estimator.errors import InputError  # noqa: E402
from estimator.trace.checkout import Checkout, open_checkout  # noqa: E402
from estimator.trace.grid import Grid, grids  # noqa: E402

COSTS = facts.DATA / "costs"
HELD_OUT = ROOT / "tests" / "costs" / "held_out"


def traced(subject: Any, shapes: list[Shape]) -> list[Any]:
    """The points of these shapes, one forward each."""
    from estimator.trace.make import Point

    meters = ((shape, subject.trace(shape)) for shape in shapes)
    return [Point(shape, meter.peak, meter.series, meter.convs, meter.flops) for shape, meter in meters]


def subject_of(grid: Grid, dtypes: tuple[str, str], header: str) -> Any:
    """A model of the grid, ready to be run."""
    from estimator.trace.device import pretendable
    from estimator.trace.models import of_slug
    from estimator.trace.run import Subject

    return Subject(grid, of_slug(header) if header else {}, dtypes, pretendable())


def made(
    grid: Grid, dtypes: tuple[str, str], checkout: Checkout, kept: list[Law]
) -> tuple[Law, list[Any], list[Any]]:
    """The law of one grid in one pair of dtypes, with the points that were traced and those held out.

    A kept law of another version that gives what no fit saw, and the grid's ends, is taken for this one.
    """
    import torch

    from estimator.trace import make

    first, *others = grid.row.headers or ("",)
    subject = subject_of(grid, dtypes, first)
    trials = traced(subject, grid.trials())
    about = make.About(
        (checkout.version,), (checkout.commit,), torch.__version__, subject.device, subject.cast
    )
    alike = [law for law in kept if make.is_of(law, grid, dtypes, about)]
    ends = traced(subject, [grid.points()[0], grid.points()[-1]]) if alike else []
    for law in alike:
        if make.gives(law, trials + ends):
            return said_of(law, [(checkout.version, checkout.commit)]), ends, trials
    points = traced(subject, grid.points())
    law = make.law(grid, dtypes, subject.compute.itemsize, points, about)
    for header in others:
        same = traced(subject_of(grid, dtypes, header), grid.trials())
        law = make.with_errors(law, worst_held_out=make.worst(law, same))
    law = msgspec.structs.replace(law, same_for=grid.row.headers[1:])
    return make.with_errors(law, worst_held_out=make.worst(law, trials)), points, trials


def versions(law: Law) -> list[tuple[str, str]]:
    """The versions that the law is said of, with their commits."""
    return list(zip(law.versions, law.commits, strict=True))


def said_of(law: Law, of: list[tuple[str, str]]) -> Law:
    """The law, said of these versions and commits."""
    return msgspec.structs.replace(law, versions=tuple(v for v, _ in of), commits=tuple(c for _, c in of))


def without(law: Law, version: str) -> Law:
    """The law, no longer said of a version."""
    return said_of(law, [of for of in versions(law) if of[0] != version])


def merged(kept: list[Law], new: Law, points: list[Any], trials: list[Any]) -> list[Law]:
    """The new law beside the kept ones, or its version added to a kept one that says the same."""
    from estimator.trace import make

    case = ("operation", "storage", "compute_bytes", "range", "features", "cast")
    for at, law in enumerate(kept):
        alike = all(getattr(law, field) == getattr(new, field) for field in case)
        if alike and make.agree(law, new, [point.shape for point in points + trials]):
            errors = {"worst_on_grid": make.worst(law, points), "worst_held_out": make.worst(law, trials)}
            shared = said_of(make.with_errors(law, **errors), sorted(versions(law) + versions(new)))
            return [*kept[:at], shared, *kept[at + 1 :]]
    return [*kept, new]


def value(of: Any) -> str:
    """A TOML value."""
    if isinstance(of, dict):
        return "{ " + ", ".join(f"{name} = {value(item)}" for name, item in of.items()) + " }"
    if isinstance(of, (list, tuple)):
        return "[" + ", ".join(map(value, of)) + "]"
    whole = isinstance(of, float) and of.is_integer()
    return json.dumps(int(of) if whole else of, ensure_ascii=False)


def rows(law: Law) -> Iterator[str]:
    """The lines of one `[[law]]`; pieces one to a line."""
    yield "\n[[law]]"
    for name, of in msgspec.structs.asdict(law).items():
        if name.endswith("pieces") and of:
            yield f"{name} = [\n" + "".join(f"    {value(piece)},\n" for piece in of) + "]"
        else:
            yield f"{name} = {value(of)}"


def write(name: str, found: list[Law], version: str, points: list[dict[str, Any]]) -> None:
    """The law file, and the held-out points beside those of other versions."""
    order = sorted(
        found, key=lambda law: (law.operation, law.storage, law.compute_bytes, law.range["frames"])
    )
    head = "# Written by tools/trace_costs.py; how a law reads is said in estimator/costs/law.py.\n"
    (COSTS / f"{name}.toml").write_text(head + "\n".join(line for law in order for line in rows(law)) + "\n")
    file = HELD_OUT / f"{name}.json"
    others = [p for p in json.loads(file.read_text()) if p["version"] != version] if file.exists() else []
    lines = ",\n".join(json.dumps(point) for point in others + points)
    file.write_text(f"[\n{lines}\n]\n")


def kept_laws(name: str, version: str) -> list[Law]:
    """The laws in the file that are said of other versions."""
    if not (COSTS / f"{name}.toml").exists():
        return []
    found = msgspec.convert(facts.table(f"costs/{name}")["law"], list[Law])
    return [law for law in (without(law, version) for law in found) if law.versions]


def run(name: str, checkout: Checkout) -> None:
    """Trace and write one name, saying how each law came out."""
    found, held_out = kept_laws(name, checkout.version), []
    for grid in grids(name):
        for dtypes in grid.row.dtypes:
            start = time.monotonic()
            law, points, trials = made(grid, dtypes, checkout, found)
            before = len(found)
            found = merged(found, law, points, trials)
            about = {"operation": law.operation, "storage": law.storage, "compute_bytes": law.compute_bytes}
            held_out += [
                {"version": checkout.version, **about, "shape": msgspec.structs.asdict(p.shape)}
                | {"peak": p.peak, "flops": p.flops, "largest_conv": max(p.convs, default=0)}
                for p in trials
            ]
            print(
                f"{name} {law.operation} {law.storage} {law.compute_bytes}: {len(points)} points, "
                f"{len(law.pieces)} pieces, worst {law.worst_on_grid:.3%} on the grid, "
                f"{law.worst_held_out:.3%} held out, {'new' if len(found) > before else 'shared'}, "
                f"{time.monotonic() - start:.0f} s",
                flush=True,
            )
    write(name, found, checkout.version, held_out)


def main() -> None:
    """Trace the names given, or all."""
    try:
        checkout = open_checkout(os.environ.get("COMFYUI_PATH", "COMFYUI_PATH is not set"))
    except InputError as error:
        sys.exit(f"trace_costs: {error}")
    from estimator.trace.device import pretendable, pretended

    HELD_OUT.mkdir(parents=True, exist_ok=True)
    names = tuple(sys.argv[1:]) or tuple(dict.fromkeys(grid.row.name for grid in grids()))
    for name in names:
        try:
            with pretended(pretendable()):
                run(name, checkout)
        except InputError as error:
            print(f"{name}: not on {checkout.version}: {error}", flush=True)


if __name__ == "__main__":
    main()
