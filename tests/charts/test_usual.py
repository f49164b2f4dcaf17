"""The usual workflows of the chart: put together of nodes that are there, as the official templates are."""

import importlib.util
import os
from functools import cache
from pathlib import Path

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.charts.choices import Choice, choices, library, nowhere, smaller
from vram_forecast.estimator.charts.machines import reference, settings, sized
from vram_forecast.estimator.charts.usual import built, families, family, group, usual
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.forecast import run
from vram_forecast.estimator.workflow import lower, read

NAMES = [one.id for one in families()]
PACKAGE = importlib.util.find_spec("comfyui_workflow_templates_json")
FOLDERS = [Path(one) / "templates" for one in (PACKAGE.submodule_search_locations or ())] if PACKAGE else []


@pytest.fixture(scope="module")
def templates():
    if not FOLDERS:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop("no templates: pip install comfyui-workflow-templates-json==0.1.123")
    return FOLDERS[0]


@cache
def work(name):
    return lower(usual(family(name)), library())


@pytest.mark.parametrize("name", NAMES)
def test_every_usual_workflow_is_understood_and_runs_where_there_is_enough_memory(name):
    found = run(work(name), sized(reference(), settings()["search"]["most_gib"]))
    assert (found.unknown, found.assumed) == ((), ())
    assert [one.problem for one in found.components if one.problem] == []
    assert (found.verdict, found.tight) == ("resident", False)


@pytest.mark.parametrize("name", NAMES)
def test_the_nodes_take_what_they_are_given(name):
    known = facts.table("nodes/core")["nodes"]
    for node in usual(family(name)).nodes.values():
        inputs = {one["name"] for one in known[node.class_type]["inputs"]}
        assert set() == set(node.inputs) - inputs, node.class_type


def samples(found):
    """Sizes, steps and conditions of what is sampled."""
    return [
        (step.shape.frames, step.shape.height, step.shape.width, step.repeats, step.conditions)
        for step in found.steps
        if step.kind == "sample"
    ]


@pytest.mark.parametrize("name", [one.id for one in families() if one.template])
def test_sizes_and_steps_are_those_of_the_template_but_where_a_note_says_otherwise(name, templates):
    row = family(name)
    path = templates / f"{row.template}.json"
    assert path.is_file()
    if not row.note:
        assert samples(lower(read(path), library())) == samples(work(name))


def test_every_family_says_where_its_size_is_from():
    assert [] == [one.id for one in families() if not (one.template or one.basis)]


def test_every_piece_is_there_and_used():
    named = {piece for one in families() for piece in one.pieces}
    gguf = {piece.replace("unet", "gguf") for piece in named}
    pieces = {name for name, row in facts.table("charts/pieces").items() if isinstance(row, dict)}
    assert pieces == named | gguf


def test_every_kind_has_its_heading():
    assert all(group(one.kind) for one in families())


def test_a_piece_takes_what_the_last_one_before_it_gave():
    graph = usual(family("sdxl-two-controlnets"))
    assert graph.nodes["controlled2"].inputs["positive"].node == "controlled"
    assert graph.nodes["sample"].inputs["positive"].node == "controlled2"


def test_a_piece_that_lacks_what_it_takes_is_an_error():
    with pytest.raises(KeyError):
        built(("sample",), {"steps": 1, "cfg": 1.0})


def test_a_gguf_is_loaded_by_its_own_loader_and_both_experts_are():
    graph = usual(family("wan22-14b-t2v"), "high.gguf", "low.gguf")
    assert [graph.nodes[one].class_type for one in ("model", "second")] == ["UnetLoaderGGUF"] * 2
    assert graph.nodes["second"].inputs == {"unet_name": "low.gguf"}


def test_a_lighter_file_brings_its_lighter_encoder():
    plain, light = (usual(family("flux1-dev"), light=one).nodes["clip"].inputs for one in (False, True))
    assert (plain["clip_name2"], light["clip_name2"]) == (
        "t5xxl_fp16.safetensors",
        "t5xxl_fp8_e4m3fn_scaled.safetensors",
    )


def test_an_unknown_family_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match=r"no family is called `flux9`.*flux1-dev"):
        family("flux9")


@pytest.mark.parametrize("name", ["flux1-dev", "wan22-14b-i2v", "qwen-image-edit-2511", "sdxl"])
def test_the_files_go_from_the_best_to_the_smallest(name):
    found = choices(family(name))
    assert found[0].file == family(name).model
    assert [one.rank for one in found] == sorted(one.rank for one in found)
    assert max(one.rank for one in found) <= settings()["points"]["worst_rank"]
    for kind in (True, False):
        sizes = [one.bytes for one in found if one.gguf == kind]
        assert sizes == sorted(sizes, reverse=True)
    assert all(bool(one.second) == bool(family(name).second) for one in found)


def test_a_file_that_is_hardly_smaller_is_not_worth_its_loss():
    def file(name, size):
        return Choice(name, "", "", "", 1, size, 8.0)

    assert smaller(file("a", 10), [])
    assert smaller(file("b", 8), [file("a", 10)])
    assert not smaller(file("b", 9.5), [file("a", 10)])
    assert smaller(file("b.gguf", 9.5), [file("a", 10)])  # it streams otherwise


def test_nothing_is_taken_from_this_machine():
    assert nowhere("checkpoints", "sd_xl_base_1.0.safetensors") is None
