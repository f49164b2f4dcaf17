"""Load a lighter file of the text encoder.

## What it does
Loads another file of the same text encoder, in fewer bits, in every node that loads it. For a GGUF the node
becomes the one of the pack ComfyUI-GGUF; encoders that it loads beside it stay as they are.

## Why it helps
A text encoder is often as large as the diffusion model (FLUX.2's is 36 GB in 16 bits), and RAM must hold
both. It runs once for each prompt, so that its speed hardly matters.

## Quality
Text is understood a little less exactly; pictures change less than with a diffusion model in as few bits.

## When it is left out
A GGUF where the encoder is given pictures and the file for its eyes (mmproj) is not there, and a GGUF
beside an encoder in scaled fp8, which ComfyUI-GGUF refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePath

from msgspec.structs import replace

from ... import facts
from ...models.rows import Role
from ...workflow.graph import Link
from ...workflow.values import Loaded
from ..case import Case
from ..change import Change
from ..swap import GGUF, Swap, all_at_once, change, lighter, rule, swaps
from ..uses import Use, uses

CODE = "lighter-encoder"
APPLICABILITY = "lossy"
ROLE: Role = "text_encoder"
EYES = "mmproj"


def changes(case: Case) -> Iterator[Change]:
    """The files of each encoder, the best first; then all encoders at once."""
    found = [group for use in uses(case, ROLE) if (group := choices(case, use))]
    for group in found:
        yield from (change(case, [one]) for one in group)
    if len(found) > 1:
        each = [[[one] for one in group] for group in found]
        yield from (change(case, parts) for parts in islice(all_at_once(each), rule()["most"]))


def choices(case: Case, use: Use) -> list[Swap]:
    """What could take the place of one encoder: no GGUF that would be blind to the pictures it is given."""
    found = swaps(case, use, ROLE)
    pictures = any(sees(case, one.loaded) for one in found[:1])
    fit = [with_eyes(one) for one in found if not pictures or not blind(case, one)]
    return lighter(fit)[: rule()["most"]]


def blind(case: Case, one: Swap) -> bool:
    """Whether the file for a GGUF's eyes is missing."""
    return bool(one.rung.effects) and one.rung.format.startswith(GGUF) and not eyes(case, one.rung.file)


def with_eyes(one: Swap) -> Swap:
    """A swap without what is said of its eyes, which are there, or which nothing here needs."""
    said = tuple(effect for effect in one.rung.effects if EYES not in effect)
    return replace(one, rung=replace(one.rung, effects=said, pure=not said))


def sees(case: Case, loaded: Loaded) -> bool:
    """Whether an encoder is given pictures somewhere."""
    names = facts.table("swaps")["eyes"]["inputs"]
    nodes = [case.graph.nodes[step.node] for step in case.workload.steps if loaded.key in step.components]
    return any(
        isinstance(value, Link) and name.startswith(tuple(names))
        for node in nodes
        for name, value in node.inputs.items()
    )


def eyes(case: Case, file: str) -> bool:
    """Whether ComfyUI-GGUF would find a GGUF's eyes: a file named as it is, with `mmproj`."""
    start = re.sub(facts.table("swaps")["eyes"]["ends"], "", PurePath(file.lower()).stem)
    names = [name.lower() for name in case.library.names("text_encoders")]
    return any(EYES in name and start in name for name in names)
