"""The dynamic manager: pages, priorities, and what streams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator.runtime import Ask, Device, Held, Host, Layer, Machine, Policy
from vram_forecast.estimator.runtime.dynamic import DynamicManager
from vram_forecast.estimator.units import GIB, MIB, ZERO

PAGE = 32 * MIB


def machine(free, *flags):
    card = Device("card", "nvidia", round(free), round(free), ZERO, 8.9)
    return Machine(card, Host("linux", 64 * GIB, 64 * GIB), Policy("0.33.0", True, flags))


def model(size, key="m", layers=64):
    each = tuple(Layer(f"blocks.{n}", round(size) // layers, 0, True) for n in range(layers))
    total = sum(layer.bytes for layer in each)
    return Held(key, "diffusion_model", key, "Flux", "BF16", "BF16", each, total, total)


def asked(activations):
    return Ask(0, 0, round(activations))


def test_a_model_that_fits_is_resident_to_the_byte():
    (placed,) = DynamicManager(machine(12 * GIB)).place([model(6 * GIB)], asked(GIB))
    assert (placed.resident, placed.streamed, placed.buffer) == (6 * GIB, 0, 0)


def test_a_model_that_does_not_fit_keeps_whole_pages_and_streams_the_rest():
    (placed,) = DynamicManager(machine(12 * GIB)).place([model(22 * GIB)], asked(GIB))
    buffer = 2 * (22 * GIB // 64)
    room = 12 * GIB - 256 * MIB - GIB - buffer
    assert placed.buffer == buffer
    assert placed.resident == room // PAGE * PAGE
    assert placed.streamed == 22 * GIB - placed.resident


@pytest.mark.parametrize(
    ("flags", "headroom"),
    [((), 256 * MIB), (("--reserve-vram", "1"), GIB), (("--vram-headroom", "0.5"), 768 * MIB)],
)
def test_flags_set_the_headroom(flags, headroom):
    assert DynamicManager(machine(12 * GIB, *flags)).headroom == headroom


def test_what_streams_of_one_model_takes_its_buffer_from_the_other():
    whole, giant = model(8 * GIB, "whole"), model(6 * GIB, "giant", layers=2)
    placed = DynamicManager(machine(12 * GIB)).place([whole, giant], asked(GIB))
    buffer = 2 * 3 * GIB
    room = 12 * GIB - 256 * MIB - GIB - buffer
    assert [one.buffer for one in placed] == [buffer, 0]
    assert [one.resident for one in placed] == [room // PAGE * PAGE, 0]


def test_two_models_that_stream_share_one_buffer():
    placed = DynamicManager(machine(12 * GIB)).place([model(22 * GIB, "a"), model(11 * GIB, "b")], asked(GIB))
    assert sum(one.buffer for one in placed) == 2 * (22 * GIB // 64)


def test_an_older_model_keeps_what_the_new_one_leaves():
    manager = DynamicManager(machine(12 * GIB))
    manager.place([model(5 * GIB, "old")], asked(GIB))
    manager.place([model(8 * GIB, "new")], asked(GIB))
    left = 12 * GIB - 256 * MIB - GIB - 8 * GIB
    assert manager.resident == {"new": 8 * GIB, "old": left // PAGE * PAGE}


def test_coming_back_to_a_model_copies_only_what_was_evicted():
    manager = DynamicManager(machine(12 * GIB))
    first = manager.place([model(5 * GIB, "a")], asked(GIB))[0]
    manager.place([model(8 * GIB, "b")], asked(GIB))
    kept = manager.resident["a"]
    again = manager.place([model(5 * GIB, "a")], asked(GIB))[0]
    assert (first.uploaded, again.uploaded) == (5 * GIB, 5 * GIB - kept)


SIZES = st.integers(1, 40 * GIB)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), SIZES, st.integers(0, 8 * GIB)), max_size=8),
    st.integers(4, 32),
)
def test_nothing_is_on_the_card_twice_or_past_its_end(steps, card):
    manager = DynamicManager(machine(card * GIB))
    for key, size, activations in steps:
        held = model(size, key)
        (placed,) = manager.place([held], asked(activations))
        assert 0 <= placed.resident <= held.bytes
        assert placed.resident + placed.streamed == held.bytes
        assert 0 <= placed.uploaded <= placed.resident
        assert manager.occupied() <= max(0, manager.free() - activations)


@given(SIZES, st.integers(0, 8 * GIB), st.integers(4, 31))
def test_more_memory_never_streams_more(size, activations, card):
    small, large = (
        DynamicManager(machine((card + more) * GIB)).place([model(size)], asked(activations))[0]
        for more in (0, 1)
    )
    assert large.streamed <= small.streamed
