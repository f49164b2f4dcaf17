"""Two cards side by side: the sentence that answers, and what more of one thing does."""

import pytest
from vram_forecast.estimator.charts.cards import rated
from vram_forecast.estimator.charts.cards_beside import Beside, answer, some
from vram_forecast.estimator.charts.levers import effects, levers
from vram_forecast.estimator.options import usual_machine
from vram_forecast.estimator.runtime.cards import card


def one(name):
    row = card(name)
    return rated(row, usual_machine(row))


def beside(first, second):
    return Beside(one(first), one(second))


def test_of_two_with_as_much_memory_the_quicker_one_is_the_answer():
    said = answer(beside("rtx-4060-ti-16gb", "rtx-5060-ti-16gb"))
    assert said.startswith("RTX 5060 Ti 16 GB over RTX 4060 Ti 16 GB: as much VRAM, 56 % more bandwidth")
    assert "% less time" in said


def test_the_answer_does_not_depend_on_the_order():
    assert answer(beside("rtx-3090", "rtx-4090")) == answer(beside("rtx-4090", "rtx-3090"))


def test_where_one_is_quicker_and_the_other_larger_both_are_named_for_what_they_are_for():
    both = beside("rtx-4070", "rtx-4060-ti-16gb")
    said = answer(both)
    assert said.startswith("RTX 4070 for speed, RTX 4060 Ti 16 GB for memory: 4 GB less VRAM")
    assert f"it alone holds {some(both.unlocked)} whole" in said
    assert "Wan 2.2 14B t2v" in both.unlocked


def test_more_memory_and_more_speed_need_no_choice():
    said = answer(beside("rtx-5080", "rtx-4090"))
    assert said.startswith("RTX 4090 over RTX 5080: 8 GB more VRAM")
    assert "FLUX, Qwen, Wan, LTX-2 then stream less" in said


def test_equally_fast_cards_are_told_apart_by_memory():
    said = answer(beside("rtx-5060-ti-8gb", "rtx-5060-ti-16gb"))
    assert said.startswith("RTX 5060 Ti 16 GB over RTX 5060 Ti 8 GB: 8 GB more VRAM")
    assert "equally fast" in said


def test_a_card_beside_itself_is_alike():
    assert "are alike: the references take as long" in answer(beside("rtx-4090", "rtx-4090"))


def test_a_card_without_a_rate_is_said_to_be_not_known():
    assert answer(beside("rtx-3090", "titan-rtx")).startswith("Not known: nobody states how fast TITAN RTX")


def test_a_card_that_was_never_released_is_not_compared():
    assert answer(beside("rtx-5070", "rtx-5070-super")).startswith("RTX 5070 SUPER was never released")


def test_what_the_second_has_more_turns_round_with_the_pair():
    both = beside("rtx-4060-ti-16gb", "rtx-5060-ti-16gb")
    assert both.more("bandwidth") == pytest.approx(448 / 288 - 1)
    for name, ratio in both.ratios.items():
        assert both.turned().ratios[name] == pytest.approx(1 / ratio)


def test_many_names_are_cut_with_their_number():
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.fixture(scope="module")
def levered():
    found = one("rtx-4060-ti-16gb")
    return found, effects(found, usual_machine(found.row))


def test_each_lever_is_tried_on_every_reference(levered):
    found, effect = levered
    assert {name: set(found.outcomes) for name in levers()} == {
        name: set(one) for name, one in effect.items()
    }


def test_nothing_that_is_more_takes_noticeably_longer(levered):
    # what has room for more weights waits for them before its first pass, and not while it computes
    assert all(share <= 0.015 for effect in levered[1].values() for share in effect.values())


def test_more_bandwidth_saves_what_waits_for_memory_and_compute_the_rest(levered):
    found, effect = levered
    for name, waits in found.waits.items():
        assert effect["bandwidth"][name] <= -0.2 * waits + 1e-9
        assert effect["compute"][name] > -0.2
        assert effect["bandwidth"][name] + effect["compute"][name] >= -0.21


def test_2_gb_more_save_less_time_than_25_percent_more_bandwidth_on_the_articles_cards(levered):
    assert min(levered[1]["vram"].values()) > min(levered[1]["bandwidth"].values())
