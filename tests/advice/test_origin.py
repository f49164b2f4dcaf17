"""Where a number that decides a size is written, and what comes of another one there."""

from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator.advice.case import Case
from vram_forecast.estimator.advice.origin import number, origin
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


def becoming(prompt, name, value):
    """What an input of the latent node gets once `value` is written where its number is."""
    case = case_of(prompt)
    edit = origin(case, "4", name).written.becoming(value)
    return number(case, apply(case.graph, [edit]), "4", name)


def test_a_number_is_written_in_the_nodes_own_widget():
    assert found(flux(), "width") == ("4", "width", 1024)
    assert becoming(flux(), "width", 768) == 768


def test_or_in_the_primitive_that_it_is_linked_to():
    prompt = linked(flux(), more={"50": node("PrimitiveInt", value=1024)}, width=["50", 0], height=["50", 0])
    assert found(prompt, "width") == ("50", "value", 1024)
    assert origin(case_of(prompt), "4", "width").reaches == (("4", "height"),)
    assert becoming(prompt, "width", 640) == 640


def test_behind_a_selector_of_resolutions_it_is_the_megapixels():
    prompt = linked(flux(), more={"50": RESOLUTION}, width=["50", 0], height=["50", 1])
    assert found(prompt, "width") == ("50", "megapixels", 1936)
    assert becoming(prompt, "width", 0.88) == 1280


def test_behind_arithmetic_it_is_the_number_that_is_nothing_but_a_size():
    prompt = linked(wan(), more=SECONDS, length=["52", 1])
    prompt["10"]["inputs"]["fps"] = ["51", 0]
    assert found(prompt, "length") == ("50", "value", 81)
    assert becoming(prompt, "length", 3) == 49


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
    assert becoming(scaled(scale), "width", 0.25) == 512


def test_the_size_of_a_picture_that_nothing_scales_is_the_pictures_own():
    case = case_of(scaled(None))
    source = origin(case, "4", "width")
    assert source.written is None
    assert (source.picture.node, source.picture.slot) == ("30", 0)


def test_what_is_no_number_has_no_origin():
    case = case_of(checkpoint())
    assert origin(case, "8", "sampler_name") is None
    assert origin(case, "8", "model") is None
    assert origin(case, "8", "nothing") is None
