"""Nodes without a rule: their files are counted, and an output is the input of its type, where one is."""

from __future__ import annotations

from functools import cache
from typing import Any

from .. import facts
from .acts.load import File, from_name
from .definitions import definition
from .graph import Link, Node
from .state import Here, State
from .values import (
    Audio,
    Clip,
    Conditioning,
    Guider,
    Image,
    Latent,
    Loras,
    Model,
    Net,
    Sigmas,
    Unknown,
    Value,
    Video,
)
from .values import Node as Remark

KINDS: dict[str, type] = {
    "MODEL": Model,
    "CLIP": Clip,
    "CONDITIONING": Conditioning,
    "LATENT": Latent,
    "IMAGE": Image,
    "MASK": Image,
    "AUDIO": Audio,
    "VIDEO": Video,
    "SIGMAS": Sigmas,
    "GUIDER": Guider,
    "LORA_STACK": Loras,
}


def carry(state: State, node: Node) -> tuple[Value, ...]:
    """The outputs of a node of a type without a rule, which is noted as not understood."""
    here = Here(state, node)
    loaded = load_files(here)
    if not harmless(node):
        state.unknown[node.id] = Remark(node.id, node.class_type, "no rule for this node type")
    elif set(outputs_of(here)) & set(KINDS):
        state.assume(node, f"{node.class_type} is taken to keep the size of what it is given")
    return tuple(match(here, kind, place, loaded) for place, kind in enumerate(outputs_of(here)))


def load_files(here: Here) -> dict[str, Value]:
    """What the model files hold that a node's widgets name, by type."""
    found: dict[str, Value] = {}
    for name, value in here.node.inputs.items():
        if isinstance(value, str) and value.endswith(tuple(facts.table("node_types")["model_files"])):
            folder, role = guess(name, value, here)
            loads = from_name(here, value, File(name, folder, (role,)))
            here.state.load(here.node, loads)
            kind = {"diffusion_model": "MODEL", "text_encoder": "CLIP"}.get(role, "")
            if kind == "MODEL":
                found[kind] = Model(loads[0].key)
            elif kind == "CLIP":
                found[kind] = Clip(tuple(one.key for one in loads))
            else:
                found[role.upper()] = Net(loads[0].key)
    return found


def guess(name: str, file: str, here: Here) -> tuple[str, str]:
    """The folder and the role of a file: where one of that name lies, else the likeliest."""
    for folder, role in facts.table("node_types")["folders"].items():
        found = here.state.library.open(folder, file)
        if any(one.role == role for one in found.components):
            return folder, role
    return "diffusion_models", "diffusion_model"


def match(here: Here, kind: str, place: int, loaded: dict[str, Value]) -> Value:
    """One output: what the node loads, else the input of that type, of several the one in turn."""
    if kind in loaded:
        return loaded[kind]
    wanted = KINDS.get(kind)
    own = outputs_of(here)[:place].count(kind)
    inputs = [here.look(name) for name, given in here.node.inputs.items() if isinstance(given, Link)]
    fit = [value for value in inputs if wanted and isinstance(value, wanted)]
    if kind in ("IMAGE", "MASK"):
        fit = [value for value in fit if (getattr(value, "channels", 0) == 1) == (kind == "MASK")]
    if fit:
        return fit[min(own, len(fit) - 1)]
    unknown = next((value for value in inputs if isinstance(value, Unknown)), None)
    return unknown or here.unknown(f"{here.node.class_type} is not understood")


def outputs_of(here: Here) -> list[str]:
    """The types of a node's outputs: by its definition, else by the inputs that they lead to."""
    row: dict[str, Any] = definition(here.node.class_type) or {}
    kinds = list(row.get("outputs", ()))
    for user, name in here.state.users.get(here.node.id, ()):
        slot = user.links()[name].slot
        kinds += [""] * (slot + 1 - len(kinds))
        kinds[slot] = kinds[slot] or input_type(user.class_type, name)
    return kinds


def input_type(class_type: str, name: str) -> str:
    """The type of an input, empty where it is not known."""
    rows = (definition(class_type) or {}).get("inputs", ())
    return next((row["type"] for row in rows if row["name"] == name), "")


def harmless(node: Node) -> bool:
    """Whether a node without a rule can do nothing with a model: no model comes in, none goes out."""
    row = definition(node.class_type)
    if not row:
        return False
    types = {one["type"] for one in row["inputs"]} | set(row["outputs"])
    return not types & heavy()


@cache
def heavy() -> frozenset[str]:
    """The types of links that carry a model, or what a model works on."""
    return frozenset(facts.table("node_types")["heavy"])
