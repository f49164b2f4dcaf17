"""Start ComfyUI without a flag that costs more than it gives.

## What it does
Leaves out flags such as `--highvram`, `--novram`, `--disable-pinned-memory`, `--force-fp32` or `--cache-lru`,
one of them or all.

## Why it helps
Some switch dynamic VRAM off, some keep weights where they are in the way, some make them slow to move, some
make numbers twice as wide. Each is forecast without, and named only where that comes out better.

## Quality
Unchanged. Without a flag that forces 32 bits ComfyUI computes in 16, which no eye tells apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..case import Case
from ..change import Change
from ..setup import start, table

CODE = "drop-flags"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """Each costly flag that is given by itself, and all of them together."""
    given = [row for row in table()["costly"] if case.machine.policy.has(row["flag"])]
    if case.machine.policy.dynamic_vram:  # which does not heed it
        given = [row for row in given if row["flag"] != "--lowvram"]
    for row in given:
        yield without(case, [row])
    if len(given) > 1:
        yield without(case, given)


def without(case: Case, rows: list[dict[str, Any]]) -> Change:
    """Without the flags of these rows."""
    return start(
        case.machine,
        drop=[row["flag"] for row in rows],
        harm=max(row.get("harm", 0) for row in rows),
        quality="; ".join(dict.fromkeys(row["quality"] for row in rows if "quality" in row)),
        effects=tuple(row["without"] for row in rows if "without" in row),
    )
