"""In which types and on which device each kind of component is held, whatever asks for it."""

import pytest
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.runtime import Device, Host, Machine, Policy, hold
from vram_forecast.estimator.runtime.attention import attention, reserves_fused
from vram_forecast.estimator.runtime.cards import card, device_of
from vram_forecast.estimator.units import GIB, ZERO

FP8 = "F8_E4M3"
OLD = {
    "gtx-1080": Device("NVIDIA GeForce GTX 1080", "nvidia", 8 * GIB, 8 * GIB, ZERO, 6.1),
    "gtx-1660": Device("NVIDIA GeForce GTX 1660", "nvidia", 6 * GIB, 6 * GIB, ZERO, 7.5),
    "gtx-980": Device("NVIDIA GeForce GTX 980", "nvidia", 4 * GIB, 4 * GIB, ZERO, 5.2),
    "m4-max": Device("Apple M4 Max", "apple", 48 * GIB, 36 * GIB, ZERO, architecture="M4", unified=True),
}


def machine(gpu, flags="", system="linux", comfy="0.33.0", torch="2.9.1", dynamic=False):
    device = OLD.get(gpu) or device_of(card(gpu))
    return Machine(
        device, Host(system, 64 * GIB, 64 * GIB), Policy(comfy, dynamic, tuple(flags.split()), torch)
    )


def held(slug, here, **more):
    parts = identify(stand_in(slug, slug)).components
    main = next((one for one in parts if one.role == "diffusion_model"), parts[0])
    return hold(slug, main, here, **more)


@pytest.mark.parametrize(
    ("slug", "gpu", "flags", "widget", "expected"),
    [
        ("flux1-dev", "rtx-4090", "--fp8_e4m3fn-unet", "", (FP8, "BF16")),
        (
            "flux1-dev",
            "rtx-4090",
            "--fp16-unet",
            "fp8_e5m2",
            ("F8_E5M2", "BF16"),
        ),  # a widget goes before flags
        ("flux1-dev", "rtx-4090", "", "fp8_e4m3fn_fast", (FP8, "BF16")),
        ("flux1-dev", "rtx-4090", "--fast fp16_accumulation", "", ("F16", "F16")),
        ("flux1-dev", "rtx-4090", "--fast fp16_accumulation", "fp8_e4m3fn", (FP8, "F16")),
        ("flux1-dev", "rtx-4090", "--cpu", "", ("F32", "F32")),
        ("flux1-dev", "gtx-1080", "", "", ("BF16", "F32")),  # 16 bits in RAM, 32 for each use
        ("flux1-dev", "gtx-1660", "", "", ("BF16", "F32")),
        ("flux1-dev", "v100-pcie-16", "", "", ("F16", "F16")),
        ("flux1-dev", "rx-6800-xt", "", "", ("F16", "F16")),
        ("flux1-dev", "rx-7900-xtx", "", "", ("BF16", "BF16")),
        ("flux1-dev", "arc-b580", "", "", ("BF16", "BF16")),
        ("flux1-dev", "m4-max", "", "", ("BF16", "BF16")),
        ("flux1-dev-fp8-kijai", "rx-9070-xt", "", "", (FP8, "BF16")),
        ("sd_xl_base_1.0", "gtx-1080", "", "", ("F16", "F32")),
        ("sd_xl_base_1.0", "gtx-980", "", "", ("BF16", "F32")),
        ("RealESRGAN_x4plus", "rtx-4090", "--fp16-unet", "", ("F32", "F32")),  # no flag speaks of it
        ("controlnet-canny-sdxl-1.0_fp16", "rtx-4090", "", "", ("F16", "F16")),
        ("controlnet-canny-sdxl-1.0_fp16", "rtx-4090", "--bf16-unet", "", ("BF16", "BF16")),
        ("flux-canny-controlnet-v3", "rtx-2060", "", "", ("F16", "F16")),
        ("ae", "rtx-4090", "--fp32-vae", "", ("F32", "F32")),
        ("ae", "rtx-4090", "--cpu-vae", "", ("F32", "F32")),
        ("ae", "rx-7900-xtx", "", "", ("BF16", "BF16")),
        ("clip_l", "rtx-4090", "--fp8_e4m3fn-text-enc", "", (FP8, "F32")),
        ("clip_l", "rtx-4090", "--fp16-unet --bf16-vae", "", ("F16", "F32")),
    ],
)
def test_types_follow_the_card_the_flags_and_the_widget(slug, gpu, flags, widget, expected):
    system = "macos" if gpu == "m4-max" else "linux"
    found = held(slug, machine(gpu, flags, system), widget=widget)
    assert expected == (found.storage, found.compute)


