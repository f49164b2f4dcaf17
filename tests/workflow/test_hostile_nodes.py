"""Whatever a workflow gives a node, its rule ends soon, with a value or with the reason why there is none."""

import random
import time

import pytest
from prompts import node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.definitions import definition
from vram_forecast.estimator.workflow.lower import visit
from vram_forecast.estimator.workflow.rules import rules
from vram_forecast.estimator.workflow.state import State, is_real
from vram_forecast.estimator.workflow.values import (
    Audio,
    Conditioning,
    Image,
    Latent,
    Loras,
    Many,
    Sigmas,
    Unknown,
    Video,
)

PICTURE = Image(3, 480, 832)
LINKED = (
    PICTURE,
    Image(1, 1, 1, 1),
    Image(1 << 40, 2, 2),
    Video(PICTURE, 24.0, Audio(100, 44100)),
    Video(PICTURE, 0.0),
    Audio(44100, 44100),
    Audio(1, 0),
    Latent(1, 5, 60, 104),
    Latent(1, 1, 1, 1),
    Conditioning(77),
    Sigmas(0),
    Loras(),
    Many(()),
    Many((PICTURE, 5, "a")),
    Many((Many((PICTURE,)),)),
    Unknown("0", "made so"),
    None,
    5,
    -3.5,
    "text",
    {"x": 1},
)
PLAIN = (
    *(None, True, 0, 1, -1, 7, 512, 2**31 - 1, 10**40, 0.0, 0.5, -2.5, 1e308, float("inf"), float("nan")),
    *("", "a", "{a}", "16:9 (Widescreen)", "1:0", "9" * 5000, "pow(9,9**9)", "a" * 100_000),
    *({}, {"x": "a"}, {"width": -1, "height": 10**30, "x": None, "y": 0}, {"__value__": [1, "a"]}),
    *({"__value__": {"__value__": 1}}, [], ["missing", 0], [[]]),
)
LOADER = node("CheckpointLoaderSimple", ckpt_name="v1-5-pruned-emaonly.safetensors")
ROUNDS = 4
SLOW = 2.0  # seconds for all rounds of one type, on a busy machine


def names(class_type):
    """The inputs that a node may have: by its definition, those of a growing group among them."""
    row = definition(class_type) or {"inputs": []}
    for one in row["inputs"]:
        yield one["name"]
        if one.get("grows"):
            yield from (f"{one['name']}.{one['name'].rstrip('s')}{number}" for number in range(2))
            yield f"{one['name']}.a"
        yield from (
            f"{one['name']}.{inner['name']}" for rows in one.get("options", {}).values() for inner in rows
        )


def filled(class_type, chance, loaded):
    """A node of this type with inputs of any kind, and the values that its links bring."""
    inputs, brought = {}, {}
    for name in names(class_type):
        if chance.random() < 0.5:
            inputs[name], brought[f"from {name}"] = [f"from {name}", 0], chance.choice((*LINKED, *loaded))
        elif chance.random() < 0.9:
            inputs[name] = chance.choice(PLAIN)
    return inputs, brought


@pytest.fixture(scope="module")
def library():
    """Read once: files that published ones stand for."""
    return Library(nowhere)


@pytest.mark.parametrize("class_type", sorted(rules()))
def test_no_node_falls_over_what_it_is_given(class_type, library):
    began = time.perf_counter()
    for number in range(ROUNDS):
        inputs, brought = filled(
            class_type, random.Random(f"{class_type} {number}"), ("model", "clip", "vae")
        )
        sources = {name: node("Source") for name in brought} | {"loader": LOADER}
        state = State(read(sources | {"1": node(class_type, **inputs)}), library)
        visit(state, state.graph.nodes["loader"])
        own = dict(zip(("model", "clip", "vae"), state.outputs["loader"], strict=True))
        state.outputs |= {
            name: (own.get(value, value) if isinstance(value, str) else value,)
            for name, value in brought.items()
        }
        visit(state, state.graph.nodes["1"])
        assert all(map(is_real, state.outputs["1"]))
    assert time.perf_counter() - began < SLOW
