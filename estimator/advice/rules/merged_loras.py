"""Merge the LoRAs into the model once.

## What it does
Says to save the model with its LoRAs worked in (Save Model, or Save Checkpoint), and to load that file
without them from then on. The forecast is of the workflow without the LoRAs.

## Why it helps
Layers that stream are patched anew in every step, and ComfyUI's older memory manager keeps a copy in RAM of
each weight that a LoRA changes. A merged file costs none of that.

## Quality
The same: the strengths are those at which it was saved, and can no longer be changed in the workflow.

## When it is left out
Models that cannot be saved as they are (GGUF, quantised files), and LoRAs whose files are not on disk.
"""

from __future__ import annotations

from collections.abc import Iterator

from ... import facts
from ...units import GIB
from ...workflow.edits import Edit, apply
from ...workflow.graph import Graph, Link, Node
from ...workflow.values import Loaded
from ..case import Case
from ..change import Change
from ..samplers import sampled
from ..uses import Use, uses

CODE = "merged-loras"
APPLICABILITY = "manual"
ROLE = "diffusion_model"
CHECKPOINTS = "checkpoints"


def changes(case: Case) -> Iterator[Change]:
    """All LoRAs of all models at once."""
    found = [use for use in uses(case, ROLE) if patched(case, use)]
    there = {one.node for use in found for one in on_model(case, use)}
    loaders = case.graph.of_type(*facts.table("distilled")["wires"]["loras"])
    nodes = [one for one in loaders if one.id in there]
    if not found or not nodes or not all(map(savable, found)):
        return
    names = " and ".join(use.file for use in found)
    size = sum(part.file_bytes for use in found for one in use.loads if (part := one.component))
    yield Change(
        title=f"Merge {counted(len(nodes))} into {names} once ({how(found, nodes)} behind the last one), "
        "and load what it writes without them",
        graph=without(case.graph, nodes),
        quality="the same picture",
        effects=(
            "the LoRAs' strengths can no longer be changed in the workflow",
            f"{size / GIB:.1f} GiB more on disk",
        ),
    )


def patched(case: Case, use: Use) -> bool:
    """Whether LoRAs whose files are there lie on a model while it samples."""
    return bool(on_model(case, use))


def on_model(case: Case, use: Use) -> list[Loaded]:
    """The LoRAs on a model whose files are there."""
    keys = {key for step in sampled(case, [one.key for one in use.loads]) for key in step.loras}
    return [one for key, one in case.loaded.items() if key in keys and one.component]


def savable(use: Use) -> bool:
    """Whether a model can be saved as it is loaded: it is plain, and in ComfyUI's own format."""
    part = next((one.component for one in use.loads if one.role == ROLE), None)
    return part is not None and part.quantization is None and part.format != "gguf"


def counted(many: int) -> str:
    """How many LoRAs, in words."""
    return f"the {many} LoRAs" if many > 1 else "the LoRA"


def how(found: list[Use], nodes: list[Node]) -> str:
    """The nodes that save what the LoRAs change."""
    if any(use.folder == CHECKPOINTS for use in found):
        return "Save Checkpoint"
    clip = any("clip" in node.inputs for node in nodes)
    return "Save Model and Save CLIP" if clip else "Save Model"


def without(graph: Graph, nodes: list[Node]) -> Graph:
    """The graph without some LoRA nodes: what took from one takes what the node itself took."""
    for node in nodes:
        links = graph.nodes[node.id].inputs
        ends = {slot: links.get(name) for slot, name in enumerate(("model", "clip"))}
        instead = {slot: link for slot, link in ends.items() if isinstance(link, Link)}
        graph = apply(graph, [Edit("remove", node.id, instead=instead)])
    return graph
