"""The verbs by name, and the rows that say which node type does which."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import msgspec

from .. import facts
from . import gpu, loaders, shapes
from .graph import Node
from .state import Rule, State
from .values import Value

Verb = Callable[[State, Node, Rule], tuple[Value, ...]]

VERBS: dict[str, Verb] = {
    "load": loaders.load,
    "lora": loaders.lora,
    "pass": shapes.hand_on,
    "nothing": shapes.nothing,
    "switch": shapes.switch,
    "expression": shapes.expression,
    "empty_latent": shapes.empty_latent,
    "scale_latent": shapes.scale_latent,
    "resize_latent": shapes.resize_latent,
    "load_image": shapes.load_image,
    "empty_image": shapes.empty_image,
    "resize_image": shapes.resize_image,
    "scale_image": shapes.scale_image,
    "sigmas": shapes.sigmas,
    "encode_text": gpu.encode_text,
    "sample": gpu.sample,
    "sample_range": gpu.sample_range,
    "sample_custom": gpu.sample_custom,
    "sample_guided": gpu.sample_guided,
    "cfg_guider": gpu.cfg_guider,
    "basic_guider": gpu.basic_guider,
    "decode": gpu.decode,
    "encode_image": gpu.encode_image,
    "image_to_video": gpu.image_to_video,
}


@cache
def rules() -> dict[str, Rule]:
    """The rule of each node type (`data/nodes/rules.toml`)."""
    rows = msgspec.convert(facts.table("nodes/rules")["rule"], list[Rule])
    return {name: row for row in rows for name in row.classes}
