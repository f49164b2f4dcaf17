"""Encode the prompt on the processor.

## What it does
Sets `device` of the text encoders' loaders (Load CLIP, DualCLIPLoader and others that have it) to `cpu`.

## Why it helps
A large text encoder takes as much of the card as a diffusion model. Where it is what does not fit, or what
pushes the model out, the processor can do its one pass. That takes it seconds, for the largest a minute; the
next run with the same prompt does not do it again.

## Quality
Unchanged.

## When it is left out
Where the loader has no such widget, where the card's memory is the computer's RAM, or where encoding on the
card is in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...forecast import Forecast
from ...workflow.edits import Edit
from ..case import Case
from ..change import Change
from ..judge import FAILS
from ..setup import begun, table

CODE = "encoder-on-cpu"
APPLICABILITY = "lossless"
SLOWER = "the processor encodes the prompt, which takes it longer"


def changes(case: Case) -> Iterator[Change]:
    """All encoders whose loaders can; on the legacy path a flag does it for every loader."""
    loaders = on_card(case)
    if not loaders or not in_trouble(case.forecast):
        return
    rule = table()["encoder_device"]
    able = [key for key in loaders if case.graph.nodes[key].class_type in rule["classes"]]
    if able:
        yield Change(
            title="Encode the prompt on the processor (device cpu)",
            edits=tuple(Edit("set", key, rule["input"], rule["value"]) for key in able),
            effects=(SLOWER,),
        )
    if not case.machine.policy.dynamic_vram and len(able) < len(loaders):
        yield from begun(case.machine, "low_vram", applicability="manual", effects=(SLOWER,))


def in_trouble(forecast: Forecast) -> bool:
    """Whether memory is short, on the card where texts are encoded or in RAM.

    What only streams is quicker on the card than on the processor, a text that is written much so. Without a
    rate of the card nobody knows whether a run that does not fail gets quicker.
    """
    if forecast.verdict in FAILS or forecast.seconds is None:
        return forecast.verdict in FAILS
    texts = [one for one in forecast.steps if one.kind == "encode_text"]
    writes = any(one.passes > 1 for one in texts)
    return not writes and (forecast.verdict == "disk" or any(one.tight for one in texts))


def on_card(case: Case) -> list[str]:
    """The nodes that load text encoders which run on the card, by ComfyUI's own managers."""
    if case.machine.backend == "cpu" or case.machine.device.unified:
        return []
    steps = [one for one in case.forecast.steps if one.kind == "encode_text" and one.need.best]
    keys = {key for one in steps for key in one.components}
    found = (one for key, one in case.loaded.items() if key in keys and one.role == "text_encoder")
    return list(dict.fromkeys(one.node for one in found if one.device != "cpu" and not one.whole))
