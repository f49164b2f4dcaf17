"""Training a LoRA: what TrainLoraNode loads, keeps beside the model and works in."""

import pytest
from prompts import checkpoint, node, nowhere
from vram_forecast.estimator import check
from vram_forecast.estimator.options import machine


def training(**widgets):
    """SDXL trained on a folder of pictures with their texts."""
    loader = checkpoint()["1"]
    return {
        "1": loader,
        "2": node("LoadImageTextDataSetFromFolder", folder="cats"),
        "3": node("MakeTrainingDataset", images=["2", 0], vae=["1", 2], clip=["1", 1], texts=["2", 1]),
        "4": node(
            "TrainLoraNode",
            **({"model": ["1", 0], "latents": ["3", 0], "positive": ["3", 1], "steps": 100} | widgets),
        ),
        "5": node("SaveLoRA", lora=["4", 0], prefix="loras/cats", steps=["4", 2]),
        "6": node("LossGraphNode", loss=["4", 1], filename_prefix="loss"),
    }


def forecast(gpu, comfy="0.33.0", flags="", **widgets):
    here = machine(gpu=gpu, ram=64, system="linux", comfy=comfy, flags=flags)
    return check(training(**widgets), here, nowhere).forecast


def trained(*args, **kwargs):
    return next(one for one in forecast(*args, **kwargs).steps if one.class_type == "TrainLoraNode")


@pytest.mark.parametrize(
    ("gpu", "widgets", "verdict"),
    [
        ("rtx-3060-12gb", {"gradient_checkpointing": False}, "oom"),
        ("rtx-3060-12gb", {"checkpoint_depth": 1}, "oom"),
        ("rtx-3060-12gb", {"checkpoint_depth": 2}, "resident"),
        ("rtx-4090", {"gradient_checkpointing": False}, "resident"),
        ("rtx-4090", {"checkpoint_depth": 2}, "resident"),
        ("rtx-4090", {"checkpoint_depth": 2, "training_dtype": "fp32"}, "resident"),
    ],
)
def test_sdxl_trains_on_12_gb_only_where_its_blocks_are_checkpointed(gpu, widgets, verdict):
    found = forecast(gpu, **widgets)
    assert not found.unknown
    assert found.verdict == verdict


def test_what_a_training_needs_is_its_parts():
    for flags in ("", "--disable-dynamic-vram"):
        found, here = trained("rtx-4090", flags=flags), machine(gpu="rtx-4090", ram=64, system="linux")
        kept = found.fixed + found.forced + found.buffer
        parts = here.device.taken + found.activations + found.workspace
        assert found.need.best == pytest.approx(parts.best + kept, rel=1e-9)
        assert bool(found.fixed) == bool(flags)


def test_checkpointing_the_whole_model_saves_next_to_nothing():
    whole, blocks, none = (
        trained("rtx-4090", **widgets).activations.best
        for widgets in ({}, {"checkpoint_depth": 2}, {"gradient_checkpointing": False})
    )
    assert 0.9 < whole / none < 1
    assert blocks < 0.2 * none


def test_before_there_was_a_depth_blocks_were_checkpointed():
    old = trained("rtx-4090", comfy="0.13.0").activations.best
    assert old == trained("rtx-4090", checkpoint_depth=2).activations.best


def test_each_prompt_of_a_batch_is_evaluated_with_each_of_its_latents():
    one, two = (trained("rtx-5090", batch_size=size, checkpoint_depth=2) for size in (1, 2))
    assert (one.shape[0], two.shape[0]) == (1, 4)
    assert 3 * one.seconds.best < two.seconds.best < 4 * one.seconds.best  # adapters are added but once


def test_a_data_set_of_one_picture_makes_no_larger_batch():
    prompt = training(batch_size=4)
    prompt["2"] = node("EmptyImage", width=1024, height=1024, batch_size=1, color=0)
    prompt["3"]["inputs"] |= {"texts": ""}
    found = check(prompt, machine(gpu="rtx-5090", ram=64, system="linux", comfy="0.33.0"), nowhere).forecast
    assert found.steps[-1].shape == (1, 4, 128, 128)


