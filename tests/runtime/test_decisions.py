"""What ComfyUI would decide on a machine, beside the decisions of its own functions: equal everywhere."""

import itertools
import json
import subprocess
import sys

import pytest
from vram_forecast.estimator.runtime import Device, Host, Machine
from vram_forecast.estimator.runtime import capabilities as own
from vram_forecast.estimator.runtime.attention import reserves_fused
from vram_forecast.estimator.runtime.cards import card, device_of
from vram_forecast.estimator.runtime.policy import policy, streams
from vram_forecast.estimator.runtime.types import (
    encoders_on_card,
    first_vae_type,
    flag_type,
    unet_dtype,
    unet_manual_cast,
)
from vram_forecast.estimator.units import GIB, MIB, ZERO

# Cards that are not sold any more and have no row in data/gpus.json: name, GiB, capability.
OLD = [
    ("NVIDIA GeForce GTX 980", 4, 5.2),
    ("NVIDIA GeForce GTX 1060 6GB", 6, 6.1),
    ("NVIDIA GeForce GTX 1080 Ti", 11, 6.1),
    ("Tesla P40", 24, 6.1),
    ("NVIDIA TITAN V", 12, 7.0),
    ("NVIDIA GeForce GTX 1660 SUPER", 6, 7.5),
    ("NVIDIA GeForce GTX 1650", 4, 7.5),
    ("NVIDIA T600 Laptop GPU", 4, 7.5),
]
# By their rows in data/gpus.json.
KNOWN = [
    "v100-pcie-16",
    "t4",
    "rtx-2060",
    "rtx-2080-ti",
    "rtx-3050-8gb",
    "rtx-3060-12gb",
    "rtx-3090",
    "a100-sxm-80",
    "rtx-4060",
    "rtx-4090",
    "h100-sxm-80",
    "rtx-5070",
    "rtx-5090",
    "rx-6600",
    "rx-6700-xt",
    "rx-6800-xt",
    "rx-7600",
    "rx-7800-xt",
    "rx-7900-xtx",
    "rx-9060-xt-16gb",
    "rx-9070-xt",
    "mi300x",
    "arc-a770-16gb",
    "arc-b580",
]
FLAGS = [
    "--force-fp16",
    "--force-fp32",
    "--fp32-unet",
    "--fp64-unet",
    "--bf16-unet",
    "--fp16-unet",
    "--fp8_e4m3fn-unet",
    "--fp8_e5m2-unet",
    "--fp16-vae",
    "--bf16-vae",
    "--fp32-vae",
    "--cpu-vae",
    "--fp8_e4m3fn-text-enc",
    "--fp8_e5m2-text-enc",
    "--fp16-text-enc",
    "--bf16-text-enc",
    "--fp32-text-enc",
    "--lowvram",
    "--novram",
    "--highvram",
    "--gpu-only",
    "--cpu",
    "--reserve-vram 1.5",
    "--supports-fp8-compute",
    "--fast",
    "--fast fp16_accumulation",
    "--fast fp8_matrix_mult",
    "--use-split-cross-attention",
    "--use-quad-cross-attention",
    "--use-pytorch-cross-attention",
    "--use-sage-attention",
]
NEWER_FLAGS = {
    "--enable-dynamic-vram": "0.18.0",
    "--disable-dynamic-vram": "0.16.0",
    "--async-offload 3": "0.3.76",
    "--disable-async-offload": "0.3.76",
    "--fp8_e8m0fnu-unet": "0.3.64",
}
TORCHES = {
    "nvidia": ["2.9.1+cu128", "2.2.0+cu121", "2.3.1+cu121", "2.7.0+cu128", "2.10.0+cu130"],
    "amd": ["2.9.1+rocm7.0", "2.6.0+rocm6.2", "2.8.0+rocm6.4", "2.12.0+rocm7.14"],
    "intel": ["2.9.1+xpu"],
    "apple": ["2.9.1"],
}
# Parameters, preferred types, the file's own type or none.
MODELS = [
    (12_000_000_000, ("BF16", "F16", "F32"), "BF16"),
    (12_000_000_000, ("BF16", "F16", "F32"), "F8_E4M3"),
    (2_500_000_000, ("F16", "BF16", "F32"), "F16"),
    (2_500_000_000, ("F16", "BF16", "F32"), "F8_E5M2"),
    (2_500_000_000, ("F16", "BF16", "F32"), "F32"),
    (14_000_000_000, ("F16", "BF16", "F32"), "BF16"),
    (20_000_000_000, ("BF16", "F32"), "F16"),
    (6_000_000_000, ("BF16", "F32"), "F8_E4M3"),
    (300_000_000, ("BF16", "F32"), ""),
    (-1, ("BF16", "F16", "F32"), "F8_E4M3"),
    (-1, ("F16", "BF16", "F32"), "F16"),
    (500_000_000, ("F16", "F32"), "F16"),
]
VAES = [("BF16", "F32"), ("F16", "BF16", "F32"), ("BF16", "F16", "F32"), ("F32",), ("F16", "F32")]
# In a process of its own: it imports ComfyUI and pretends cards.
REAL = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
import msgspec
from estimator.trace.checkout import open_checkout
checkout = open_checkout(sys.argv[2])
from estimator.trace.decisions import Case, Model, decide
cases, models, vaes = json.load(sys.stdin)
cases, models = msgspec.convert(cases, list[Case]), msgspec.convert(models, list[Model])
root = pathlib.Path(checkout.path)
print(json.dumps([checkout.like, [decide(root, case, models, vaes) for case in cases]]))
"""


def devices():
    """Every card, as a device of which all is free."""
    for name, size, level in OLD:
        yield Device(name, "nvidia", size * GIB, size * GIB, ZERO, level)
    for name in KNOWN:
        yield device_of(card(name))
    yield Device("Apple M4 Max", "apple", 48 * GIB, 36 * GIB, ZERO, architecture="M4", unified=True)


def machines(version):
    """Every card with some torches and under each system, and each flag on a few of them."""
    newer = [flag for flag, since in NEWER_FLAGS.items() if own.version(version) >= own.version(since)]
    flags = [tuple(one.split()) for one in FLAGS + newer]
    found = list(devices())
    for device in found:
        systems = ["macos"] if device.vendor == "apple" else ["linux", "windows", "wsl"]
        torches = TORCHES[device.vendor]
        for system, torch in {
            *itertools.product(systems, torches[:2]),
            *itertools.product(systems[:1], torches),
        }:
            yield device, system, torch, ()
    for device, given in itertools.product(found[1::4], flags):
        system = "macos" if device.vendor == "apple" else "windows"
        yield device, system, TORCHES[device.vendor][0], given
    yield found[-8], "windows", "2.4.1", ("--directml",)
    yield found[-8], "windows", "2.4.1", ("--directml", "--lowvram")


def machine(version, device, system, torch, flags):
    """One of them as ours."""
    return Machine(
        device, Host(system, 32 * GIB, 32 * GIB), policy(version, torch, system, device.vendor, flags)
    )


def case(device, system, torch, flags):
    """The same as ComfyUI is to see it."""
    level = own.capability(device)
    return {
        "name": device.name,
        "vendor": device.vendor,
        "total": device.total,
        "ram": 32 * GIB,
        "os": system,
        "torch": torch,
        "flags": flags,
        "major": int(level),
        "minor": round(level * 10) % 10,
        "gfx": own.gfx(device) if device.vendor == "amd" else "",
    }


def ours(here):
    """Our decisions on a machine, as ComfyUI's are told."""
    models = [(float("inf") if size < 0 else size, supported, file) for size, supported, file in MODELS]
    storages = [unet_dtype(here, size, supported, file) for size, supported, file in models]
    casts = [
        unet_manual_cast(here, storage, model[1]) for storage, model in zip(storages, models, strict=True)
    ]
    packed = [unet_manual_cast(here, "", model[1]) for model in models]
    on_card = here.backend != "cpu"
    rule = own.facts.table("managers/constants")["legacy"]["minimum_weight_ratio"]
    return {
        "dynamic": here.policy.dynamic_vram,
        "state": here.vram_state,
        "fp16": own.should_use_fp16(here),
        "fp16_slow": own.should_use_fp16(here, performance=False),
        "bf16": own.should_use_bf16(here),
        "fp8": own.supports_fp8_compute(here),
        "reserved": own.extra_reserved(here),
        "minimum": own.minimum_inference(here),
        "weights": round(own.maximum_vram_for_weights(here)),
        "fused": reserves_fused(here),
        "encoder": flag_type("text_encoder", here.policy) or "F16",
        "encoders_on_card": on_card and encoders_on_card(here),
        "vaes_on_card": on_card and not here.policy.has("--cpu-vae"),
        "ratio": rule["nvidia" if here.backend == "cuda" else "default"],
        "streams": streams(here),
        "types": [list(one) for one in zip(storages, casts, packed, strict=True)],
        "vaes": [first_vae_type(allowed, here) for allowed in VAES],
    }


