"""Suggestions: what they change, what they leave alone, and that they help."""

import pytest
from prompts import checkpoint, flux, nowhere, wan
from vram_forecast.estimator.api import check
from vram_forecast.estimator.forecast import VERDICTS
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import lower, read
from vram_forecast.estimator.workflow.edits import apply

BIG = flux(3072, 3072)


def suggested(prompt, **where):
    found = check(prompt, machine(**{"ram": 64, "system": "linux"} | where), nowhere)
    return {one.code: one for one in found.suggestions}, found.forecast


def test_what_fits_gets_no_advice():
    assert suggested(checkpoint(), gpu="rtx-4090")[0] == {}


def test_a_decode_that_does_not_fit_is_offered_in_tiles():
    offered, before = suggested(checkpoint(side=1536), gpu="rtx-2060")
    one = offered["tiled-decode"]
    after = apply(read(checkpoint(side=1536)), one.edits)
    assert after.nodes["9"].class_type == "VAEDecodeTiled"
    assert after.nodes["9"].inputs["samples"] == read(checkpoint()).nodes["9"].inputs["samples"]
    assert one.seconds_after < before.seconds.best


def test_8_bit_weights_are_offered_where_ram_is_short():
    offered, before = suggested(flux(), gpu="rtx-3060-12gb", ram=16)
    assert before.verdict == "disk"
    (edit,) = offered["fp8-weights"].edits
    assert (edit.op, edit.node, edit.input, edit.value) == ("set", "1", "weight_dtype", "fp8_e4m3fn")


def test_weights_that_are_8_bit_already_are_left_alone():
    assert "fp8-weights" not in suggested(wan(1280, 720), vram=12)[0]


def test_edits_leave_the_graph_they_were_made_for_as_it_was():
    graph = read(flux())
    before = graph.prompt()
    offered, _ = suggested(flux(), gpu="rtx-3060-12gb", ram=16)
    assert apply(graph, offered["fp8-weights"].edits).prompt() != before
    assert graph.prompt() == before


@pytest.mark.parametrize(
    "prompt", [flux(), BIG, checkpoint(side=2048), wan()], ids=["flux", "big", "sdxl", "wan"]
)
@pytest.mark.parametrize("vram", [6, 8, 12, 16])
def test_what_is_offered_is_never_worse_and_the_best_comes_first(prompt, vram):
    here = machine(vram=vram, ram=32, system="linux")
    found = check(prompt, here, nowhere)
    for one in found.suggestions:
        assert VERDICTS.index(one.verdict_after) <= VERDICTS.index(found.forecast.verdict)
        assert lower(apply(read(prompt), one.edits), Library(nowhere)).unknown == ()
