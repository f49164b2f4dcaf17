"""Where a number that decides a size is written, and what has to be written for another one."""

import pytest
from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator.advice.case import Case
from vram_forecast.estimator.advice.origin import number, origin, rewritten
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.edits import apply

RESOLUTION = node("ResolutionSelector", aspect_ratio="16:9 (Widescreen)", megapixels=2, multiple=16)
SECONDS = {
    "50": node("PrimitiveFloat", value=5),
    "51": node("PrimitiveInt", value=16),
    "52": node(
        "ComfyMathExpression", expression="a * b + 1", **{"values.a": ["50", 0], "values.b": ["51", 0]}
    ),
}


def case_of(prompt):
    return Case(read(prompt), machine(vram=12, ram=32, system="linux"), Library(nowhere))


def linked(prompt, node_id="4", more=(), **links):
    """A prompt with some inputs of a node linked, and the nodes that they are linked to."""
    given = prompt[node_id]
    return prompt | dict(more) | {node_id: given | {"inputs": given["inputs"] | links}}


def found(prompt, name, node_id="4"):
    source = origin(case_of(prompt), node_id, name)
    return source.written.node, source.written.input, source.value


def becoming(prompt, name, value, node_id="4"):
    """What is written for an input to get `value`, and what it then gets."""
    case = case_of(prompt)
    edits = rewritten(case, node_id, name, origin(case, node_id, name), value)
    return [(one.node, one.value) for one in edits], number(case, apply(case.graph, edits), node_id, name)


def test_a_number_is_written_in_the_nodes_own_widget():
    assert found(flux(), "width") == ("4", "width", 1024)
    assert becoming(flux(), "width", 768) == ([("4", 768)], 768)


def test_or_in_the_primitive_that_it_is_linked_to():
    prompt = linked(flux(), more={"50": node("PrimitiveInt", value=1024)}, width=["50", 0], height=["50", 0])
    assert found(prompt, "width") == ("50", "value", 1024)
    assert origin(case_of(prompt), "4", "width").reaches == (("4", "height"),)
    assert becoming(prompt, "width", 640) == ([("50", 640)], 640)


def test_behind_a_selector_of_resolutions_it_is_the_megapixels():
    prompt = linked(flux(), more={"50": RESOLUTION}, width=["50", 0], height=["50", 1])
    assert found(prompt, "width") == ("50", "megapixels", 1936)
    edits, width = becoming(prompt, "width", 1280)
    assert edits == [("50", 0.88)]
    assert width == 1280


def test_behind_arithmetic_it_is_the_number_that_is_nothing_but_a_size():
    prompt = linked(wan(), more=SECONDS, length=["52", 1])
    prompt["10"]["inputs"]["fps"] = ["51", 0]
    assert found(prompt, "length") == ("50", "value", 81)
    assert becoming(prompt, "length", 49) == ([("50", 3)], 49)


@pytest.mark.parametrize("wanted, got, written", [(75, 73, 18), (81, 81, 20), (170, 169, 42), (3, 1, 0)])
def test_a_number_that_a_formula_cannot_hit_is_the_next_below(wanted, got, written):
    fours = node("ComfyMathExpression", expression="a * 4 + 1", **{"values.a": ["50", 0]})
    prompt = linked(wan(), more={"50": node("PrimitiveInt", value=20), "52": fours}, length=["52", 1])
    edits, length = becoming(prompt, "length", wanted)
    if written:
        assert (edits, length) == ([("50", written)], got)
    else:
        assert edits == []


def scaled(scale):
    """FLUX whose size follows a picture, with nodes `scale` before it."""
    size = node("GetImageSize", image=["31", 0] if scale else ["30", 0])
    more = {"30": node("LoadImage", image="x.png"), "32": size} | ({"31": scale} if scale else {})
    return linked(flux(), more=more, width=["32", 0], height=["32", 1])


def test_the_size_of_a_picture_is_written_where_it_is_scaled():
    scale = node(
        "ImageScaleToTotalPixels", image=["30", 0], upscale_method="area", megapixels=1, resolution_steps=1
    )
    assert found(scaled(scale), "width")[:2] == ("31", "megapixels")
    assert becoming(scaled(scale), "width", 512) == ([("31", 0.25)], 512)


def test_the_size_of_a_picture_that_nothing_scales_is_the_pictures_own():
    case = case_of(scaled(None))
    source = origin(case, "4", "width")
    assert source.written is None
    assert (source.picture.node, source.picture.slot) == ("30", 0)
    assert rewritten(case, "4", "width", source, 512) == ()


def test_what_is_no_number_has_no_origin():
    case = case_of(checkpoint())
    assert origin(case, "8", "sampler_name") is None
    assert origin(case, "8", "model") is None
    assert origin(case, "8", "nothing") is None
