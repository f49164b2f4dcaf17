"""lighter-model: another file of the same diffusion model, in fewer bits."""

from advising import case_of, offered, written
from headers import lay
from prompts import checkpoint, flux, node, wan
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.judge import better
from vram_forecast.estimator.advice.rules import lighter_model
from vram_forecast.estimator.models.library import Library, in_folders
from vram_forecast.estimator.models.published import published

SHORT = {"gpu": "rtx-4060", "ram": 16}
SCALED = "flux_dev_fp8_scaled_diffusion_model.safetensors"


def helpful(case):
    """The changes that make a case better, by what they choose."""
    found = offered(lighter_model, case)
    return {key: one for key, one in found.items() if better(case.after(one).forecast, case.forecast)}


def test_a_native_file_keeps_its_node():
    change = helpful(case_of(flux(), **SHORT))[SCALED]
    assert written(change) == {("1", "unet_name"): SCALED}
    assert change.title == f"Load {SCALED} instead (11.1 GiB to download)"
    assert (change.harm, change.needs) == (3, ())


def test_a_gguf_brings_its_own_node_and_its_pack():
    change = helpful(case_of(flux(), **SHORT))["flux1-dev-Q8_0.gguf"]
    (edit,) = change.edits
    assert (edit.op, edit.node, edit.class_type) == ("replace", "1", "UnetLoaderGGUF")
    assert (edit.inputs, edit.drops) == ({"unet_name": "flux1-dev-Q8_0.gguf"}, ("weight_dtype",))
    assert change.needs == ("ComfyUI-GGUF",)
    (file,) = change.downloads
    assert (file.directory, file.bytes, file.exact) == ("diffusion_models", 12708281504, True)


def test_less_quality_comes_later_and_is_always_lighter():
    found = list(offered(lighter_model, case_of(flux(), **SHORT)).values())
    assert [one.harm for one in found] == sorted(one.harm for one in found)
    packed = [one.bytes for one in found if one.needs]
    assert packed == sorted(packed, reverse=True) and len(packed) > 3


def test_both_experts_are_loaded_in_the_same_format():
    case = case_of(wan(1280, 720), gpu="rtx-4060", ram=16)
    for one in offered(lighter_model, case).values():
        (high, low) = one.edits
        assert (high.node, low.node) == ("1", "11")
        names = [edit.inputs.get("unet_name", edit.value) for edit in one.edits]
        assert names[0].replace("HighNoise", "LowNoise").replace("high_noise", "low_noise") == names[1]


def test_every_node_that_loads_the_file_is_changed():
    prompt = flux() | {"31": flux()["1"]}
    prompt["32"] = prompt["8"] | {"inputs": prompt["8"]["inputs"] | {"model": ["31", 0], "seed": 2}}
    prompt["33"] = node("VAEDecode", samples=["32", 0], vae=["3", 0])
    prompt["34"] = node("SaveImage", images=["33", 0], filename_prefix="y")
    change = offered(lighter_model, case_of(prompt, **SHORT))[SCALED]
    assert written(change) == {("1", "unet_name"): SCALED, ("31", "unet_name"): SCALED}


def test_a_name_that_comes_over_a_link_is_written_into_the_loader():
    prompt = flux() | {"40": node("PrimitiveString", value="flux1-dev.safetensors")}
    prompt["1"]["inputs"]["unet_name"] = ["40", 0]
    change = offered(lighter_model, case_of(prompt, **SHORT))[SCALED]
    assert written(change) == {("1", "unet_name"): SCALED}


def test_what_this_comfyui_or_card_cannot_load_is_left_out():
    def formats(**where):
        return " ".join(offered(lighter_model, case_of(flux(unet="flux2-dev.safetensors"), **where)))

    assert "nvfp4" in formats(gpu="rtx-4060", ram=16)
    assert "nvfp4" not in formats(gpu="rtx-4060", ram=16, comfy="0.3.75")
    on_apple = formats(gpu="apple-m3-max-14c", ram=36, system="macos")
    assert "Q4_K" in on_apple and "nvfp4" not in on_apple


def test_a_card_that_only_holds_a_format_is_told_so():
    found = offered(lighter_model, case_of(flux(), gpu="rtx-3060-12gb", ram=16))
    (said,) = found[SCALED].effects
    assert said == "this card widens its weights in each pass: it saves memory, not time"
    assert offered(lighter_model, case_of(flux(), **SHORT))[SCALED].effects == ()


def test_a_file_on_disk_is_no_download(tmp_path):
    for name in ("flux1-dev.safetensors", SCALED):
        tensors = published("diffusion_models", name).tensors.values()
        lay(tmp_path / "diffusion_models" / name, {one.name: (one.dtype, one.shape) for one in tensors})
    given = case_of(flux(), **SHORT)
    case = Case(given.graph, given.machine, Library(in_folders((tmp_path,))))
    change = offered(lighter_model, case)[SCALED]
    assert change.downloads == ()
    assert change.title == f"Load {SCALED} instead (on disk)"


def test_a_model_of_which_nothing_lighter_is_published_is_left_alone():
    assert offered(lighter_model, case_of(checkpoint(), gpu="rtx-4060")) == {}
    assert offered(lighter_model, case_of(flux(unet="flux1-dev-Q2_K.gguf"), **SHORT)) == {}
