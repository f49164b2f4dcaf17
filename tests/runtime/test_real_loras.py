"""Which weight a LoRA's name means: every name that ComfyUI knows of a model means the same layer to us."""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator.formats import Tensor, TensorTable
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.patches import changes
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.runtime import Device, Host, Machine, Policy, hold
from vram_forecast.estimator.units import GIB, ZERO

SAMPLER, TEXT = "diffusion_model", "text_encoder"
# role, headers, what a text encoder's loader is told
MODELS = {
    "SD 1.5": (SAMPLER, ("v1-5-pruned-emaonly-fp16",), ""),
    "SDXL": (SAMPLER, ("sd_xl_base_1.0",), ""),
    "SD 3.5": (SAMPLER, ("sd3.5_medium",), ""),
    "FLUX": (SAMPLER, ("flux1-dev",), ""),
    "AuraFlow": (SAMPLER, ("aura_flow_0.3",), ""),
    "PixArt": (SAMPLER, ("PixArt-Sigma-XL-2-1024-MS",), ""),
    "Wan": (SAMPLER, ("wan2.2_t2v_high_noise_14B_bf16",), ""),
    "Qwen-Image": (SAMPLER, ("qwen_image_bf16",), ""),
    "Lumina 2": (SAMPLER, ("lumina2_bf16",), ""),
    "HunyuanVideo": (SAMPLER, ("hunyuan_video_t2v_720p_bf16",), ""),
    "encoders of SDXL": (TEXT, ("clip_l", "clip_g"), "stable_diffusion"),
    "encoders of FLUX": (TEXT, ("clip_l", "t5xxl_fp16"), "flux"),
}
REAL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator.trace.checkout import open_checkout
open_checkout(sys.argv[2])
from estimator.trace.device import pretended
from estimator.trace.patchers import Part, lora_names, patcher
found = {}
with pretended("cuda"):
    for name, (role, headers, told) in json.load(sys.stdin).items():
        made = patcher(Part(role, tuple(headers), "F16", "F16", told))
        found[name] = lora_names(made, role == "text_encoder")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def known(root, comfyui):
    """By model, the names that ComfyUI takes in a LoRA, and the weight that each one means."""
    done = subprocess.run(
        [sys.executable, "-c", REAL, str(root), str(comfyui)],
        input=json.dumps(MODELS),
        capture_output=True,
        text=True,
    )
    assert 0 == done.returncode, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def lora_of(*names):
    """A LoRA of so many tensors, as we read it."""
    tensors = {name: Tensor(name, "F16", (4, 4)) for name in names}
    (found,) = identify(TensorTable("lora", "safetensors", 0, 0, {}, tensors)).components
    return found


def parts(model):
    role, headers, _ = MODELS[model]
    return [one for slug in headers for one in identify(stand_in(slug, slug)).components if one.role == role]


def layer(name):
    return name.rpartition(".")[0]


@pytest.mark.parametrize("model", MODELS)
def test_every_name_that_comfyui_takes_means_the_same_layer_to_us(known, model):
    components = parts(model)
    # What the file does not hold, ComfyUI makes of nothing (a norm of Lumina 2 in 0.3.75).
    ours = {module.name for part in components for module in part.modules}
    named = {
        f"{name}.lora_up.weight": weight
        for name, weight in known[model].items()
        if weight.endswith(".weight") and layer(weight) in ours
    }
    assert len(named) > 200
    whole = {layer(one) for part in components for one in changes(part, (lora_of(*named),)).tensors}
    assert {layer(weight) for weight in named.values()} == whole
    for name, weight in list(named.items())[::40]:
        alone = [changes(part, (lora_of(name),)) for part in components]
        exact = {layer(one) for found in alone if found.basis == "exact" for one in found.tensors}
        assert {layer(weight)} == exact, name


def machine():
    return Machine(
        Device("c", "nvidia", 24 * GIB, 23 * GIB, ZERO, 8.9), Host("linux", GIB, GIB), Policy("0.33.0", False)
    )


def test_a_lora_that_nobody_knows_changes_the_usual_and_says_that_this_is_a_guess():
    (flux,) = parts("FLUX")
    found = changes(flux, (lora_of("some_other_model.layer_9.lora_up.weight"),))
    assert ("modelled", True) == (found.basis, "double_blocks.0.img_attn.qkv.weight" in found.tensors)
    assert "double_blocks.0.img_attn.qkv.bias" not in found.tensors


def test_a_held_model_says_how_many_of_its_bytes_its_loras_change():
    (flux,) = parts("FLUX")
    lora = lora_of(
        "lora_unet_double_blocks_0_img_mlp_0.lora_up.weight",
        "diffusion_model.double_blocks.0.img_mlp.0.diff_b",
    )
    held = hold("m", flux, machine(), loras=(lora,))
    assert (2 * (3072 * 12288 + 12288), 1) == (held.patched, len(held.loras))
    assert (0, ()) == (hold("m", flux, machine()).patched, hold("m", flux, machine()).loras)


def test_a_lora_for_the_text_encoder_leaves_the_diffusion_model_alone():
    (flux,) = parts("FLUX")
    name = "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight"
    clip = parts("encoders of FLUX")[0]
    held = [hold("m", one, machine(), loras=(lora_of(name),)) for one in (flux, clip)]
    assert [0, 2 * 768 * 3072] == [one.patched for one in held]
