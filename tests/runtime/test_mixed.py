"""Legacy models beside dynamic ones: who takes whose memory, and how much of it."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.options import machine as machine_of
from vram_forecast.estimator.runtime import (
    Ask,
    Device,
    DynamicManager,
    Held,
    Host,
    Layer,
    Machine,
    MixedManager,
    Policy,
    hold,
    manager,
)
from vram_forecast.estimator.runtime.staging import Staged
from vram_forecast.estimator.units import GIB, MIB, ZERO

PAGE, LEAST = 32 * MIB, int(0.8 * GIB) + 400 * MIB


def both(gib, *flags):
    card = Device("card", "nvidia", round(gib * GIB), round(gib * GIB), ZERO, 8.9)
    return MixedManager(Machine(card, Host("linux", 64 * GIB, 64 * GIB), Policy("0.33.0", True, flags)))


def model(gib, key, legacy=False):
    own = round(gib * GIB) // 64
    layers = tuple(
        Layer(f"blocks.{n}", own, 0, True, paged=Staged(own, own, -(-own // 1024) * 1024, 0))
        for n in range(64)
    )
    return Held(
        key, "diffusion_model", key, "Flux", "BF16", "BF16", layers, 64 * own, 64 * own, legacy=legacy
    )


def asked(activations=GIB):
    return Ask(0, None, round(activations))


def pages(manager):
    return {one.held.key: one.pages for one in manager.dynamic.ranges}


def test_a_legacy_load_takes_pages_by_comfyuis_estimate_and_no_more():
    card = both(24)
    card.place([model(16, "pages")], asked())
    card.place([model(10, "gguf", legacy=True)], asked())
    required = 10 * GIB * 1.1 + LEAST
    taken = -(-int(required - 8 * GIB) // PAGE)
    assert pages(card) == {"pages": 16 * 32 - taken}


def test_what_a_legacy_load_took_comes_back_with_the_next_load_of_the_dynamic_model():
    card = both(24)
    for legacy in (False, True):
        card.place([model(10, f"{legacy}", legacy)], asked())
    (placed,) = card.place([model(10, "False")], asked())
    assert placed.streamed == 0


def test_a_dynamic_load_takes_no_dynamic_model_s_pages_before_it_needs_them():
    card = both(24)
    for key in ("first", "second"):
        card.place([model(8, key)], asked())
    assert pages(card) == {"second": 8 * 32, "first": 8 * 32}


def test_dynamic_pages_count_as_room_when_a_dynamic_load_looks_for_legacy_victims():
    card = both(24)
    card.place([model(20, "pages")], asked(0))
    card.place([model(6, "gguf", legacy=True)], asked(0))
    free = 24 * GIB - card.occupied()
    assert free < 5 * GIB * 1.1 + LEAST
    card.place([model(5, "more")], asked(0))
    assert card.legacy.occupied() == 6 * GIB
    assert pages(card)["more"] == 5 * 32


def test_without_such_pages_a_dynamic_load_takes_the_legacy_model_by_its_estimate():
    card = both(24)
    card.place([model(12, "gguf", legacy=True)], asked(0))
    (placed,) = card.place([model(14, "pages")], asked(0))
    assert card.legacy.occupied() <= 24 * GIB - 14 * GIB * 1.1 - LEAST
    assert placed.streamed == 0


def test_legacy_weights_are_fixed_and_leave_pages_the_rest():
    card = both(16)
    card.place([model(8, "gguf", legacy=True)], asked())
    (placed,) = card.place([model(5, "pages")], asked(2 * GIB))
    assert (card.fixed(), placed.streamed) == (8 * GIB, 0)
    (placed,) = card.place([model(5, "pages")], asked(4 * GIB))
    room = 16 * GIB - 256 * MIB - 8 * GIB - 4 * GIB - placed.buffer
    assert pages(card) == {"pages": room // PAGE}


STEPS = st.lists(
    st.tuples(st.integers(1, 20), st.booleans(), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=8
)


@given(STEPS, st.integers(8, 32))
def test_all_weights_together_never_exceed_the_card_and_parts_add_up(steps, total):
    card = both(total)
    for size, legacy, activations, name in steps:
        (placed,) = card.place([model(size, f"{name}{size}{legacy}", legacy)], asked(activations * GIB))
        assert 0 <= placed.resident <= placed.weights
        assert placed.resident + placed.streamed == placed.weights
        assert card.occupied() == card.legacy.occupied() + card.dynamic.occupied() <= total * GIB
        assert card.fixed() <= card.occupied()
        listed = [one.held.key for one in card.legacy.loaded]
        assert len(listed) == len(set(listed))


def of_header(header, comfy="0.33.0", flags=""):
    here = machine_of(gpu="rtx-4090", ram=64, system="linux", comfy=comfy, flags=flags)
    (part,) = [one for one in identify(stand_in(header, header)).components if one.role == "vae"]
    return here, hold("vae", part, here)


def test_a_vae_that_comfyui_never_loads_in_part_is_the_legacy_manager_s():
    here, held = of_header("ltx-2.5-audio-vae-bf16")
    assert (held.legacy, held.whole) == (True, True)
    assert isinstance(manager(here, [held]), MixedManager)


def test_it_was_a_dynamic_one_before_the_release_that_says_so():
    here, held = of_header("ltx-2.5-audio-vae-bf16", comfy="0.19.3")
    assert (held.legacy, held.whole) == (False, False)
    assert isinstance(manager(here, [held]), DynamicManager)


def test_stable_audio_3_s_vae_is_loaded_whole_only_where_dynamic_vram_is_off():
    found = [
        of_header("stable_audio_3_vae_small", flags=flags)[1] for flags in ("", "--disable-dynamic-vram")
    ]
    assert [(one.legacy, one.whole) for one in found] == [(False, False), (True, True)]


def test_an_upscale_model_has_no_pages_and_does_not_give_way():
    here = machine_of(gpu="rtx-4090", ram=64, system="linux")
    (part,) = identify(stand_in("4x-UltraSharp", "4x-UltraSharp")).components
    held = hold("up", part, here)
    card = DynamicManager(here)
    (placed,) = card.place([held], asked(40 * GIB))
    assert (placed.staged, placed.streamed, card.fixed()) == (0, 0, held.bytes)


def texts(*sizes):
    return [msgspec.structs.replace(model(size, f"te{size}"), role="text_encoder") for size in sizes]


def test_a_load_of_both_kinds_makes_room_once_for_the_sum_of_what_they_lack():
    card = both(24)
    card.place([model(12, "old")], asked(0))
    card.place([model(6, "main"), model(4, "control", legacy=True)], asked(0))
    required = (6 + 4) * GIB * 1.1 + LEAST
    assert pages(card)["old"] == 12 * 32 - (-(-int(required - 12 * GIB) // PAGE))


def test_text_encoders_that_are_one_dynamic_model_are_counted_as_loaded_and_are_no_victim_of_their_own():
    card = both(24)
    card.place(texts(5, 6), asked(0))
    card.place([model(11, "gguf", legacy=True)], asked(0))
    before = card.legacy.occupied()
    card.place(texts(5, 6), asked(0))
    assert card.legacy.occupied() == before
    assert card.listed[0].held.key == "te5+te6"
    assert len(card.listed) == 2


def test_a_dynamic_model_that_was_evicted_whole_is_off_the_list_until_it_is_loaded_again():
    card = both(12)
    card.place([model(4, "pages")], asked(0))
    card.place([model(11, "gguf", legacy=True)], asked(0))
    assert [one.held.key for one in card.listed] == ["gguf"]
    card.place([model(4, "pages")], asked(0))
    assert card.listed[0].held.key == "pages"


def test_without_smart_memory_each_load_takes_all_other_models_off_dynamic_ones_too():
    for legacy in (False, True):
        card = both(24, "--disable-smart-memory")
        for key, kind in (("first", False), ("second", True), ("last", legacy)):
            card.place([model(3, key, kind)], asked(0))
        assert [one.held.key for one in card.listed] == ["last"]
        assert card.occupied() == 3 * GIB
