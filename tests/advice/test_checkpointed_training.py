"""checkpointed-training: what keeps less between forward and backward."""

from advising import case_of, kept_promises, offered, written
from prompts import checkpoint, node
from vram_forecast.estimator.advice.rules import checkpointed_training


def training(**widgets):
    """SDXL trained on a folder of pictures with their texts."""
    data = {"model": ["1", 0], "latents": ["3", 0], "positive": ["3", 1], "steps": 100}
    return {
        "1": checkpoint()["1"],
        "2": node("LoadImageTextDataSetFromFolder", folder="cats"),
        "3": node("MakeTrainingDataset", images=["2", 0], vae=["1", 2], clip=["1", 1], texts=["2", 1]),
        "4": node("TrainLoraNode", **(data | widgets)),
        "5": node("SaveLoRA", lora=["4", 0], prefix="loras/cats", steps=["4", 2]),
    }


def test_blocks_are_checkpointed_where_the_whole_model_was():
    case = case_of(training(), gpu="rtx-3060-12gb")
    (first, *_) = kept_promises(checkpointed_training, case)
    assert written(first) == {("4", "checkpoint_depth"): 2}
    assert first.title == "Train with gradient checkpointing at depth 2"
    assert (case.forecast.verdict, case.after(first).forecast.verdict) == ("oom", "resident")


def test_checkpointing_is_switched_on_where_it_was_off():
    found = offered(
        checkpointed_training, case_of(training(gradient_checkpointing=False), gpu="rtx-3060-12gb")
    )
    assert written(found["depth"]) == {("4", "gradient_checkpointing"): True, ("4", "checkpoint_depth"): 2}


def test_a_batch_becomes_as_many_steps_whose_gradients_are_gathered():
    case = case_of(training(batch_size=2, grad_accumulation_steps=2), gpu="rtx-2060")
    found = offered(checkpointed_training, case)
    assert written(found["batch"]) == {
        ("4", "checkpoint_depth"): 2,
        ("4", "batch_size"): 1,
        ("4", "grad_accumulation_steps"): 4,
    }
    assert case.after(found["depth"]).forecast.verdict == "oom"
    assert case.after(found["batch"]).forecast.verdict == "streamed"


def test_a_comfyui_without_a_depth_is_not_asked_for_one():
    case = case_of(training(gradient_checkpointing=False), gpu="rtx-3060-12gb", comfy="0.13.0")
    found = offered(checkpointed_training, case)
    assert {key for one in found.values() for key in written(one)} == {("4", "gradient_checkpointing")}


def test_a_training_that_runs_well_is_left_alone():
    assert offered(checkpointed_training, case_of(training(checkpoint_depth=2), gpu="rtx-4090")) == {}
    assert offered(checkpointed_training, case_of(checkpoint(side=2048, batch=16), gpu="rtx-4060")) == {}


def test_numbers_that_come_over_links_are_read_there():
    prompt = training(batch_size=2, grad_accumulation_steps=["9", 0]) | {"9": node("PrimitiveInt", value=3)}
    found = offered(checkpointed_training, case_of(prompt, gpu="rtx-2060"))
    assert written(found["batch"])["4", "grad_accumulation_steps"] == 6
    assert written(found["batch"])["4", "batch_size"] == 1
