"""Answers by memory that wanders: kept while it is about the same, new where it is not, whoever holds it."""

import pytest
from at_host import ask, text_to_image
from vram_forecast.estimator.units import GIB, MIB


@pytest.mark.parametrize("free", [11 * GIB, 11 * GIB - 1, 11 * GIB + 32 * MIB])
def test_an_answer_is_kept_while_free_memory_wanders_up_to_half_a_step_around_any_amount(card, asked, free):
    for wandered in (0, 32 * MIB, -1, -32 * MIB, 1, 0):
        card.told["seen"] |= {"vram_free": free + wandered, "ram_free": 20 * GIB + 4 * wandered}
        assert 200 == ask("check", text_to_image())[0]
    assert 1 == len(asked)


def test_memory_that_goes_to_and_fro_between_two_states_has_one_answer_for_each(card, asked):
    told = []
    for free in (11, 6, 11, 6, 11):
        card.told["seen"] |= {"vram_free": free * GIB}
        told.append(ask("check", text_to_image())[1]["device"]["free"] // GIB)
    assert ([11, 6, 11, 6, 11], 2) == (told, len(asked))


def test_memory_that_drifts_away_has_new_answers_on_its_way(card, asked):
    for free in range(11 * GIB, 10 * GIB, -32 * MIB):
        card.told["seen"] |= {"vram_free": free}
        _, told = ask("check", text_to_image())
        assert abs(told["device"]["free"] - free) <= 64 * MIB
    assert len(asked) == 16


def test_a_question_on_another_card_does_not_rest_on_what_is_free_here(card, asked):
    for free in (11, 6):
        card.told["seen"] |= {"vram_free": free * GIB, "holders": [{"name": "Blender", "bytes": GIB}]}
        ask("check", text_to_image(), vram=8)
        ask("check", text_to_image(), gpu="rtx-4090")
        ask("check", text_to_image(), free=5)
    assert 3 == len(asked)


def test_who_holds_the_card_s_memory_is_told_while_it_is_so(card, asked):
    def told(*holders):
        card.told["seen"] |= {"holders": [{"name": name, "bytes": held} for name, held in holders]}
        return ask("check", text_to_image())[1]["device"]["holders"]

    blender = [{"name": "Blender", "bytes": 3 * GIB}]
    assert blender == told(("Blender", 3 * GIB))
    assert blender == told(("Blender", 3 * GIB + 32 * MIB), ("a tray icon", 20 * MIB))
    assert 1 == len(asked)
    assert ["Blender", "Steam"] == [one["name"] for one in told(("Blender", 3 * GIB), ("Steam", GIB))]
    assert [{"name": "Chrome", "bytes": None}] == told(("Chrome", None))
    assert [] == told()
    assert 4 == len(asked)


def test_programs_are_named_by_the_sentence_and_by_what_helps(card):
    held = [{"name": "Blender", "bytes": 10 * GIB}]
    card.told["seen"] |= {
        "vram_free": GIB,
        "holders": held,
        "dynamic_vram": False,
        "flags": ["--gpu-only"],
    }
    _, told = ask("check", text_to_image(), suggestions=9)
    assert "oom" == told["verdict"]
    assert "(Blender 10.0 GiB)" in told["because"]
    assert "Close Blender: 10.0 GiB" in [one["title"] for one in told["suggestions"]]
