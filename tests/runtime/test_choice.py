"""Which of several cards ComfyUI would use."""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.runtime.choice import choose
from vram_forecast.estimator.runtime.probe import Card
from vram_forecast.estimator.units import GIB

SLOW = Card("NVIDIA RTX A4000", "nvidia", 16 * GIB, index=0, uuid="GPU-aaaa", compute_capability=8.6)
FAST = Card("NVIDIA GeForce RTX 3090", "nvidia", 24 * GIB, index=1, uuid="GPU-bbbb", compute_capability=8.6)
INSIDE = Card("Intel(R) UHD Graphics", "intel", GIB, integrated=True)
ARC = Card("Intel(R) Arc(TM) B580 Graphics", "intel", 12 * GIB)
TWO = (SLOW, FAST)


def taken(cards, flags="", wanted=None, **environment):
    return choose(cards, flags.split(), lambda name: environment.get(name, ""), wanted)


def test_the_only_card_is_taken_whatever_sits_in_the_processor():
    found = taken((INSIDE, FAST))
    assert (FAST, True) == (found.card, found.sure)


@pytest.mark.parametrize("cards", [(), (INSIDE,)])
def test_without_a_card_there_is_no_choice(cards):
    assert taken(cards) is None


def test_cuda_counts_the_fastest_first_which_is_a_guess_of_ours():
    found = taken(TWO)
    assert (FAST, False) == (found.card, found.sure)
    assert "if CUDA counts the fastest first" in found.why


def test_cards_of_one_model_are_counted_by_their_slots():
    twin = Card(FAST.name, "nvidia", FAST.total, index=2)
    found = taken((FAST, twin))
    assert (FAST, True) == (found.card, found.sure)


def test_cuda_may_be_told_to_count_by_the_bus():
    found = taken(TWO, CUDA_DEVICE_ORDER="PCI_BUS_ID")
    assert (SLOW, True) == (found.card, found.sure)


@pytest.mark.parametrize(
    ("flags", "environment", "card"),
    [
        ("--cuda-device 1", {}, SLOW),
        ("--cuda-device=1,0", {}, SLOW),
        ("--cuda-device 0", {}, FAST),
        ("--default-device 1", {}, SLOW),
        ("--default-device 7", {}, FAST),
        ("--default-device 1 --cuda-device 0", {}, FAST),
        ("", {"CUDA_VISIBLE_DEVICES": "1"}, SLOW),
        ("", {"CUDA_VISIBLE_DEVICES": "GPU-aa"}, SLOW),
        ("--cuda-device 0", {"CUDA_VISIBLE_DEVICES": "1"}, FAST),
        ("", {"HIP_VISIBLE_DEVICES": "1"}, FAST),
        ("--lowvram", {}, FAST),
    ],
)
def test_comfyuis_flags_and_the_environment_choose(flags, environment, card):
    assert card == taken(TWO, flags, **environment).card


@pytest.mark.parametrize("hidden", ["-1", "7", "GPU-zz", "x"])
def test_hiding_every_card_is_said(hidden):
    with pytest.raises(InputError, match=f"CUDA_VISIBLE_DEVICES={hidden}"):
        taken(TWO, CUDA_VISIBLE_DEVICES=hidden)


def test_our_own_option_wins_and_counts_as_the_cards_are_listed():
    assert SLOW == taken(TWO, "--cuda-device 0", 0).card
    assert INSIDE == taken((FAST, INSIDE), wanted=1).card


@pytest.mark.parametrize("number", [-1, 2, 99])
def test_a_card_that_is_not_there_is_refused(number):
    with pytest.raises(InputError, match="there are 2"):
        taken(TWO, wanted=number)


def test_a_torch_is_built_for_one_maker():
    assert FAST == taken((ARC, FAST)).card
    assert ARC == taken((ARC, INSIDE)).card


def test_intels_selector_chooses_among_intels_cards():
    other = Card("Intel(R) Arc(TM) A770 Graphics", "intel", 16 * GIB, index=1)
    assert other == taken((ARC, other), "--oneapi-device-selector level_zero:1").card
    assert ARC == taken((ARC, other), "--oneapi-device-selector level_zero:gpu").card


def test_a_chip_that_works_in_ram_is_a_card_if_a_row_names_it():
    strix = Card("AMD Radeon 8060S Graphics", "amd", 64 * GIB, gfx="gfx1151", unified=True, integrated=True)
    assert strix == taken((strix,)).card
