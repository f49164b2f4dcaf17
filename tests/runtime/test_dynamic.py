"""The dynamic manager: pages, priorities, what never gives way, and what streams."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator.runtime import Ask, Device, Held, Host, Layer, Machine, Policy
from vram_forecast.estimator.runtime.dynamic import DynamicManager
from vram_forecast.estimator.runtime.headroom import room as room_of
from vram_forecast.estimator.runtime.staging import Staged
from vram_forecast.estimator.units import GIB, KIB, MIB, ZERO

PAGE, CHUNK = 32 * MIB, 16 * MIB


def machine(free, *flags, total=None, system="linux", unified=False):
    card = Device("card", "nvidia", round(total or free), round(free), ZERO, 8.9, unified=unified)
    return Machine(card, Host(system, 64 * GIB, 64 * GIB), Policy("0.33.0", True, flags))


def layer(name, size, pages=True):
    own = round(size)
    return Layer(name, own, 0, pages, paged=Staged(own, own, -(-own // KIB) * KIB if pages else 0, 0))


def held(key, layers, kind="Flux"):
    total = sum(one.bytes for one in layers)
    return Held(key, "diffusion_model", key, kind, "BF16", "BF16", tuple(layers), total, total)


def model(size, key="m", layers=64):
    return held(key, [layer(f"blocks.{n}", -(-round(size) // layers)) for n in range(layers)])


def asked(activations):
    return Ask(0, 0, round(activations))


def chunks(size):
    return -(-round(size) // CHUNK) * CHUNK


def test_a_model_that_fits_is_resident_to_the_byte():
    (placed,) = DynamicManager(machine(12 * GIB)).place([model(6 * GIB)], asked(GIB))
    assert (placed.resident, placed.streamed, placed.buffer) == (6 * GIB, 0, 0)


def test_a_model_that_does_not_fit_keeps_the_layers_of_whole_pages_and_streams_the_rest():
    manager, each = DynamicManager(machine(12 * GIB)), 22 * GIB // 64
    (placed,) = manager.place([model(22 * GIB)], asked(GIB))
    room = 12 * GIB - 256 * MIB - GIB - 2 * chunks(each)
    assert placed.buffer == 2 * chunks(each)
    assert manager.ranges[0].pages == room // PAGE
    assert placed.resident == room // PAGE * PAGE // each * each
    assert placed.streamed == 22 * GIB - placed.resident


def test_the_largest_layers_are_kept_longest_but_tiny_ones_before_them():
    layers = [layer("middle", 64 * MIB), layer("large", 256 * MIB), layer("small", 48 * KIB)]
    staging = DynamicManager(machine(12 * GIB)).staging(held("m", layers))
    assert staging.units == (48 * KIB, 256 * MIB, 64 * MIB)


def test_layers_without_pages_and_tiny_ones_never_give_way():
    layers = [layer("embed", 512 * MIB, pages=False), layer("norm", 16 * KIB), layer("block", 8 * GIB)]
    manager = DynamicManager(machine(4 * GIB))
    (placed,) = manager.place([held("m", layers)], asked(GIB))
    assert (placed.resident, placed.forced, manager.fixed()) == (512 * MIB + 16 * KIB,) * 3
    assert placed.staged == 8 * GIB


def test_before_0_23_tiny_layers_had_pages_too():
    old = msgspec.structs.replace(machine(4 * GIB), policy=Policy("0.22.0", True))
    assert DynamicManager(old).staging(held("m", [layer("norm", 16 * KIB)])).forced == 0


@pytest.mark.parametrize(
    ("here", "room"),
    [
        (machine(11 * GIB, total=12 * GIB), 11 * GIB - 256 * MIB),
        (machine(12 * GIB, "--reserve-vram", "1"), 11 * GIB),
        (machine(10 * GIB, "--reserve-vram", "1", total=12 * GIB), 10 * GIB - 256 * MIB),
        (machine(12 * GIB, "--vram-headroom", "0.5"), 12 * GIB - 768 * MIB),
        (machine(12 * GIB, "--disable-cuda-malloc"), 12 * GIB - 384 * MIB),
        (machine(12 * GIB, system="windows"), 12 * GIB - 512 * MIB),
        (machine(64 * GIB, unified=True), 60 * GIB),
    ],
    ids=["plain", "reserve", "reserve-below-others", "headroom", "cudaMalloc", "windows", "integrated"],
)
def test_platform_and_flags_say_what_stays_free(here, room):
    manager = DynamicManager(here)
    manager.place([model(80 * GIB, layers=80 * 32)], asked(0))
    pages = (room - 2 * chunks(32 * MIB)) // PAGE
    assert manager.ranges[0].pages == pages


@pytest.mark.parametrize(("comfy", "heeded"), [("0.22.0", False), ("0.25.0", True)])
def test_older_versions_keep_the_reserve_to_the_legacy_manager(comfy, heeded):
    flags = ("--reserve-vram", "1", "--vram-headroom", "0.5")
    here = msgspec.structs.replace(machine(12 * GIB), policy=Policy(comfy, True, flags))
    assert 12 * GIB - (1536 * MIB if heeded else 256 * MIB) == room_of(here)


def test_no_flag_lets_a_batch_be_judged_by_less_than_the_driver_says_is_free():
    manager = DynamicManager(machine(12 * GIB, "--reserve-vram", "4"))
    manager.place([model(6 * GIB)], asked(0))
    assert manager.free() == 12 * GIB


def test_a_stream_s_buffer_is_as_large_as_the_largest_layer_that_goes_through_it():
    layers = [layer(f"blocks.{n}", size * MIB) for n, size in enumerate([900, 700, 100, 50])]
    (placed,) = DynamicManager(machine(2 * GIB)).place([held("m", layers)], asked(1000 * MIB))
    # 2048 - 256 - 1000 = 792 MiB: nothing of 900 fits beside any buffer.
    assert placed.buffer == chunks(900 * MIB) + chunks(700 * MIB)


def test_without_streams_one_layer_is_on_its_way_at_a_time():
    here = machine(12 * GIB, "--disable-async-offload")
    (placed,) = DynamicManager(here).place([model(22 * GIB)], asked(GIB))
    assert placed.buffer == 22 * GIB // 64


def test_a_model_that_fetches_whole_blocks_has_buffers_of_whole_blocks():
    layers = [layer(f"transformer_blocks.{n}.{one}", GIB / 4) for n in range(20) for one in "abcd"]
    (placed,) = DynamicManager(machine(8 * GIB)).place([held("m", layers, "LTXAV")], asked(GIB))
    assert placed.buffer == 2 * GIB


def test_what_streams_of_one_model_takes_its_buffer_from_the_other():
    whole, giant = model(8 * GIB, "whole", 256), model(6 * GIB, "giant", layers=2)
    manager = DynamicManager(machine(12 * GIB))
    placed = manager.place([whole, giant], asked(GIB))
    room = 12 * GIB - 256 * MIB - GIB - 6 * GIB
    assert [one.buffer for one in placed] == [6 * GIB, 0]
    assert [one.resident for one in placed] == [room // PAGE * PAGE, 0]


def test_two_models_that_stream_share_their_buffers():
    placed = DynamicManager(machine(12 * GIB)).place([model(22 * GIB, "a"), model(11 * GIB, "b")], asked(GIB))
    assert sum(one.buffer for one in placed) == 2 * chunks(22 * GIB / 64)


def test_an_older_model_keeps_what_the_new_one_leaves():
    manager = DynamicManager(machine(12 * GIB))
    manager.place([model(5 * GIB, "old")], asked(GIB))
    manager.place([model(8 * GIB, "new")], asked(GIB))
    left = 12 * GIB - 256 * MIB - GIB - 8 * GIB
    assert {one.held.key: one.pages for one in manager.ranges} == {"new": 8 * 32, "old": left // PAGE}


def test_of_older_models_the_oldest_gives_way_first():
    manager = DynamicManager(machine(12 * GIB))
    for key in ("first", "second"):
        manager.place([model(4 * GIB, key)], asked(0))
    manager.place([model(6 * GIB, "third")], asked(0))
    left = 12 * GIB - 256 * MIB - 10 * GIB
    assert [one.pages for one in manager.ranges] == [6 * 32, 4 * 32, left // PAGE]


def test_of_one_step_s_models_the_main_one_gives_way_last():
    manager = DynamicManager(machine(8 * GIB))
    main, control = manager.place([model(6 * GIB, "main"), model(3 * GIB, "control", 96)], asked(0))
    assert (main.streamed, control.streamed > 0) == (0, True)


def test_what_a_peak_has_pushed_out_stays_out_until_the_next_load():
    manager = DynamicManager(machine(12 * GIB))
    manager.place([model(8 * GIB, "m")], asked(6 * GIB))
    low = manager.ranges[0].pages
    manager.place([model(GIB, "vae")], asked(0))
    assert manager.ranges[1].pages == low
    (placed,) = manager.place([model(8 * GIB, "m")], asked(0))
    assert placed.streamed == 0


def test_coming_back_to_a_model_copies_only_what_was_evicted():
    manager = DynamicManager(machine(12 * GIB))
    first = manager.place([model(5 * GIB, "a")], asked(GIB))[0]
    manager.place([model(8 * GIB, "b")], asked(GIB))
    each = model(5 * GIB).layers[0].bytes
    kept = manager.ranges[1].kept * each
    again = manager.place([model(5 * GIB, "a")], asked(GIB))[0]
    assert (first.uploaded, again.uploaded) == (5 * GIB, 5 * GIB - kept)


def test_other_loras_mean_that_all_of_it_is_copied_anew():
    manager, plain = DynamicManager(machine(12 * GIB)), model(5 * GIB)
    manager.place([plain], asked(GIB))
    (placed,) = manager.place([msgspec.structs.replace(plain, loras=("l",))], asked(GIB))
    assert placed.uploaded == 5 * GIB


SIZES = st.integers(1, 40 * GIB)
STEPS = st.lists(st.tuples(st.sampled_from("abc"), SIZES, st.integers(0, 8 * GIB)), min_size=1, max_size=8)


@given(STEPS, st.integers(4, 32))
def test_nothing_is_on_the_card_twice_or_past_its_end(steps, card):
    manager = DynamicManager(machine(card * GIB))
    for key, size, activations in steps:
        whole = model(size, f"{key}{size}")
        (placed,) = manager.place([whole], asked(activations))
        assert 0 <= placed.resident <= whole.bytes
        assert placed.resident + placed.streamed == whole.bytes
        assert 0 <= placed.uploaded <= placed.resident
        pages = manager.occupied() - manager.fixed()
        assert pages == sum(one.pages for one in manager.ranges) * PAGE
        assert pages <= max(0, card * GIB - 256 * MIB - activations - placed.buffer - manager.fixed())


@given(STEPS, st.integers(4, 32))
def test_a_model_loses_nothing_while_an_older_one_has_a_page(steps, card):
    manager = DynamicManager(machine(card * GIB))
    for key, size, activations in steps:
        manager.place([model(size, f"{key}{size}")], asked(activations))
        newest, *older = manager.ranges
        if newest.pages < newest.wanted:
            assert not any(one.pages for one in older)


@given(STEPS, st.integers(4, 31))
def test_more_memory_never_streams_more(steps, card):
    small, large = (DynamicManager(machine((card + more) * GIB)) for more in (0, 1))
    for key, size, activations in steps:
        one, other = (
            manager.place([model(size, f"{key}{size}")], asked(activations))[0] for manager in (small, large)
        )
        assert other.streamed <= one.streamed
        assert other.buffer <= one.buffer
