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
from estimator.costs.law import Law  # noqa: E402
from estimator.errors import InputError  # noqa: E402
from estimator.trace.checkout import Checkout, open_checkout  # noqa: E402
from estimator.trace.grid import grids  # noqa: E402

COSTS = facts.DATA / "costs"
# A law that misses a point it was not fitted on by more is none: the model stays unknown.
MISS = 0.03
HELD_OUT = ROOT / "tests" / "costs" / "held_out"


def versions(law: Law) -> list[tuple[str, str]]:
    """The versions that the law is said of, with their commits."""
    return list(zip(law.versions, law.commits, strict=True))


def without(law: Law, version: str) -> Law:
    """The law, no longer said of a version."""
    from estimator.trace.study import said_of

    return said_of(law, [of for of in versions(law) if of[0] != version])


def merged(kept: list[Law], new: Law, points: list[Any], trials: list[Any]) -> list[Law]:
    """The new law beside the kept ones, or its version added to a kept one that says the same."""
    from estimator.trace import make
    from estimator.trace.study import said_of

    case = ("operation", "storage", "compute_bytes", "range", "features", "cast")
    for at, law in enumerate(kept):
        alike = all(getattr(law, field) == getattr(new, field) for field in case)
        if alike and make.agree(law, new, [point.shape for point in points + trials]):
            errors = {"worst_on_grid": make.worst(law, points), "worst_held_out": make.worst(law, trials)}
            law = make.with_attention(make.with_errors(law, **errors), new)
            shared = said_of(law, sorted(versions(law) + versions(new)))
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
        found,
        key=lambda law: (
            law.operation,
            law.storage,
            law.compute_bytes,
            law.range["frames"],
            law.range.get("batch", ()),
        ),
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
    from estimator.trace.models import of_slug
    from estimator.trace.study import study

    found, held_out = kept_laws(name, checkout.version), []
    for grid in grids(name):
        headers = [of_slug(slug) for slug in grid.row.headers] or [{}]
        for dtypes in grid.row.dtypes:
            start = time.monotonic()
            done = study(grid, dtypes, headers, checkout, found)
            law, before = done.law, len(found)
            if law.worst_held_out > MISS:
                print(f"{name} {law.operation}: misses by {law.worst_held_out:.1%}, left out", flush=True)
                continue
            found = merged(found, law, done.points, done.trials)
            about = {"operation": law.operation, "storage": law.storage, "compute_bytes": law.compute_bytes}
            held_out += [
                {"version": checkout.version, **about, "shape": msgspec.structs.asdict(p.shape)}
                | {"peak": p.peak, "flops": p.flops, "largest_conv": max(p.convs, default=0)}
                for p in done.trials
            ]
            print(
                f"{name} {law.operation} {law.storage} {law.compute_bytes}: {len(done.points)} points, "
                f"{len(law.pieces)} pieces, worst {law.worst_on_grid:.3%} on the grid, "
                f"{law.worst_held_out:.3%} held out, {'new' if len(found) > before else 'shared'}, "
                f"{time.monotonic() - start:.0f} s",
                flush=True,
            )
    if found:  # a table without a law is none
        write(name, found, checkout.version, held_out)


def main() -> None:
    """Trace the names given, or all."""
    try:
        checkout = open_checkout(os.environ.get("COMFYUI_PATH", "COMFYUI_PATH is not set"))
    except InputError as error:
        sys.exit(f"trace_costs: {error}")
    from estimator.trace.device import pretendable, pretended

    HELD_OUT.mkdir(parents=True, exist_ok=True)
    known = tuple(dict.fromkeys(grid.row.name for grid in grids()))
    names = tuple(sys.argv[1:]) or known
    if strange := [name for name in names if name not in known]:
        sys.exit(f"trace_costs: no row of data/trace_grids/ is named {', '.join(strange)}")
    for name in names:
        try:
            with pretended(pretendable()):
                run(name, checkout)
        except Exception as error:  # a class that this version has not, or cannot build
            print(f"{name}: not on {checkout.version}: {type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    main()
