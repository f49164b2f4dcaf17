"""LoRA and its kin: their rank, and the family they were made for, told by the layers that they change.

The cases are made from the headers of published models: every linear layer of each gets a factor of rank 8.
"""

import re

import pytest
from headers import lay
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import Tensor, read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.adapters import adapter, changed, fits, matches
from vram_forecast.estimator.report.files import read_and_describe

RANK = 8
MODELS = {
    "flux1-dev": ("flux", "", "(single|double)_blocks"),
    "sd_xl_base_1.0": ("sdxl", "", "attn"),
    "v1-5-pruned-emaonly-fp16": ("sd15", "", "attn"),
    "wan2.2_t2v_high_noise_14B_bf16": ("wan", "14B", r"^blocks\.\d+\.(self|cross)_attn"),
    "qwen_image_bf16": ("qwen-image", "", r"img_mlp|attn"),
}
Z_IMAGE = {
    f"layers.{n}.{name}.weight": [3840, inputs]
    for n in range(30)
    for name, inputs in {"attention.qkv": 3840, "feed_forward.w1": 3840, "feed_forward.w2": 10240}.items()
}


def layers(slug):
    """The linear layers that a LoRA of this model changes: names without `.weight`, and shapes."""
    pattern = MODELS[slug][2]
    found = {}
    for name, (_, shape) in facts.header(slug)["tensors"].items():
        bare = name.removeprefix("model.diffusion_model.")
        part = name == bare if slug not in ("sd_xl_base_1.0", "v1-5-pruned-emaonly-fp16") else name != bare
        if part and len(shape) == 2 and name.endswith(".weight") and re.search(pattern, name):
            found[bare.removesuffix(".weight")] = shape
    return found


def lora(shapes, naming):
    """Tensors of a LoRA of these layers, named as kohya's trainer or as diffusers does."""
    made = {}
    for layer, (outputs, inputs) in shapes.items():
        if naming == "kohya":
            name, down, up = f"lora_unet_{layer.replace('.', '_')}", "lora_down", "lora_up"
        else:
            name, down, up = f"diffusion_model.{layer}", "lora_A", "lora_B"
        made[f"{name}.{down}.weight"] = ("BF16", [RANK, inputs])
        made[f"{name}.{up}.weight"] = ("BF16", [outputs, RANK])
    return made


def named(tensors):
    return [Tensor(name, dtype, tuple(shape)) for name, (dtype, shape) in tensors.items()]


@pytest.mark.parametrize("naming", ["kohya", "diffusers"])
@pytest.mark.parametrize("slug", MODELS)
def test_a_lora_says_its_rank_and_the_one_family_that_it_fits(slug, naming, tmp_path):
    tensors = lora(layers(slug), naming)
    inputs, _ = changed(named(tensors))
    family, variant, _ = MODELS[slug]
    assert [(family, variant)] == [(row.family, row.variant) for row in fits() if matches(row, inputs)]
    report = read_and_describe(lay(tmp_path / "lora.safetensors", tensors))
    assert ("lora", family, RANK) == (report.role, report.family, report.rank)
    assert " ".join(filter(None, (variant, "LoRA"))) == report.variant


def test_a_lora_of_z_image_is_told_by_its_width():
    tensors = lora({name.removesuffix(".weight"): shape for name, shape in Z_IMAGE.items()}, "diffusers")
    assert "z-image" == adapter(named(tensors)).family


def one_layer(**factors):
    """One changed layer of Wan 14B."""
    return {f"diffusion_model.blocks.0.self_attn.q.{name}": shape for name, shape in factors.items()}


KINDS = {
    "lora": ("LoRA", 4, {"lora_A.weight": [4, 5120], "lora_B.weight": [5120, 4]}),
    "dora": ("DoRA", 4, {"lora_A.weight": [4, 5120], "lora_B.weight": [5120, 4], "dora_scale": [5120, 1]}),
    "loha": (
        "LoHa",
        6,
        {"hada_w1_a": [5120, 6], "hada_w1_b": [6, 5120], "hada_w2_a": [5120, 6], "hada_w2_b": [6, 5120]},
    ),
    "lokr": ("LoKr", None, {"lokr_w1": [4, 4], "lokr_w2": [1280, 1280]}),
    "lokr in factors": ("LoKr", 3, {"lokr_w1": [4, 4], "lokr_w2_a": [1280, 3], "lokr_w2_b": [3, 1280]}),
}


@pytest.mark.parametrize(("title", "rank", "factors"), KINDS.values(), ids=KINDS)
def test_each_kind_is_told_and_its_layers_inputs_are_known(title, rank, factors, tmp_path):
    tensors = {name: ("F16", shape) for name, shape in one_layer(**factors).items()}
    path = lay(
        tmp_path / "x.safetensors", {**tensors, "diffusion_model.blocks.0.self_attn.q.alpha": ("F16", [])}
    )
    report = read_and_describe(path)
    assert ("lora", "wan", f"14B {title}", rank) == (report.role, report.family, report.variant, report.rank)
    assert 1 == len(identify(read(path)).components)


def test_a_lora_of_an_unknown_model_has_a_rank_and_no_family():
    found = adapter(named({"x.lora_down.weight": ("F16", [16, 99]), "x.lora_up.weight": ("F16", [99, 16])}))
    assert ("", 16) == (found.family, found.rank)
