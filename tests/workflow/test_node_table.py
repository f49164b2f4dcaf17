"""data/nodes/core.json is what tools/node_table.py makes of the node definitions."""

import importlib.util
import json
import os
from pathlib import Path

import pytest
from vram_forecast.estimator.workflow.definitions import from_server

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = ROOT.parent / "shared" / "data" / "object_info.json"
TABLE = ROOT / "data" / "nodes" / "core.json"
NODES = json.loads(TABLE.read_text(encoding="utf-8"))["nodes"]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("node_table", ROOT / "tools" / "node_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_up_to_date(tool, tmp_path):
    if not DEFINITIONS.is_file():
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop("no shared/data/object_info.json beside the checkout")
    tool.main(DEFINITIONS, tmp_path / "core.json")
    assert (tmp_path / "core.json").read_bytes() == TABLE.read_bytes()


def test_the_index_names_the_table_of_every_pack_s_nodes(tool):
    assert tool.index() == (TABLE.parent / "packs" / "index.json").read_text(encoding="utf-8")


def test_it_is_small():
    assert TABLE.stat().st_size < 250_000


def test_a_sampler_s_row():
    row = NODES["KSampler"]
    assert ["LATENT"] == row["outputs"]
    assert {
        "model": "MODEL", "seed": "INT", "steps": "INT", "cfg": "FLOAT", "sampler_name": "COMBO",
        "scheduler": "COMBO", "positive": "CONDITIONING", "negative": "CONDITIONING",
        "latent_image": "LATENT", "denoise": "FLOAT",
    } == {one["name"]: one["type"] for one in row["inputs"]}  # fmt: skip
    assert ["control_after_generate"] == next(one["after"] for one in row["inputs"] if one["name"] == "seed")


def described(definition):
    """The row of a node with the one input `x`."""
    return from_server({"Mine": {"input": {"required": {"x": definition}}, "output": []}}.get)("Mine")


@pytest.mark.parametrize(
    "definition, row",
    [
        (["INT", {"default": 3}], {"widget": True, "default": 3}),
        (["FLOAT", {}], {"widget": True, "default": 0}),
        (["INT", {"forceInput": True}], {"forced": True}),
        ([["a", "b"]], {"type": "COMBO", "widget": True, "default": "a"}),
        ([["a.safetensors", "b.safetensors"]], {"type": "COMBO", "widget": True}),
        ([[]], {"type": "COMBO", "widget": True}),
        (["COMBO", {"options": ["v2.5", "v3"]}], {"widget": True, "default": "v2.5"}),
        (["MODEL"], {}),
        (["COMFY_MATCHTYPE_V3", {"template": {"allowed_types": "IMAGE,MASK"}}], {"type": "IMAGE,MASK"}),
        (["STRING", {"dynamicPrompts": True}], {"widget": True, "default": "", "choices": True}),
        (
            ["INT", {"control_after_generate": True}],
            {"widget": True, "default": 0, "after": ["control_after_generate"]},
        ),
    ],
    ids=[
        "a widget with its default",
        "a widget whose definition has none",
        "a socket that was a widget",
        "a choice has its first as default",
        "which file is there first is no fact",
        "an empty choice",
        "a dot does not make a file",
        "a socket",
        "a type that follows its links is those it allows",
        "a text with choices",
        "a number with a control widget",
    ],
)
def test_an_input_s_row(definition, row):
    kind = definition[0] if isinstance(definition[0], str) else "COMBO"
    assert {"name": "x", "type": kind} | row == described(definition)["inputs"][0]
