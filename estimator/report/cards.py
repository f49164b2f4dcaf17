"""What `gpus` says of cards."""

from __future__ import annotations

from typing import Any

import msgspec

SCHEMA = 1
COLUMNS = (
    ("id", "id"),
    ("memory GB", "vram_gb"),
    ("GB/s", "bandwidth_gbs"),
    ("tensor cores", "tensor_cores"),
    ("TFLOPS fp16", "fp16_tensor_tflops_fp32acc"),
    ("fp8", "fp8_tensor_tflops_fp32acc"),
)


def encode(rows: list[dict[str, Any]]) -> str:
    """The rows as JSON, as `data/gpus.json` has them."""
    return msgspec.json.encode({"schema": SCHEMA, "gpus": rows}).decode()


def render(rows: list[dict[str, Any]], width: int) -> str:
    """The rows as a plain table; a number that is not known is a dash."""
    cells = [tuple(title for title, _ in COLUMNS)]
    cells += [tuple(shown(row.get(key)) for _, key in COLUMNS) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(
            cell.ljust(widths[i]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(row)
        ).rstrip()
        for row in cells
    )


def shown(value: Any) -> str:
    """A number without needless digits."""
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
