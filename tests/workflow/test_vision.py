"""Networks that look at pictures: which sizes they see, how many at once, and what comes out."""

import pytest
from prompts import node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import lower, read
from vram_forecast.estimator.workflow.lower import visit
from vram_forecast.estimator.workflow.state import State
from vram_forecast.estimator.workflow.values import Image, Model, Net, Unknown

FRAMES = Image(10, 480, 832)


def seen(class_type, linked, **inputs):
    """The steps of a node and what it gives; `linked` are the values that its links bring."""
    links = {name: [f"from {name}", 0] for name in linked}
    prompt = {f"from {name}": node("Source") for name in linked} | {"1": node(class_type, **inputs, **links)}
    state = State(read(prompt), Library(nowhere))
    state.outputs |= {f"from {name}": (value,) for name, value in linked.items()}
    visit(state, state.graph.nodes["1"])
    return state.steps.get("1", []), state.outputs["1"]


def passes(steps):
    """The batch, height, width and number of passes of each step."""
    return [(one.shape.batch, one.shape.height, one.shape.width, one.repeats) for one in steps]


@pytest.mark.parametrize(
    ("class_type", "network", "inputs", "expected"),
    [
        ("RemoveBackground", "bg_removal_model", {}, [(1, 480, 832, 10)]),
        ("MoGeInference", "moge_model", {"batch_size": 4}, [(4, 480, 832, 3)]),
        ("MoGePanoramaInference", "moge_model", {"split_resolution": 512}, [(4, 512, 512, 3)]),
        ("DA3Inference", "da3_model", {"mode": "mono", "resolution": 504}, [(1, 480, 832, 10)]),
        ("DA3Inference", "da3_model", {"mode": "multiview"}, [(10, 480, 832, 1)]),
        ("RTDETR_detect", "model", {}, [(10, 640, 640, 1)]),
        ("SAM3_Detect", "model", {}, [(1, 480, 832, 10)]),
        (
            "MediaPipeFaceLandmarker",
            "face_detection_model",
            {"detector_variant": "both"},
            [(10, 480, 832, 2)],
        ),
    ],
)
def test_a_network_sees_the_pictures_as_its_node_hands_them_over(class_type, network, inputs, expected):
    steps, _ = seen(class_type, {network: Net("net"), "image": FRAMES}, **inputs)
    assert passes(steps) == expected
    assert [one.components for one in steps] == [("net",)]


def test_many_pictures_are_found_in_by_parts():
    steps, _ = seen("RTDETR_detect", {"model": Model("model"), "image": Image(70, 480, 832)})
    assert passes(steps) == [(32, 640, 640, 3)]


def test_a_finer_depth_than_was_measured_is_not_known():
    pictures = {"da3_model": Model("model"), "image": FRAMES}
    (step,), _ = seen("DA3Inference", pictures, mode="mono", resolution=1008)
    assert "up to a resolution of 504" in step.unknown


@pytest.mark.parametrize(
    ("count", "multiplier", "frames", "made"), [(10, 2, 19, 9), (10, 4, 37, 27), (1, 2, 1, 0)]
)
def test_frames_are_put_between_frames(count, multiplier, frames, made):
    linked = {"interp_model": Net("net"), "images": Image(count, 480, 832)}
    steps, (image,) = seen("FrameInterpolate", linked, multiplier=multiplier)
    assert image.count == frames
    assert sum(one.shape.batch * one.repeats for one in steps) == made


def test_a_mask_is_as_large_as_its_picture():
    _, (mask,) = seen("RemoveBackground", {"bg_removal_model": Net("net"), "image": FRAMES})
    assert mask == Image(10, 480, 832, 1)


def test_how_many_masks_are_found_is_not_known():
    linked = {"model": Model("model"), "image": FRAMES}
    assert isinstance(seen("SAM3_Detect", linked, individual_masks=True)[1][0], Unknown)
    assert seen("SAM3_Detect", linked, individual_masks=False)[1][0].count == 10


def test_poses_are_found_by_one_step_of_sampling_in_pictures_of_one_size():
    prompt = {
        "1": node("CheckpointLoaderSimple", ckpt_name="v1-5-pruned-emaonly.safetensors"),
        "2": node("EmptyImage", width=1920, height=1080, batch_size=33, color=0),
        "3": node("SDPoseKeypointExtractor", model=["1", 0], vae=["1", 2], image=["2", 0], batch_size=16),
        "4": node("SDPoseDrawKeypoints", keypoints=["3", 0]),
        "5": node("SaveImage", images=["4", 0], filename_prefix="x"),
    }
    encode, sample = lower(read(prompt), Library(nowhere)).steps
    assert (encode.shape.batch, encode.shape.height, encode.shape.width) == (16, 128, 96)
    assert (sample.shape.text_tokens, sample.repeats, sample.conditions) == (2, 3, 1)


def test_the_weights_of_a_network_without_a_picture_are_still_counted():
    steps, _ = seen("RemoveBackground", {"bg_removal_model": Net("net"), "image": Unknown("9", "no size")})
    assert [(one.components, one.unknown) for one in steps] == [(("net",), "no size")]


@pytest.mark.parametrize(
    ("class_type", "reason"),
    [
        ("KlingTextToVideoNode", "1280x720, 121 frames at 24 a second"),
        ("RecordAudio", "10 seconds"),
        ("LoadImageDataSetFromFolder", "1024x1024"),
        ("WebcamCapture", "1024x1024"),
    ],
)
def test_what_comes_from_elsewhere_is_of_a_usual_size_and_that_is_said(class_type, reason):
    work = lower(read({"1": node(class_type)}), Library(nowhere))
    assert [one.reason for one in work.assumed] == [
        f"what {class_type} gives is not known: taken as {reason}"
    ]
    assert (work.steps, work.unknown) == ((), ())