def test_a_larger_rank_takes_what_its_numbers_and_the_optimizers_take():
    def taken(**widgets):
        return trained("rtx-5090", checkpoint_depth=2, **widgets).activations.best

    # A LoRA of rank 128 has 120 more rows and columns of each weight; by the traced adapters of SDXL.
    assert taken(rank=128) - taken(rank=8) == pytest.approx(4 * 2 * 120 * 3.09e6, rel=0.01)
    assert taken(optimizer="SGD") < taken(optimizer="RMSprop") < taken(optimizer="AdamW")
    assert taken(lora_dtype="fp32") - taken() == pytest.approx(4 * 2 * 26_290_526, rel=0.05)


def test_the_legacy_manager_loads_all_of_the_model_or_none_of_it():
    whole = trained("rtx-3060-12gb", flags="--disable-dynamic-vram", checkpoint_depth=2)
    none = trained("rtx-3060-12gb", flags="--disable-dynamic-vram", checkpoint_depth=2, offloading=True)
    assert (whole.resident, whole.streamed) == (whole.weights, 0)
    assert (none.resident, none.streamed) == (0, none.weights)


def test_the_model_is_loaded_a_second_time_for_its_training():
    files = [one for one in forecast("rtx-4090").components if one.role == "diffusion_model"]
    assert [one.node for one in files] == ["1", "4"]


def test_other_adapters_and_types_are_told_from_the_traced_ones_with_a_wider_band():
    plain, kron, wide = (
        trained("rtx-5090", checkpoint_depth=2, **widgets).activations
        for widgets in ({}, {"algorithm": "LoKr"}, {"training_dtype": "fp32"})
    )
    assert kron.basis == wide.basis == "modelled"
    assert kron.low < plain.low < plain.high < kron.high
    assert 1.2 * plain.best < wide.low < wide.high < 2.1 * plain.best


@pytest.mark.parametrize(
    "widgets", [{"bypass_mode": True}, {"checkpoint_depth": 3}, {"optimizer": "Lion"}, {"algorithm": "OFT"}]
)
def test_a_training_that_was_not_traced_is_unknown(widgets):
    found = trained("rtx-5090", **widgets)
    assert found.verdict == "unknown"
    assert found.because


def test_a_saved_data_set_is_understood_and_said_to_be_assumed():
    prompt = training(bucket_mode=True, batch_size=2)
    prompt["2"] = node("LoadTrainingDataset", folder_name="cats")
    prompt["3"] = node("ResolutionBucket", latents=["2", 0], conditioning=["2", 1])
    prompt["7"] = node("LoraModelLoader", model=["1", 0], lora=["4", 0], strength_model=1.0, bypass=False)
    found = check(prompt, machine(gpu="rtx-5090", ram=64, system="linux", comfy="0.33.0"), nowhere).forecast
    assert not found.unknown
    assert "LoadTrainingDataset" in {one.class_type for one in found.assumed}
    assert found.steps[-1].shape == (4, 4, 128, 128)


@pytest.mark.parametrize(
    "widgets",
    [
        {"optimizer": ["AdamW"]},
        {"lora_dtype": {"a": 1}},
        {"rank": -3},
        {"rank": "many"},
        {"rank": 2**31 - 1},
        {"batch_size": 2**30},
        {"batch_size": 0},
        {"steps": -5},
        {"checkpoint_depth": -1},
        {"algorithm": 7},
        {"model": None},
        {"latents": ["1", 0]},
    ],
)
def test_no_widget_crashes_it(widgets):
    assert forecast("rtx-4090", **widgets).verdict


def flux_training(**widgets):
    """FLUX.1 trained on an encoded data set."""
    return {
        "1": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "2": node("LoadTrainingDataset", folder_name="cats"),
        "4": node("TrainLoraNode", model=["1", 0], latents=["2", 0], positive=["2", 1], **widgets),
        "5": node("SaveLoRA", lora=["4", 0], prefix="loras/cats", steps=["4", 2]),
    }


@pytest.mark.parametrize(
    ("gpu", "depth", "verdict"),
    [("rtx-4090", 2, "oom"), ("rtx-5090", 2, "oom"), ("l40s", 2, "streamed"), ("l40s", 1, "oom")],
)
def test_flux_keeps_all_its_double_blocks_though_they_are_checkpointed(gpu, depth, verdict):
    """They add to their input in place, so that what is made again of them lives as long as that does."""
    here = machine(gpu=gpu, ram=128, system="linux", comfy="0.33.0")
    found = check(flux_training(checkpoint_depth=depth), here, nowhere).forecast
    assert found.verdict == verdict
    assert found.steps[-1].shape == (1, 16, 128, 128)