def test_older_comfyuis_gave_vaes_on_amd_32_bits_before_rdna_4():
    before, after = machine("rx-7900-xtx", comfy="0.3.64"), machine("rx-7900-xtx", comfy="0.3.65")
    assert [held("ae", one).storage for one in (before, after)] == ["F32", "BF16"]
    assert held("ae", machine("rx-9070-xt", comfy="0.3.64")).storage == "BF16"


@pytest.mark.parametrize(
    ("gpu", "flags", "system", "dynamic", "on_cpu"),
    [
        ("rtx-3060-12gb", "", "linux", False, False),
        ("rtx-3060-12gb", "--lowvram", "linux", False, True),
        ("rtx-3060-12gb", "--lowvram", "linux", True, False),
        ("rtx-3060-12gb", "--novram", "linux", False, True),
        ("rtx-3060-12gb", "--lowvram --gpu-only", "linux", False, False),
        ("rtx-3060-12gb", "--force-fp32", "linux", False, True),
        ("rtx-3060-12gb", "--cpu", "linux", False, True),
        ("gtx-1080", "", "linux", False, True),
        ("gtx-1080", "", "windows", False, False),
        ("gtx-1660", "", "windows", False, True),
        ("gtx-1660", "--force-fp16", "windows", False, False),
        ("m4-max", "", "macos", False, True),
        ("rx-7900-xtx", "", "linux", False, False),
    ],
)
def test_text_encoders_run_where_comfyui_runs_them(gpu, flags, system, dynamic, on_cpu):
    assert held("clip_l", machine(gpu, flags, system, dynamic=dynamic)).on_cpu is on_cpu


def test_a_loaders_device_and_flags_keep_models_off_the_card():
    here = machine("rtx-4090")
    assert held("clip_l", here, device="cpu").on_cpu
    assert not held("ae", here).on_cpu
    assert held("ae", machine("rtx-4090", "--cpu-vae")).on_cpu
    assert all(held(slug, machine("rtx-4090", "--cpu")).on_cpu for slug in ("ae", "flux1-dev", "clip_l"))


def test_low_vram_kept_encoders_off_the_card_before_0_16_4_also_where_vram_is_dynamic():
    versions = [machine("rtx-4090", "--lowvram", comfy=one, dynamic=True) for one in ("0.16.3", "0.16.4")]
    assert [held("clip_l", one).on_cpu for one in versions] == [True, False]


@pytest.mark.parametrize(
    ("gpu", "flags", "comfy", "torch", "kind", "fused"),
    [
        ("rtx-4090", "", "0.33.0", "2.9.1", "fused", True),
        ("rtx-4090", "--use-split-cross-attention", "0.33.0", "2.9.1", "split", False),
        ("rtx-4090", "--use-sage-attention", "0.33.0", "2.9.1", "fused", True),
        ("arc-b580", "", "0.33.0", "2.9.1", "fused", True),
        ("m4-max", "", "0.33.0", "2.9.1", "sub_quad", False),
        ("m4-max", "--use-pytorch-cross-attention", "0.33.0", "2.9.1", "fused", False),
        ("rtx-4090", "--cpu", "0.33.0", "2.9.1", "sub_quad", False),
        ("rx-7900-xtx", "", "0.33.0", "2.9.1", "fused", True),
        ("rx-7900-xtx", "", "0.33.0", "2.6.0", "sub_quad", False),
        ("rx-7600", "", "0.33.0", "2.9.1", "sub_quad", False),
        ("rx-7600", "--use-sage-attention", "0.33.0", "2.9.1", "fused", False),
        ("rx-9060-xt-16gb", "", "0.8.0", "2.9.1+rocm7.0", "sub_quad", False),
        ("rx-9060-xt-16gb", "", "0.9.0", "2.9.1+rocm7.0", "fused", True),
        ("rx-9060-xt-16gb", "", "0.9.0", "2.9.1+rocm6.4", "sub_quad", False),
    ],
)
def test_attention_and_what_is_reserved_for_it(gpu, flags, comfy, torch, kind, fused):
    here = machine(gpu, flags, comfy=comfy, torch=torch)
    assert (attention(here), reserves_fused(here)) == (kind, fused)


@pytest.mark.parametrize(
    ("flags", "paired", "expected"),
    [
        ("", True, "F16"),
        ("--fp8_e4m3fn-text-enc", True, FP8),
        ("--fp8_e4m3fn-text-enc", False, "F16"),  # alone it is kept as its file has it
        ("--fp32-text-enc", True, "F16"),
    ],
)
def test_a_flag_narrows_t5_where_it_is_loaded_beside_clip(flags, paired, expected):
    assert held("t5xxl_fp16", machine("rtx-4090", flags), paired=paired).storage == expected
