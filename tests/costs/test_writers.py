"""Text encoders that write: a cache for the prompt and for all that may follow, and a pass for each token."""

import pytest
from vram_forecast.estimator.costs import Shape, cost
from vram_forecast.estimator.trace.grid import grids

# Layers, heads of keys and values, their channels (the models' own configurations).
CACHED = {
    "qwen3-4b": (36, 8, 128),
    "qwen3-8b": (36, 8, 128),
    "qwen3vl-4b": (36, 8, 128),
    "qwen3vl-8b": (36, 8, 128),
    "ministral3-3b": (26, 8, 128),
    "gemma3-12b": (48, 8, 256),
}


def said(name, operation, **sizes):
    shape = Shape(**{"batch": 1, "channels": 0, "frames": 1, "height": 1, "width": 1, **sizes})
    return cost(name, operation, shape, comfy="0.33.0", storage="native", compute_bytes=2)


@pytest.mark.parametrize("name", CACHED)
def test_a_token_that_may_be_written_takes_a_key_and_a_value_of_each_layer(name):
    layers, heads, channels = CACHED[name]
    short, long = (
        said(name, "prefill", text_tokens=1024, width=width).activations.best for width in (512, 2048)
    )
    assert (2048 - 512) * layers * heads * channels * 2 * 2 == pytest.approx(long - short, rel=0.01)


@pytest.mark.parametrize("name", CACHED)
def test_reading_a_prompt_needs_no_less_than_adding_a_token_to_the_whole_text(name):
    read = said(name, "prefill", text_tokens=1024, width=1024).activations.best
    write = said(name, "write_token", text_tokens=2048).activations.best
    assert write <= read


def test_what_an_encoder_writes_stands_beside_what_it_encodes():
    assert said("qwen3-4b", "prefill", text_tokens=512, width=512) is not None
    shape = Shape(1, 0, 1, 1, 1, 512)
    encoded = cost("qwen3-4b", "encode_text", shape, comfy="0.33.0", storage="cast", compute_bytes=4)
    assert encoded is not None


def test_a_prompt_takes_as_many_operations_as_its_tokens_one_by_one():
    read = said("qwen3-4b", "prefill", text_tokens=1024, width=1).flops
    one = said("qwen3-4b", "write_token", text_tokens=512).flops
    logits = 2 * 151936 * 2560
    assert 1024 * (one - logits) == pytest.approx(read, rel=0.05)


def test_the_last_token_of_a_text_is_tried_at_no_size():
    (grid,) = [one for one in grids("qwen3-4b-writing") if one.operation == "write_token"]
    assert {(shape.height, shape.width) for shape in grid.points()} == {(1, 1)}
