"""Which saved value is which widget's, and how it is sent.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import pytest
from vram_forecast.estimator.workflow import read
from workflow.drawing import MODEL, UNET, as_version_1, node, sampled, sampler, sent_by, workflow

CASES = {
    "values are named in the order of the definition and the control widget is left out": (
        workflow(MODEL, sampler(2, model="1.0")),
        {"1": UNET, "2": sampled(model=["1", 0])},
    ),
    "places that the file lacks keep the definition's defaults": (
        workflow(node(1, "KSampler", [7])),
        {
            "1": {
                "seed": 7,
                "steps": 20,
                "cfg": 8.0,
                "sampler_name": "euler",
                "scheduler": "simple",
                "denoise": 1.0,
            }
        },
    ),
    "a link into a widget's input replaces its value": (
        workflow(node(1, "PrimitiveInt", [9, "fixed"]), sampler(2, _seed="1.0")),
        {"1": {"value": 9}, "2": sampled(["1", 0])},
    ),
    "lists are wrapped so that they are not taken for links": (
        workflow(node(1, "CLIPTextEncode", [["a", 1]])),
        {"1": {"text": {"__value__": ["a", 1]}}},
    ),
    "a custom combo sends all its options": (
        workflow(node(1, "CustomCombo", ["dog", 1, "cat", "dog", ""])),
        {"1": {"choice": "dog", "index": 1, "option1": "cat", "option2": "dog", "option3": ""}},
    ),
    "nested dynamic combos are followed one after the other": (
        workflow(node(1, "SaveVideo", ["out", "auto", "h264", "re-encode", 18.5])),
        {
            "1": {
                "filename_prefix": "out",
                "format": "auto",
                "codec": "h264",
                "codec.encoding": "re-encode",
                "codec.encoding.crf": 18.5,
            }
        },
    ),
    "a dynamic combo is followed by the inputs of its choice": (
        workflow(
            node(1, "LoadImage", ["a.png", "image"]),
            node(2, "ResizeImageMaskNode", ["scale by multiplier", 2.5, "lanczos"], input="1.0"),
        ),
        {
            "1": {"image": "a.png"},
            "2": {
                "input": ["1", 0],
                "resize_type": "scale by multiplier",
                "resize_type.multiplier": 2.5,
                "scale_method": "lanczos",
            },
        },
    ),
    "inputs that grow keep their links": (
        workflow(
            node(1, "LoadImage", ["a.png", "image"]),
            node(2, "LoadImage", ["b.png", "image"]),
            node(3, "BatchImagesNode", **{"images.image0": "1.0", "images.image1": "2.0"}),
        ),
        {
            "1": {"image": "a.png"},
            "2": {"image": "b.png"},
            "3": {"images.image0": ["1", 0], "images.image1": ["2", 0]},
        },
    ),
    "comments in a prompt are not sent": (
        workflow(node(1, "CLIPTextEncode", ["a cat /* or a dog */ asleep\n// tomorrow\non a mat"])),
        {"1": {"text": "a cat  asleep\n\non a mat"}},
    ),
    "a combo that was saved empty has its first choice": (
        workflow(node(1, "KSamplerSelect", [None])),
        {"1": {"sampler_name": "euler"}},
    ),
    "the places of inputs that are sockets now are skipped": (
        workflow(node(1, "SaveText", ["old text", "out", "txt"])),
        {"1": {"filename_prefix": "out", "format": "txt"}},
    ),
    "a widget that the definition no longer has loses its link": (
        workflow(node(1, "PrimitiveInt", [9, "fixed"]), sampler(2, _tempo="1.0")),
        {"1": {"value": 9}, "2": sampled()},
    ),
    "but of two in a row only the first": (
        workflow(node(1, "PrimitiveInt", [9, "fixed"]), sampler(2, _tempo="1.0", _pitch="1.0", _pace="1.0")),
        {"1": {"value": 9}, "2": sampled(pitch=["1", 0])},
    ),
    "places past the last widget are left": (
        workflow(node(1, "EmptyLatentImage", [640, 480, 2, 99, "x"])),
        {"1": {"width": 640, "height": 480, "batch_size": 2}},
    ),
    "an empty place is sent empty": (
        workflow(node(1, "EmptyLatentImage", [640, None, 2])),
        {"1": {"width": 640, "height": None, "batch_size": 2}},
    ),
    "a node without saved values has the definition's": (
        workflow(node(1, "EmptyLatentImage")),
        {"1": {"width": 512, "height": 512, "batch_size": 1}},
    ),
    "values are sent as they were saved, of whatever type": (
        workflow(sampler(1) | {"values": ["7", "fixed", 20.5, "8.5", 2, "nope", 800]}),
        {"1": sampled("7", steps=20.5, cfg="8.5", sampler_name=2, scheduler="nope", denoise=800)},
    ),
    "a file from before control widgets is read as if it had one": (
        workflow(sampler(1) | {"values": [7, 20, 8, "euler", "normal", 1]}),
        {"1": sampled(7, steps=8, cfg="euler", sampler_name="normal", scheduler=1, denoise=1.0)},
    ),
    "whole numbers that JavaScript has not are rounded": (
        workflow(sampler(1, 9007199254740993), sampler(2, 18446744073709551615)),
        {"1": sampled(9007199254740992), "2": sampled(18446744073709552000)},
    ),
    "an input that is a widget's by its name is that widget's": (
        workflow(node(1, "PrimitiveInt", [9, "fixed"]), sampler(2, steps="1.0")),
        {"1": {"value": 9}, "2": sampled(steps=["1", 0])},
    ),
    "a dynamic combo of a choice that is gone has nothing more": (
        workflow(node(1, "SaveVideo", ["out", "auto", "nope", "x"])),
        {"1": {"filename_prefix": "out", "format": "auto", "codec": "nope"}},
    ),
    "values that a dynamic combo's choice lacks are the definition's": (
        workflow(node(1, "SaveVideo", ["out", "auto", "h264"])),
        {"1": {"filename_prefix": "out", "format": "auto", "codec": "h264", "codec.encoding": "auto"}},
    ),
    "an address in a prompt is cut like a comment": (
        workflow(node(1, "CLIPTextEncode", [r"http://x.y/a {only} \{z\}"])),
        {"1": {"text": "http:"}},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))


VIDEO = {
    "video": "a.mp4",
    "force_rate": 8,
    "frame_load_cap": 16,
    "skip_first_frames": 1,
    "select_every_nth": 2,
}
SIZES = {
    "512x?": (512, 0),
    "?x256": (0, 256),
    "512x256": (512, 256),
    "Disabled": (0, 0),
    "Custom Width": (304, 0),
    "Custom Height": (0, 312),
    "Custom": (304, 312),
}


@pytest.mark.parametrize("choice, sides", SIZES.items(), ids=SIZES)
def test_one_choice_stood_for_both_sides_of_a_video_once(choice, sides):
    saved = VIDEO | {"force_size": choice, "custom_width": 304, "custom_height": 312}
    sent = read(workflow(node(1, "VHS_LoadVideoPath", saved))).nodes["1"].inputs
    assert sides == (sent["custom_width"], sent["custom_height"])
    assert VIDEO == {name: sent[name] for name in VIDEO}


def test_values_of_a_pack_that_saves_by_name_were_a_list_once():
    saved = ["a.mp4", 8, "512x?", 16, 1, 2]
    sent = read(workflow(node(1, "VHS_LoadVideo", saved))).nodes["1"].inputs
    assert VIDEO | {"custom_width": 512, "custom_height": 0} == {
        name: sent[name] for name in (*VIDEO, "custom_width", "custom_height")
    }


def test_a_value_s_old_name_is_known():
    sent = read(workflow(node(1, "VHS_VideoCombine", {"save_image": False}))).nodes["1"].inputs
    assert sent["save_output"] is False


def test_values_saved_by_name_are_read_by_name():
    drawing = workflow(node(1, "EmptyLatentImage", {"batch_size": 3, "width": 640, "height": 480}))
    assert {"width": 640, "height": 480, "batch_size": 3} == read(drawing).nodes["1"].inputs


@pytest.mark.parametrize(
    "text, sent",
    [
        ("a {red|blue} {cat|dog}", "a red cat"),
        ("a {light {red|pink}|blue} cat", "a light red cat"),
        ("a {|b} c", "a  c"),
        (r"a \{red\|blue\} cat", "a {red|blue} cat"),
        ("a | b } c", "a | b } c"),
        ("a {b|c", "a b"),
        ("/* left open", "/* left open"),
    ],
)
def test_of_a_choice_in_a_prompt_the_first_is_sent(text, sent):
    assert sent == read(workflow(node(1, "CLIPTextEncode", [text]))).nodes["1"].inputs["text"]
