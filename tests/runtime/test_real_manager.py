"""Our legacy manager beside ComfyUI's own, run on a pretended card: the same bytes and the same log lines.

One process runs every case, since importing ComfyUI and making its models takes most of the time.
"""

import random
import re
import time

import pytest
from both_managers import Card, Model, Ours, Use, lora, real, sampled
from vram_forecast.estimator.units import GIB, MIB

SAMPLER, TEXT = "diffusion_model", "text_encoder"
MODELS = {
    "SD 1.5": Model(SAMPLER, ("v1-5-pruned-emaonly-fp16",), "F16", "F16"),
    "SDXL": Model(SAMPLER, ("sd_xl_base_1.0",), "F16", "F16"),
    "SD 3.5": Model(SAMPLER, ("sd3.5_large",), "F16", "F16"),
    "FLUX": Model(SAMPLER, ("flux1-dev",), "BF16", "BF16"),
    "FLUX fp8": Model(SAMPLER, ("flux1-dev",), "F8_E4M3", "BF16", "fp8_e4m3fn"),
    "Wan 2.2 14B": Model(SAMPLER, ("wan2.2_t2v_high_noise_14B_bf16",), "F16", "F16"),
    "Wan 2.2 14B fp8": Model(SAMPLER, ("wan2.2_t2v_high_noise_14B_bf16",), "F8_E4M3", "F16", "fp8_e4m3fn"),
    "Qwen-Image": Model(SAMPLER, ("qwen_image_bf16",), "BF16", "BF16"),
    "Lumina 2": Model(SAMPLER, ("lumina2_bf16",), "BF16", "BF16"),
    "HunyuanVideo": Model(SAMPLER, ("hunyuan_video_t2v_720p_bf16",), "BF16", "BF16"),
}
# What ComfyUI reserves for one picture or clip of the usual size, MiB (design section 5, about).
NEEDS = {
    "SD 1.5": 150, "SDXL": 262.1, "SD 3.5": 800, "FLUX": 1015.8, "FLUX fp8": 1015.8, "Wan 2.2 14B": 6038.9,
    "Wan 2.2 14B fp8": 6038.9, "Qwen-Image": 992, "Lumina 2": 800, "HunyuanVideo": 2500,
}  # fmt: skip
TEXTS = {
    "SD 1.5": Model(TEXT, ("clip_l",), "F16", "F32", type="stable_diffusion"),
    "SDXL": Model(TEXT, ("clip_l", "clip_g"), "F16", "F32", type="stable_diffusion"),
    "FLUX": Model(TEXT, ("clip_l", "t5xxl_fp16"), "F16", "F32", type="flux"),
    "Wan": Model(TEXT, ("umt5_xxl_fp16",), "F16", "F32", type="wan"),
    "Qwen": Model(TEXT, ("qwen_2.5_vl_7b",), "BF16", "F32", type="qwen_image"),
    "HunyuanVideo": Model(TEXT, ("clip_l", "llava_llama3_fp16"), "F16", "F32", type="hunyuan_video"),
}
VAES = {name: Model("vae", (name,), "BF16", "BF16") for name in ("ae", "wan_2.1_vae", "sdxl_vae")}
CONTROLS = {
    "FLUX": Model("controlnet", ("flux-canny-controlnet-v3",), "BF16", "BF16"),
    "SDXL": Model("controlnet", ("controlnet-canny-sdxl-1.0_fp16",), "F16", "F16"),
}
VISION = Model("clip_vision", ("clip_vision_h",), "F16", "F32")
# MiB that drivers tell of cards of 8, 12, 16, 24 and 32 GB (RTX 4060, 4070, 4060 Ti, 4090, 5090).
CARDS = (8188, 12282, 16380, 24564, 32607)
TAKEN = {"linux": 500, "windows": 1100}  # MiB of a context and a desktop


def card(total, system="linux", *flags):
    return Card(total * MIB, (total - TAKEN[system]) * MIB, system, flags)


def sample(name, *more, **others):
    return sampled(MODELS[name], NEEDS[name], *more, **others)


def text(name, **others):
    return Use((TEXTS[name],), 0, **others)


def decode(name, mib):
    return Use((VAES[name],), round(mib * MIB))


