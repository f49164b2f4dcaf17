"""Pictures, masks, texts and numbers come out as the real nodes make them (node_outputs.json)."""

import json
from pathlib import Path

import pytest
from prompts import flux, node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import lower, read
from vram_forecast.estimator.workflow.definitions import definition
from vram_forecast.estimator.workflow.lower import visit
from vram_forecast.estimator.workflow.state import State
from vram_forecast.estimator.workflow.values import Image, Many

ROWS = json.loads(Path(__file__).with_name("node_outputs.json").read_text(encoding="utf-8"))["cases"]
CLASSES = sorted({row["class"] for row in ROWS})


def value(given):
    """A value as rules see it."""
    if isinstance(given, dict) and "list" in given:
        return Many(tuple(map(value, given["list"])))
    if isinstance(given, dict) and isinstance(given.get("image"), list):
        return Image(*given["image"])
    return given


def told(given):
    """A value as the table has it."""
    if isinstance(given, Many):
        return {"list": list(map(told, given.items))}
    if isinstance(given, Image):
        return {"image": [given.count, given.height, given.width, given.channels]}
    return given


def flat(class_type, inputs):
    """A case's inputs as a prompt names them: those of a growing group or a dynamic combo under its name."""
    kinds = {row["name"]: row["type"] for row in definition(class_type)["inputs"]}
    for name, given in inputs.items():
        if kinds[name].startswith("COMFY_AUTOGROW") and "list" not in given:
            yield from ((f"{name}.{inner}", one) for inner, one in given.items())
        elif kinds[name].startswith("COMFY_DYNAMIC"):
            yield name, given[name]
            yield from ((f"{name}.{inner}", one) for inner, one in given.items() if inner != name)
        else:
            yield name, given


def gives(class_type, inputs):
    """What a node's rule gives, each picture and list coming from a node of its own."""
    known = {name: given for name, given in flat(class_type, inputs) if given is not None}
    linked = {name: one for name, one in known.items() if isinstance(value(one), Image | Many)}
    prompt = {f"from {name}": node("Source") for name in linked}
    prompt["this"] = node(class_type, **known | {name: [f"from {name}", 0] for name in linked})
    state = State(read(prompt), Library(nowhere))
    state.outputs |= {f"from {name}": (value(one),) for name, one in linked.items()}
    visit(state, state.graph.nodes["this"])
    return [told(one) for one in state.outputs["this"]]


@pytest.mark.parametrize("class_type", CLASSES)
def test_a_node_gives_what_comfyui_makes(class_type):
    for row in (row for row in ROWS if row["class"] == class_type):
        assert gives(class_type, row["inputs"]) == row["outputs"], row["inputs"]


def test_there_are_cases_of_many_node_types():
    assert len(CLASSES) >= 60


def through(**nodes):
    """FLUX.1 image to image: what the last of `nodes` gives is encoded; the first is a picture."""
    prompt = flux() | {"picture": node("EmptyImage", width=1000, height=700, batch_size=1, color=0)} | nodes
    prompt["encode"] = node("VAEEncode", pixels=[list(nodes)[-1], 0], vae=["3", 0])
    prompt["8"]["inputs"]["latent_image"] = ["encode", 0]
    return [step.shape for step in lower(read(prompt), Library(nowhere)).steps if step.kind == "encode_image"]


def test_a_size_flows_from_a_ratio_to_the_latent():
    ratio = node("ResolutionSelector", aspect_ratio="16:9 (Widescreen)", megapixels=1.0, multiple=64)
    inputs = {"image": ["picture", 0], "target_width": ["ratio", 0], "target_height": ["ratio", 1]}
    (shape,) = through(ratio=ratio, fitted=node("ResizeAndPadImage", **inputs))
    assert (shape.width, shape.height) == (1344 // 8, 768 // 8)


def test_the_choice_of_a_dynamic_combo_says_which_of_its_inputs_counts():
    inputs = {
        "resize_type": "scale longer dimension",
        "resize_type.longer_size": 512,
        "resize_type.width": 64,
    }
    (shape,) = through(small=node("ResizeImageMaskNode", input=["picture", 0], **inputs))
    assert (shape.width, shape.height) == (64, 358 // 8)


def test_each_tile_of_a_picture_is_encoded_for_itself():
    tiles = node("SplitImageToTileList", image=["picture", 0], tile_width=512, tile_height=512, overlap=64)
    assert [(shape.width, shape.height) for shape in through(tiles=tiles)] == [(64, 64)] * 6


def test_a_picture_that_no_machine_holds_is_not_known():
    huge = {str(at): node("ImageScaleBy", image=[str(at - 1), 0], scale_by=8.0) for at in range(101, 140)}
    prompt = {"100": node("EmptyImage", width=1000, height=700, batch_size=1, color=0)} | huge
    state = State(read(prompt), Library(nowhere))
    for name in state.graph.order():
        visit(state, state.graph.nodes[name])
    assert "beyond all machines" in state.outputs["139"][0].reason


@pytest.mark.parametrize(
    ("name", "times"),
    [("RealESRGAN_x4plus.safetensors", 4), ("4x-UltraSharp.pth", 4), ("RealESRGAN_x2plus.pth", 2)],
)
def test_an_upscale_model_says_how_much_it_enlarges(name, times):
    upscale = {"upscale_model": ["model", 0], "image": ["picture", 0]}
    (shape,) = through(
        model=node("UpscaleModelLoader", model_name=name), large=node("ImageUpscaleWithModel", **upscale)
    )
    assert (shape.width, shape.height) == (1000 * times // 8, 700 * times // 8)


@pytest.mark.parametrize(("mode", "sides"), [("RGBA", (40, 30)), ("RGB", (64, 64))])
def test_the_mask_of_a_picture_without_alpha_is_a_small_one(tmp_path, mode, sides):
    pillow = pytest.importorskip("PIL.Image")
    pillow.new(mode, (40, 30)).save(tmp_path / "x.png")
    library = Library(lambda folder, name: tmp_path / name)
    state = State(read({"1": node("LoadImage", image="x.png")}), library)
    visit(state, state.graph.nodes["1"])
    picture, mask = state.outputs["1"]
    assert (picture.width, picture.height) == (40, 30)
    assert (mask.width, mask.height) == sides
