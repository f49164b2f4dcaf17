"""What a node type has: by a server where there is one, and by the shipped tables."""

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.workflow import from_server, read, using
from vram_forecast.estimator.workflow.definitions import definition
from workflow.drawing import node, workflow

MINE = {
    "input": {
        "required": {"file": [["a.safetensors"]], "strength": ["FLOAT", {"default": 0.5}], "on": ["MODEL"]},
        "optional": {"note": ["STRING", {"multiline": True}]},
    },
    "output": ["MODEL", ["a", "b"]],
    "output_node": True,
}


def test_a_server_s_definitions_win():
    changed = from_server({"KSampler": MINE}.get)
    with using(changed):
        assert ["MODEL", "COMBO"] == definition("KSampler")["outputs"]
    assert ["LATENT"] == definition("KSampler")["outputs"]


def test_what_the_server_has_not_is_looked_up_in_the_tables():
    with using(from_server({}.get)):
        assert ["LATENT"] == definition("KSampler")["outputs"]


def test_nobody_knows_an_unknown_type():
    assert definition("Some node of nobody's") is None


def test_a_workflow_is_read_by_a_server_s_definitions():
    drawing = workflow(node(1, "Mine", ["b.safetensors", 0.7, "hello"]))
    with using(from_server({"Mine": MINE}.get)):
        assert {"file": "b.safetensors", "strength": 0.7, "note": "hello"} == read(drawing).nodes["1"].inputs


def test_each_type_is_converted_once_and_what_is_not_installed_is_not_kept():
    asked = []

    def describe(class_type):
        asked.append(class_type)
        return MINE if class_type == "Mine" else None

    look_up = from_server(describe)
    assert look_up("Mine") is look_up("Mine")
    assert [None, None] == [look_up("A"), look_up("A")]
    assert ["Mine", "A", "A"] == asked


BAD = [
    7,
    {},
    {"input": 7, "output": []},
    {"input": {"required": {"x": []}}, "output": []},
    {"input": {"required": {"x": 7}}, "output": []},
    {"input": {"required": ["x"]}, "output": []},
    {"input": {"required": {"x": ["COMFY_DYNAMICCOMBO_V3", {}]}}, "output": []},
    {"input": {}, "output": 7},
    {"input": {"required": {"x": ["INT", {"widgetType": ["INT"]}]}}, "output": []},
]


@pytest.mark.parametrize("given", BAD, ids=str)
def test_a_description_of_another_form_describes_nothing(given):
    assert from_server({"Mine": given}.get)("Mine") is None


def test_packs_are_read_only_for_their_own_nodes(monkeypatch):
    asked = []
    table = facts.table
    monkeypatch.setattr(facts, "table", lambda name: asked.append(name) or table(name))
    definition("KSampler")
    assert ["nodes/core"] == asked
    definition("VHS_VideoCombine")
    assert ["nodes/core", "nodes/core", "nodes/packs/index", "nodes/packs/vhs"] == asked


def test_a_pack_s_own_node_that_core_has_too_is_core_s():
    core, index = facts.table("nodes/core")["nodes"], facts.table("nodes/packs/index")["types"]
    both = sorted(set(core) & set(index))
    assert all(definition(one) == core[one] for one in both)
