"""lighter-encoder: another file of the same text encoder, in fewer bits."""

from advising import case_of, offered, written
from prompts import flux, node, wan
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.judge import better
from vram_forecast.estimator.advice.rules import lighter_encoder
from vram_forecast.estimator.models.library import Library

SMALL = {"gpu": "rtx-4070", "ram": 16}
SCHNELL = flux(steps=4, unet="flux1-schnell.safetensors")
EYES = "Qwen2.5-VL-7B-Instruct-Q8_0.gguf"


def edited(side=1024):
    """Qwen-Image-Edit: its encoder is given the picture."""
    prompt = flux(side, side, cfg=4.0, unet="qwen_image_edit_fp8_e4m3fn.safetensors")
    picture = {"image": ["30", 0], "clip": ["2", 0], "vae": ["3", 0]}
    return prompt | {
        "2": node("CLIPLoader", clip_name="qwen_2.5_vl_7b.safetensors", type="qwen_image", device="default"),
        "3": node("VAELoader", vae_name="qwen_image_vae.safetensors"),
        "30": node("EmptyImage", width=side, height=side, batch_size=1, color=0),
        "5": node("TextEncodeQwenImageEdit", prompt="a lighthouse", **picture),
        "6": node("TextEncodeQwenImageEdit", prompt="", **picture),
    }


class Shelf:
    """A finder that knows names, and no file."""

    def __init__(self, *names):
        self.known = names

    def __call__(self, folder, name):
        return None

    def names(self, folder):
        return self.known if folder == "text_encoders" else ()


def test_a_lighter_encoder_is_loaded_where_ram_is_short():
    case = case_of(SCHNELL, **SMALL)
    change = offered(lighter_encoder, case)["t5xxl_fp8_e4m3fn_scaled.safetensors"]
    assert written(change) == {("2", "clip_name2"): "t5xxl_fp8_e4m3fn_scaled.safetensors"}
    assert better(case.after(change).forecast, case.forecast)


def test_a_gguf_makes_the_node_one_that_takes_it_and_leaves_the_encoder_beside_it():
    change = offered(lighter_encoder, case_of(SCHNELL, **SMALL))["t5-v1_1-xxl-encoder-Q8_0.gguf"]
    (edit,) = change.edits
    assert (edit.op, edit.class_type, edit.drops) == ("replace", "DualCLIPLoaderGGUF", ("device",))
    assert edit.inputs == {"clip_name2": "t5-v1_1-xxl-encoder-Q8_0.gguf"}
    after = case_of(SCHNELL, **SMALL).after(change).graph.nodes["2"].inputs
    assert (after["clip_name1"], after["type"]) == ("clip_l.safetensors", "flux")


def test_a_gguf_is_left_out_beside_an_encoder_in_scaled_fp8():
    prompt = flux()
    prompt["2"]["inputs"] |= {"clip_name1": "llava_llama3_fp8_scaled.safetensors", "type": "hunyuan_video"}
    found = offered(lighter_encoder, case_of(prompt, **SMALL))
    touched = {name for one in found.values() for edit in one.edits for name in edit.inputs}
    assert found and "clip_name2" not in touched


def test_no_gguf_and_scaled_fp8_are_put_beside_each_other():
    prompt = flux()
    prompt["2"]["inputs"] |= {"clip_name1": "llava_llama3_fp16.safetensors", "type": "hunyuan_video"}
    found = offered(lighter_encoder, case_of(prompt, **SMALL))
    pairs = [key.split("+") for key in found if "+" in key]
    assert pairs and all("".join(pair).count(".gguf") in (0, 2) for pair in pairs)


def test_a_gguf_that_would_be_blind_to_pictures_is_left_out():
    assert EYES not in offered(lighter_encoder, case_of(edited(), **SMALL))


def test_a_gguf_whose_eyes_are_there_is_not():
    given = case_of(edited(), **SMALL)
    shelf = Shelf("Qwen2.5-VL-7B-Instruct-mmproj-BF16.gguf")
    found = offered(lighter_encoder, Case(given.graph, given.machine, Library(shelf)))
    assert found[EYES].effects == ()


def test_nothing_is_said_of_eyes_where_no_picture_is_given():
    prompt = edited() | {key: node("CLIPTextEncode", text="a lighthouse", clip=["2", 0]) for key in "56"}
    change = offered(lighter_encoder, case_of(prompt, **SMALL))[EYES]
    assert (change.effects, change.harm) == ((), 1)


def test_encoders_of_which_nothing_lighter_is_published_are_left_alone():
    prompt = wan()
    prompt["2"]["inputs"]["clip_name"] = "clip_l.safetensors"
    assert offered(lighter_encoder, case_of(prompt, **SMALL)) == {}


def test_its_quality_is_said_of_text_and_not_of_pictures():
    found = offered(lighter_encoder, case_of(SCHNELL, **SMALL))
    assert found["t5-v1_1-xxl-encoder-Q8_0.gguf"].quality == "text is understood as well, in practice"
    assert found["t5-v1_1-xxl-encoder-Q3_K_S.gguf"].quality == "text is understood less exactly"
