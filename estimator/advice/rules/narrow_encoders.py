"""Hold text encoders in 8 bits.

## What it does
Starts ComfyUI with `--fp8_e4m3fn-text-enc`.

## Why it helps
It halves what encoders take where ComfyUI chooses their type: those of checkpoints, and T5 or Llama that are
loaded beside a CLIP. A single encoder in a file of its own keeps the file's type.

## Quality
Lossy: the prompt is followed a little less closely. A scaled fp8 or GGUF file of the encoder keeps more.
"""

from __future__ import annotations

from collections.abc import Iterator

from ... import facts
from ...formats import bits
from ..case import Case
from ..change import Change
from ..setup import begun, known, rivals, table

CODE = "narrow-encoders"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """Where memory is short, some encoder is held in 16 bits or more, and nothing says otherwise."""
    flag = known("narrow_encoders", case.machine)
    wide = [
        one
        for one in case.forecast.components
        if one.role == "text_encoder" and bits().get(one.storage_dtype, 0) > 8
    ]
    forecast = case.forecast
    short = forecast.tight or forecast.verdict not in ("resident", "streamed")
    able = case.machine.backend in facts.table("swaps")["fp8"]["backends"]
    if wide and short and able and not any(map(case.machine.policy.has, rivals(flag))):
        yield from begun(
            case.machine,
            "narrow_encoders",
            harm=table()["flags"]["narrow_encoders"]["harm"],
            quality="prompts followed a little less closely",
        )
