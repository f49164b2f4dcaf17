"""native-for-gguf: ComfyUI's own format in the place of a GGUF, where this machine has the RAM."""

from advising import case_of, offered
from prompts import flux, node
from vram_forecast.estimator.advice.judge import better
from vram_forecast.estimator.advice.rules import native_for_gguf


def packed(name="flux1-dev-Q8_0.gguf"):
    return flux() | {"1": node("UnetLoaderGGUF", unet_name=name)}


def test_the_node_becomes_comfyuis_own():
    change = offered(native_for_gguf, case_of(packed(), gpu="rtx-4060"))["flux1-dev.safetensors"]
    (edit,) = change.edits
    assert (edit.op, edit.node, edit.class_type) == ("replace", "1", "UNETLoader")
    assert edit.inputs == {"unet_name": "flux1-dev.safetensors", "weight_dtype": "default"}
    assert (change.harm, change.needs) == (0, ())
    assert change.title == "Load flux1-dev.safetensors instead of the GGUF (22.2 GiB to download)"


def test_with_enough_ram_the_native_file_is_quicker_and_with_little_it_is_not():
    for ram, helps in ((32, True), (16, False)):
        case = case_of(packed(), gpu="rtx-4060", ram=ram)
        after = case.after(offered(native_for_gguf, case)["flux1-dev.safetensors"])
        assert better(after.forecast, case.forecast) == helps


def test_no_file_of_lower_quality_is_offered():
    found = offered(native_for_gguf, case_of(packed("flux1-dev-Q4_K_S.gguf"), gpu="rtx-4060"))
    assert "flux_dev_fp8_scaled_diffusion_model.safetensors" in found
    assert {one.harm for one in found.values()} == {0}


def test_an_encoder_in_gguf_is_exchanged_too():
    prompt = flux() | {
        "2": node(
            "DualCLIPLoaderGGUF",
            clip_name1="clip_l.safetensors",
            clip_name2="t5-v1_1-xxl-encoder-Q8_0.gguf",
            type="flux",
        )
    }
    change = offered(native_for_gguf, case_of(prompt, gpu="rtx-4060"))["t5xxl_fp16.safetensors"]
    (edit,) = change.edits
    assert (edit.class_type, edit.inputs["clip_name2"]) == ("DualCLIPLoader", "t5xxl_fp16.safetensors")


def test_native_files_are_left_alone():
    assert offered(native_for_gguf, case_of(flux(), gpu="rtx-4060", ram=16)) == {}
