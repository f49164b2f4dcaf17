"""Train with less at once.

## What it does
Lets TrainLoraNode make the activations of the model's blocks again for the backward instead of keeping them
(gradient checkpointing at depth 2), then takes one latent at a time and gathers the gradients of as many
steps as the batch had, then leaves the weights in RAM.

## Why it helps
What a training keeps between forward and backward is most of what it needs. Depth 1, the node's default,
checkpoints the model as a whole and saves next to nothing.

## Quality
Lossless: the same LoRA is trained, more slowly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import facts
from ...runtime.policy import version
from ...workflow.definitions import definition
from ...workflow.edits import Edit
from ...workflow.graph import Link, Node
from ..case import Case
from ..change import Change
from ..levers import hurting
from ..origin import number

CODE = "checkpointed-training"
APPLICABILITY = "lossless"
GATHERED = ("batch_size", "grad_accumulation_steps")


def changes(case: Case) -> Iterator[Change]:
    """All trainings in trouble, by one thing more each time."""
    steps = [step for step in hurting(case) if step.training]
    nodes = [case.graph.nodes[step.node] for step in steps]
    done = dict[tuple[str, str], Edit]()
    for choice, title, effects, wanted in stages(case, nodes):
        edits = [one for node, widgets in wanted for one in set_in(case, node, widgets)]
        if edits:
            done |= {(one.node, one.input): one for one in edits}
            yield Change(title, choice, tuple(done.values()), quality="as good", effects=effects)


Stage = tuple[str, str, tuple[str, ...], list[tuple[Node, dict[str, Any]]]]


def stages(case: Case, nodes: list[Node]) -> Iterator[Stage]:
    """What is asked for in turn, each with what comes before it."""
    rule = facts.table("sizes")["training"]
    own = [node for node in nodes if node.class_type == rule["class"]]
    deep = version(case.machine.policy.comfy) >= version(rule["depth_since"])
    blocks = {"gradient_checkpointing": True} | ({"checkpoint_depth": rule["depth"]} if deep else {})
    at = f" at depth {rule['depth']}" if deep else ""
    yield "depth", f"Train with gradient checkpointing{at}", (), [(node, blocks) for node in own]
    counts = [(node, *(value(case, node, name) for name in GATHERED)) for node in own]
    batches = [
        (node, dict(zip(GATHERED, (1, int(size * steps)), strict=True)))
        for node, size, steps in counts
        if size and steps and size > 1  # where neither number is known, nothing can be kept as it was
    ]
    what = "Train one latent at a time, with checkpointing"
    yield "batch", what, ("gradients of as many steps are gathered",), batches
    if deep:
        effect = ("weights come from RAM in each pass",)
        apart = [(node, {"offloading": True}) for node in own]
        yield "offloading", "Train with offloading and checkpointing", effect, apart


def set_in(case: Case, node: Node, widgets: dict[str, Any]) -> list[Edit]:
    """The edits that set widgets that are otherwise."""
    return [
        Edit("set", node.id, name, new) for name, new in widgets.items() if value(case, node, name) != new
    ]


def value(case: Case, node: Node, name: str) -> Any:
    """What a widget is set to, over a link too, or its default; None where a link's number is not known."""
    rows = (definition(node.class_type) or {}).get("inputs", ())
    default = next((row.get("default") for row in rows if row["name"] == name), 0)
    found = node.inputs.get(name, default)
    return number(case, case.graph, node.id, name) if isinstance(found, Link) else found
