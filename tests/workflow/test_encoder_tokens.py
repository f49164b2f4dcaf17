"""How many tokens an encoder sees: what its text makes, padded as the type that its loader was told."""

import pytest
from prompts import flux, node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import lower, read


def tokens(prompt):
    (step,) = (step for step in lower(read(prompt), Library(nowhere)).steps if step.kind == "encode_text")
    return step.tokens


@pytest.mark.parametrize(("made_for", "seen"), [("flux2", 512), ("lumina2", 3), ("qwen_image", 3)])
def test_one_encoder_is_padded_by_what_it_is_for(made_for, seen):
    loader = node("CLIPLoader", clip_name="qwen_3_4b.safetensors", type=made_for, device="default")
    assert tokens(flux() | {"2": loader}) == (seen,)


@pytest.mark.parametrize(("made_for", "seen"), [("flux", 256), ("hidream", 128), ("sd3", 77)])
def test_t5_is_padded_by_what_it_is_for(made_for, seen):
    prompt = flux()
    prompt["2"]["inputs"]["type"] = made_for
    assert tokens(prompt) == (77, seen)


def test_long_clip_is_padded_to_its_own_length():
    prompt = flux()
    prompt["2"]["inputs"] |= {"clip_name1": "clip_l_hidream.safetensors", "type": "hidream"}
    assert tokens(prompt) == (248, 128)
