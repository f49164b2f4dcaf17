"""Verbs of nodes that load: files become components, and adapters go onto models."""

from __future__ import annotations

import msgspec

from ..models import Component
from .graph import Node
from .state import Load, Rule, State
from .values import Clip, Loaded, Model, Unknown, Vae, Value

SHARED_ROLES = {"model": "diffusion_model", "clip": "text_encoder", "vae": "vae"}


def load(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """Components from files, given out as model, clip and vae in the order that the row says."""
    loads = [one for row in rule.loads for one in from_file(state, node, rule, row)]
    state.loaded[node.id] = loads
    return tuple(give(output, loads, node) for output in rule.gives)


def twin(state: State, node: Node) -> str:
    """The first node that loads just this: ComfyUI caches by class and inputs, so both share one model."""
    signature = msgspec.json.encode([node.class_type, node.inputs], order="sorted").decode()
    return state.first.setdefault(signature, node.id)


def from_file(state: State, node: Node, rule: Rule, row: Load) -> list[Loaded]:
    """What one input's file loads; a single entry without a component where that cannot be told."""
    name = state.value(node, row.input)
    if not isinstance(name, str):
        return [entry(state, node, "", row.roles[0], None, problem="the file's name is not known")]
    found = state.library.open(row.folder, name)
    if found.missing:
        state.missing.setdefault(node.id, []).append(name)
    widget = state.value(node, rule.dtype) if rule.dtype else ""
    device = state.value(node, rule.device) if rule.device else ""
    wanted = [one for one in found.components if one.role in row.roles]
    if not wanted:
        problem = found.problem or f"`{name}` holds no {' or '.join(row.roles).replace('_', ' ')}"
        return [entry(state, node, name, row.roles[0], None, problem=problem)]
    return [
        msgspec.structs.replace(
            entry(state, node, name, one.role, one),
            widget=text(widget),
            device=text(device),
            assumed=found.missing,
            legacy=rule.legacy,
        )
        for one in wanted
    ]


def entry(
    state: State, node: Node, name: str, role: str, component: Component | None, problem: str = ""
) -> Loaded:
    """One loaded component; its key is the node that loads it, its role and its kind."""
    owner = twin(state, node)
    key = f"{owner}/{role}/{component.id if component else name}"
    return Loaded(key, owner, node.class_type, name, role, component, problem=problem)


def text(value: Value) -> str:
    """A widget's text, empty where it is not known."""
    return value if isinstance(value, str) else ""


def give(output: str, loads: list[Loaded], node: Node) -> Value:
    """The value of one of a loader's outputs."""
    own = [one for one in loads if one.role == SHARED_ROLES[output]]
    if not own:
        return Unknown(node.id, f"the file holds no {SHARED_ROLES[output].replace('_', ' ')}")
    if output == "clip":
        made_for = node.inputs.get("type")
        return Clip(tuple(one.key for one in own), type=made_for if isinstance(made_for, str) else "")
    return Model(own[0].key) if output == "model" else Vae(own[0].key)


def lora(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """The model and the clip of the inputs, with this node's adapter on them."""
    loads = [one for row in rule.loads for one in from_file(state, node, rule, row)]
    state.loaded[node.id] = loads
    keys = tuple(one.key for one in loads)
    return tuple(with_lora(state.value(node, output), keys) for output in rule.gives)


def with_lora(value: Value, keys: tuple[str, ...]) -> Value:
    """A model or a clip that carries more adapters; anything else as it is."""
    if isinstance(value, Model | Clip):
        return msgspec.structs.replace(value, loras=value.loras + keys)
    return value
