"""Rules that start ComfyUI with other flags: what they ask for, where, and that it helps."""

import re

import pytest
from advising import case_of, comes_true, helping, offered
from prompts import checkpoint, flux, node, wan
from vram_forecast.estimator.advice.rules import (
    RULES,
    async_offload,
    cache_flags,
    cpu_vae,
    drop_flags,
    narrow_encoders,
    reserve_vram,
)
from vram_forecast.estimator.advice.rules.reserve_vram import shortfalls
from vram_forecast.estimator.advice.setup import restarted, split
from vram_forecast.estimator.options import machine


def test_flags_are_split_with_the_words_behind_them():
    assert split(("--fast", "a", "b", "--cpu")) == [("--fast", "a", "b"), ("--cpu",)]


def test_a_flag_replaces_itself_and_those_that_exclude_it():
    here = machine(vram=8, ram=32, flags="--cache-lru 10 --reserve-vram=2 --fast a b --port 1")
    flags = restarted(here, ["--cache-none"]).policy.flags
    assert flags == ("--reserve-vram=2", "--fast", "a", "b", "--port", "1", "--cache-none")
    assert restarted(here, ["--reserve-vram", "0.1"]).policy.value("--reserve-vram") == 0.1
    assert not restarted(here, drop=["--fast"]).policy.has("--fast")


@pytest.mark.parametrize("flag", ["--highvram", "--gpu-only", "--novram", "--disable-dynamic-vram"])
def test_what_turns_dynamic_vram_off_is_dropped(flag):
    here = case_of(flux(), gpu="rtx-3060-12gb", ram=32, flags=flag)
    (one,) = helping(drop_flags, here).values()
    assert one.title == f"Start ComfyUI without {flag}"
    assert one.machine.policy.dynamic_vram and one.machine.policy.flags == ()
    assert comes_true(one, here)


def test_several_flags_are_dropped_one_by_one_and_all_together():
    here = case_of(flux(), gpu="rtx-3060-12gb", flags="--disable-pinned-memory --highvram --port 8188")
    assert list(offered(drop_flags, here)) == [
        "highvram",
        "disable-pinned-memory",
        "highvram+disable-pinned-memory",
    ]
    assert offered(drop_flags, here)["highvram+disable-pinned-memory"].machine.policy.flags == (
        "--port",
        "8188",
    )


def test_a_flag_that_asks_for_32_bits_is_dropped_and_the_quality_said():
    here = case_of(checkpoint(), gpu="rtx-2060", flags="--force-fp32")
    (one,) = helping(drop_flags, here).values()
    assert one.harm > 0 and "16 bits" in one.quality


def test_lowvram_is_not_spoken_of_where_it_does_nothing():
    here = case_of(flux(), gpu="rtx-3060-12gb", flags="--lowvram")
    assert here.machine.policy.dynamic_vram
    assert offered(drop_flags, here) == {}


def test_a_headroom_that_is_too_large_is_dropped():
    here = case_of(flux(dtype="fp8_e4m3fn"), gpu="rtx-4090", flags="--vram-headroom 16")
    (one,) = helping(drop_flags, here).values()
    assert one.title == "Start ComfyUI without --vram-headroom" and "other programs" in one.effects[0]


def test_flags_that_do_no_harm_are_left_alone():
    assert offered(drop_flags, case_of(flux(), vram=12, flags="--listen --preview-method auto --fast")) == {}


def test_a_reserve_that_is_too_high_is_dropped():
    here = case_of(flux(), gpu="rtx-4090", comfy="0.3.75", flags="--reserve-vram 12")
    assert here.forecast.verdict == "streamed"
    one = helping(reserve_vram, here)["none"]
    assert one.title == "Start ComfyUI without --reserve-vram"
    assert here.after(one).forecast.seconds.best < here.forecast.seconds.best


def test_a_reserve_is_worked_out_of_what_a_step_is_short_of():
    prompt = checkpoint(batch=32) | {
        "19": node("UpscaleModelLoader", model_name="RealESRGAN_x4plus.pth"),
        "20": node("ImageUpscaleWithModel", upscale_model=["19", 0], image=["9", 0]),
    }
    prompt["10"]["inputs"]["images"] = ["20", 0]
    here = case_of(prompt, gpu="rtx-4070", comfy="0.3.75")
    assert here.forecast.tight
    found = helping(reserve_vram, here)
    assert found and all(0.4 < float(choice) < 3 for choice in found)
    after = here.after(next(iter(found.values()))).forecast
    assert (after.verdict, after.tight) == (here.forecast.verdict, False)


def test_no_reserve_is_asked_for_where_weights_give_way_by_themselves():
    here = case_of(wan(1280, 720), gpu="rtx-3060-12gb")
    assert here.machine.policy.dynamic_vram
    assert offered(reserve_vram, here) == {}


