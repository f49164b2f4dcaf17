"""fp8-weights: a 16-bit model held in 8 bits, by widget or by flag."""

from advising import case_of, kept_promises, offered, written
from prompts import checkpoint, flux, node, wan
from vram_forecast.estimator.advice.rules import fp8_weights

LARGE = flux(1536, 1536)
SHORT = {"gpu": "rtx-3060-12gb", "ram": 16}


def test_a_16_bit_model_is_held_in_8_bits_where_ram_is_short():
    (change,) = kept_promises(fp8_weights, case_of(flux(), **SHORT))
    assert written(change) == {("1", "weight_dtype"): "fp8_e4m3fn"}
    assert change.title == "Hold flux1-dev.safetensors in 8 bits (weight_dtype fp8_e4m3fn)"


def test_half_of_the_weights_are_left():
    case = case_of(flux(), **SHORT)
    after = case.after(offered(fp8_weights, case)[""]).forecast

    def held(forecast):
        return next(one.bytes for one in forecast.components if one.role == "diffusion_model")

    assert held(after) * 2 == held(case.forecast)


def test_a_card_that_multiplies_in_8_bits_is_offered_that_too():
    found = offered(fp8_weights, case_of(flux(), gpu="rtx-4070", ram=16))
    assert list(found) == ["", "fast"]
    assert written(found["fast"]) == {("1", "weight_dtype"): "fp8_e4m3fn_fast"}
    assert found["fast"].harm > found[""].harm


def test_a_plain_8_bit_file_is_left_alone_but_for_multiplying():
    prompt = flux(unet="flux1-dev-fp8.safetensors")
    assert list(offered(fp8_weights, case_of(prompt, gpu="rtx-4070"))) == ["fast"]
    assert offered(fp8_weights, case_of(prompt, **SHORT)) == {}


def test_two_experts_are_edited_together_and_quantised_ones_not_at_all():
    prompt = wan(1280, 720)
    assert offered(fp8_weights, case_of(prompt, gpu="rtx-4070")) == {}
    for key, noise in (("1", "high"), ("11", "low")):
        prompt[key]["inputs"]["unet_name"] = f"wan2.2_t2v_{noise}_noise_14B_fp16.safetensors"
    change = offered(fp8_weights, case_of(prompt, gpu="rtx-3060-12gb", ram=32))[""]
    assert written(change) == {(key, "weight_dtype"): "fp8_e4m3fn" for key in ("1", "11")}


def test_every_node_that_loads_the_file_is_edited():
    prompt = flux() | {"31": flux()["1"]}
    prompt["32"] = prompt["8"] | {"inputs": prompt["8"]["inputs"] | {"model": ["31", 0], "seed": 2}}
    prompt["33"] = node("VAEDecode", samples=["32", 0], vae=["3", 0])
    prompt["34"] = node("SaveImage", images=["33", 0], filename_prefix="y")
    change = offered(fp8_weights, case_of(prompt, **SHORT))[""]
    assert written(change).keys() == {("1", "weight_dtype"), ("31", "weight_dtype")}


def test_a_checkpoint_node_has_no_such_widget_so_a_flag_does_it():
    case = case_of(checkpoint(side=2048), gpu="rtx-3060-12gb")
    change = offered(fp8_weights, case)["flag"]
    assert (change.edits, change.applicability) == ((), "manual")
    assert case.after(change).machine.policy.has("--fp8_e4m3fn-unet")
    assert not case.machine.policy.has("--fp8_e4m3fn-unet")


def test_cards_without_an_8_bit_type_are_left_alone():
    assert offered(fp8_weights, case_of(flux(), gpu="apple-m3-max-14c", ram=36, system="macos")) == {}