ALONE = {
    f"{name} on {total} MiB, {system}": (card(total, system), [sample(name)])
    for name in MODELS
    for total in CARDS
    for system in TAKEN
}
FLUX_LORA, FLUX_OTHER = (
    lora(MODELS["FLUX"], "lora_unet_", "img"),
    lora(MODELS["FLUX"], "diffusion_model.", "attn"),
)
SDXL_LORA, WAN_LORA = (
    lora(MODELS["SDXL"], "lora_unet_", "attn"),
    lora(MODELS["Wan 2.2 14B"], "diffusion_model.", "ffn"),
)
TEXT_LORA = lora(TEXTS["SD 1.5"], "lora_te_", "layers")
PROMPTS = {
    "FLUX, and again": [*[text("FLUX"), sample("FLUX"), decode("ae", 4356)] * 2],
    "both experts of Wan, and again": [
        *[text("Wan"), sample("Wan 2.2 14B fp8"), sample("Wan 2.2 14B"), decode("wan_2.1_vae", 5332)] * 2
    ],
    "SDXL, then with a ControlNet": [
        text("SDXL"), sample("SDXL"), decode("sdxl_vae", 4356), text("SDXL"),
        sample("SDXL", CONTROLS["SDXL"]), decode("sdxl_vae", 4356), sample("SDXL", CONTROLS["SDXL"]),
    ],
    "an edit of a picture": [
        text("Qwen"), decode("wan_2.1_vae", 2000), sample("Qwen-Image"), decode("wan_2.1_vae", 3000),
        text("Qwen"),
    ],
    "one model after another": [
        text("SD 1.5"), sample("SD 1.5"), decode("sdxl_vae", 1100), text("HunyuanVideo"), Use((VISION,), 0),
        sample("HunyuanVideo"), decode("wan_2.1_vae", 5000), Use((MODELS["Lumina 2"],), 0, None, True),
    ],
    "FLUX with LoRAs": [
        sample("FLUX", loras={0: (FLUX_LORA,)}), decode("ae", 4356), sample("FLUX", loras={0: (FLUX_LORA,)}),
        sample("FLUX", loras={0: (FLUX_LORA, FLUX_OTHER)}), sample("FLUX"),
    ],
    "fp8 with a LoRA and a ControlNet": [
        *[sample("FLUX fp8", CONTROLS["FLUX"], loras={0: (FLUX_OTHER,)}), decode("ae", 4356)] * 2
    ],
    "SDXL with a LoRA": [
        text("SD 1.5", loras={0: (TEXT_LORA,)}), sample("SDXL", loras={0: (SDXL_LORA,)}),
        decode("sdxl_vae", 4356), text("SD 1.5"), sample("SDXL", loras={0: (SDXL_LORA,)}),
    ],
    "both experts with a LoRA": [
        *[sample(one, loras={0: (WAN_LORA,)}) for one in ("Wan 2.2 14B fp8", "Wan 2.2 14B")] * 2
    ],
}  # fmt: skip
SEQUENCES = {
    f"{name} on {total} MiB, {system}": (card(total, system), uses)
    for number, (name, uses) in enumerate(PROMPTS.items())
    for total, system in [
        (CARDS[number % 3], ("linux", "windows")[number % 2]),
        (CARDS[3 + number % 2], ("windows", "linux")[number % 2]),
    ]
}
FLAGS = {
    " ".join(flags): (card(16380, "linux", *flags), PROMPTS["SDXL, then with a ControlNet"])
    for flags in [
        ("--novram",), ("--highvram",), ("--gpu-only",), ("--disable-smart-memory",),
        ("--reserve-vram", "2.5"),
        ("--disable-async-offload",), ("--async-offload", "4"),
    ]
}  # fmt: skip


def at_random():
    """Prompts of one to four loads with a model coming back now and then; free memory and needs at random."""
    chance = random.Random(20261122)
    for number in range(12):
        free, models = chance.randint(2 * GIB, 23 * GIB), chance.sample(sorted(MODELS), 2)
        needs = [chance.randint(50, 4000) for _ in range(chance.randint(1, 4))]
        uses = [sampled(MODELS[chance.choice(models)], need) for need in needs]
        yield f"random {number}", (Card(24 * GIB, free), uses)


CASES = ALONE | SEQUENCES | FLAGS | dict(at_random())


@pytest.fixture(scope="module")
def theirs(root, comfyui):
    """ComfyUI's version, and what its manager made of each case."""
    version, found = real(root, comfyui, list(CASES.values()))
    return version, dict(zip(CASES, found, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_every_load_is_what_comfyuis_own_manager_makes_of_it(theirs, case):
    version, found = theirs
    (here, uses), ours = CASES[case], Ours(version, CASES[case][0])
    for use, own in zip(uses, found[case], strict=True):
        mine = ours.load(use)
        # A schedule's numbers, some 40 KiB that are no weights, are beside ours.
        for what in ("counted", "buffers", "on_card"):
            assert own[what] == pytest.approx(mine[what], abs=MIB / 10), (what, here)
        assert (own["patched"], own["backups"]) == (mine["patched"], mine["backups"])
        assert told(own["log"]) == pytest.approx(told(mine["log"]), abs=0.1)
        assert words(own["log"]) == words(mine["log"])


def words(log):
    """The lines of a log without their numbers."""
    return sorted(re.sub(r"\d+(\.\d+)?(e-?\d+)?", "#", line) for line in log)


def told(log):
    """The numbers of a log, line by line."""
    return [float(number) for line in sorted(log) for number in re.findall(r"\d+(?:\.\d+)?", line)]


def test_a_prompt_of_many_loads_is_placed_in_no_time():
    uses = PROMPTS["both experts of Wan, and again"]
    Ours("0.33.0", card(16380)).run(uses)  # what is worked out once
    ours = Ours("0.33.0", card(16380))
    placed = [ours.models(use) for use in uses]
    start = time.perf_counter()
    for use, models in zip(uses, placed, strict=True):
        ours.place(use, models)
    assert time.perf_counter() - start < 0.05 * len(uses)