@pytest.fixture(scope="module")
def decided(root, comfyui, torch):
    """Every machine, and what ComfyUI's own functions decide there."""
    version = json.loads(ask(root, comfyui, [])[-1])[0]
    asked = list(machines(version))
    told = json.loads(ask(root, comfyui, [case(*one) for one in asked])[-1])
    return version, [(one, real) for one, real in zip(asked, told[1], strict=True)]


def ask(root, comfyui, cases):
    """The lines that a process with the real ComfyUI prints."""
    done = subprocess.run(
        [sys.executable, "-c", REAL, str(root), str(comfyui)],
        input=json.dumps(
            [cases, [dict(zip(("parameters", "supported", "own"), m, strict=True)) for m in MODELS], VAES]
        ),
        capture_output=True,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout.splitlines()


def test_every_decision_on_every_machine_is_comfyuis_own(decided):
    version, machines = decided
    wrong = []
    for (device, system, torch, flags), real in machines:
        mine = ours(machine(version, device, system, torch, flags))
        differs = {name: (mine[name], real[name]) for name in real if mine[name] != real[name]}
        if differs:
            wrong.append((device.name, system, torch, flags, differs))
    assert not wrong, f"{len(wrong)} of {len(machines)} on {version}, first: {wrong[:4]}"
    assert len(machines) > 400


def test_the_machines_are_not_all_alike(decided):
    told = [real for _, real in decided[1]]
    for name in (
        "dynamic",
        "state",
        "fp16",
        "bf16",
        "fp8",
        "fused",
        "encoders_on_card",
        "reserved",
        "weights",
    ):
        if name != "dynamic" or own.version(decided[0]) >= (0, 16):
            assert len({one[name] for one in told}) > 1, name
    assert MIB < min(one["reserved"] for one in told)