@pytest.mark.parametrize("flags", ["--highvram", "--gpu-only"])
def test_no_reserve_is_asked_for_where_models_are_loaded_whole(flags):
    assert offered(reserve_vram, case_of(flux(), vram=12, flags=flags)) == {}


def test_weights_move_beside_computing_where_that_is_not_the_default():
    here = case_of(flux(), gpu="rtx-4060", comfy="0.3.75")
    (one,) = helping(async_offload, here).values()
    assert one.title == "Start ComfyUI with --async-offload"
    assert here.after(one).forecast.seconds.best < 0.9 * here.forecast.seconds.best
    assert offered(async_offload, case_of(flux(), gpu="rtx-4060")) == {}
    assert offered(async_offload, case_of(checkpoint(), gpu="rtx-4090", comfy="0.3.75")) == {}


def upscaled_twice():
    """32 pictures, upscaled, made smaller and upscaled again: most of RAM is what nodes gave."""
    upscale = {"upscale_model": ["19", 0]}
    found = checkpoint(batch=32) | {
        "19": node("UpscaleModelLoader", model_name="RealESRGAN_x4plus.pth"),
        "20": node("ImageUpscaleWithModel", image=["9", 0], **upscale),
        "21": node(
            "ImageScale", image=["20", 0], width=1536, height=1536, upscale_method="lanczos", crop="disabled"
        ),
        "22": node("ImageUpscaleWithModel", image=["21", 0], **upscale),
    }
    found["10"]["inputs"]["images"] = ["22", 0]
    return found


def test_results_are_given_up_where_ram_does_not_hold_them():
    here = case_of(upscaled_twice(), gpu="rtx-4070", ram=16, comfy="0.3.75")
    assert here.forecast.verdict == "oom"
    found = helping(cache_flags, here)
    assert list(found) == ["cache-ram", "cache-none"]
    assert found["cache-none"].effects == ("every run does all its nodes again",)
    assert here.after(found["cache-none"]).forecast.verdict == "disk"


def test_a_version_is_not_asked_for_a_flag_that_it_does_not_know():
    here = case_of(upscaled_twice(), gpu="rtx-4070", ram=16, comfy="0.3.64")
    assert list(offered(cache_flags, here)) == ["cache-none"]


def test_results_stay_where_ram_holds_them():
    assert offered(cache_flags, case_of(upscaled_twice(), gpu="rtx-4070", comfy="0.3.75")) == {}
    assert offered(cache_flags, case_of(flux(), gpu="rtx-4070", ram=8, comfy="0.3.75")) == {}


def test_encoders_are_narrowed_where_ram_is_short():
    here = case_of(flux(), gpu="rx-7900-xt", ram=32)
    (one,) = helping(narrow_encoders, here).values()
    assert one.title == "Start ComfyUI with --fp8_e4m3fn-text-enc"
    assert one.harm > 0 and one.quality
    assert offered(narrow_encoders, case_of(wan(), vram=12)) == {}


def test_the_processor_decodes_what_fits_in_no_tiles():
    prompt = {
        "3": node("VAELoader", vae_name="cogvideox_vae.safetensors"),
        "4": node("EmptyLTXVLatentVideo", width=1920, height=1088, length=241, batch_size=1),
        "9": node("VAEDecode", samples=["4", 0], vae=["3", 0]),
        "10": node("PreviewImage", images=["9", 0]),
    }
    here = case_of(prompt, gpu="gtx-1650", comfy="0.3.75")
    assert here.forecast.verdict == "oom"
    (one,) = helping(cpu_vae, here).values()
    assert one.title == "Start ComfyUI with --cpu-vae" and "minutes" in one.effects[0]
    assert comes_true(one, here)


def test_decoding_that_fits_stays_on_the_card():
    assert offered(cpu_vae, case_of(flux(), vram=12)) == {}


@pytest.mark.parametrize("comfy", ["0.3.10", "0.3.40", "0.3.64", "0.3.75", "0.33.0"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.CODE)
def test_a_version_is_never_started_with_a_flag_that_it_does_not_know(rule, comfy):
    for prompt in (flux(2048, 2048, batch=8), checkpoint(side=4096, batch=4)):
        here = case_of(prompt, gpu="rtx-2060", ram=16, comfy=comfy)
        for change in rule.changes(here):
            assert not re.search(r"ComfyUI with($| (?!--))", change.title), change.title


def test_no_more_is_reserved_than_there_is():
    # Eight pictures at once are short of more than all of the card.
    here = case_of(flux(2048, 2048, batch=8), gpu="rtx-2060", comfy="0.3.75")
    assert max(shortfalls(here.forecast)) > here.machine.device.total
    assert offered(reserve_vram, here) == {}


@pytest.mark.parametrize("gpu", ["m2-max", "m1"])
def test_encoders_are_not_narrowed_where_8_bits_cannot_be_held(gpu):
    assert offered(narrow_encoders, case_of(flux(), gpu=gpu, ram=16)) == {}
