"""The pictures of cards: PNG of a fixed size, nothing over anything else, a clear line without matplotlib."""

import struct
import sys
from itertools import pairwise

import pytest
from vram_forecast.estimator.charts import draw
from vram_forecast.estimator.charts.cards import rated
from vram_forecast.estimator.charts.cards_beside import Beside
from vram_forecast.estimator.charts.cards_pair import picture as pair
from vram_forecast.estimator.charts.cards_picture import (
    MIDDLE,
    arranged,
    extent,
    headline,
    listed,
    picture,
    span,
)
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.facts import table
from vram_forecast.estimator.options import usual_machine
from vram_forecast.estimator.runtime.cards import card


def one(name):
    row = card(name)
    return rated(row, usual_machine(row))


@pytest.fixture(scope="module")
def popular():
    return [one(name) for name in table("charts/cards")["picture"]["cards"]]


def width_of(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">I", png[16:20])[0]


def test_both_pictures_are_png_of_the_papers_width(popular):
    size = table("charts/style")["size"]
    both = Beside(one("rtx-4060-ti-16gb"), one("rtx-5060-ti-16gb"))
    for png in (picture(popular), pair(both)):
        assert width_of(png) == size["width_px"] * size["scale"]


def test_the_same_cards_make_the_same_bytes(popular):
    assert picture(popular[:4]) == picture(popular[:4])


def test_no_marker_or_name_covers_another(popular):
    ends = span(popular)
    for lane in arranged(popular):
        for line in lane.lines:
            taken = [extent(card, ends) for card in line]
            assert all(before[1] < after[0] for before, after in pairwise(taken))


def test_every_card_is_in_the_lane_of_its_memory_and_inside_the_picture(popular):
    ends, lanes = span(popular), arranged(popular)
    assert sorted(card.name for card in popular) == sorted(
        card.name for lane in lanes for line in lane.lines for card in line
    )
    for lane in lanes:
        for line in lane.lines:
            assert {lane.size} == {found.value("vram") for found in line}
            assert min(extent(found, ends)[0] for found in line) >= 0
            assert max(extent(found, ends)[1] for found in line) <= MIDDLE + 30


def test_the_title_says_who_is_a_top_pick_by_all_keys(popular):
    assert headline(popular, "flux-dev").endswith("RTX 4090 and RTX 5090")


def test_the_title_says_who_is_quickest_where_none_is(popular):
    few = [card for card in popular if card.name in ("RTX 3060 12 GB", "RTX 4070")]
    assert headline(few, "flux-dev") == "RTX 4070 is the quickest of these, 12 GB is the most memory"


def test_many_names_become_a_number():
    assert listed(["c", "a", "b"]) == "a, b and c"
    assert listed([*"abcde"]) == "a, b, c and 2 more"


@pytest.mark.parametrize("names", [["rtx-5070-super"], ["apple-m4-max"], ["titan-rtx"], ["rtx-4090"]])
def test_a_picture_is_made_of_cards_of_which_little_is_known(names):
    assert width_of(picture([one(name) for name in names]))


def test_two_cards_of_which_one_was_never_released_make_a_picture():
    assert width_of(pair(Beside(one("rtx-5070"), one("rtx-5070-super"))))


def test_without_matplotlib_the_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"needs matplotlib.*pip install"):
        draw.library()


@pytest.mark.parametrize(("name", "says"), [("x.jpg", "PNG"), ("none/x.png", "No such file")])
def test_a_picture_that_cannot_be_written_is_one_line(tmp_path, name, says):
    with pytest.raises(InputError, match=says):
        draw.save(tmp_path / name, b"")
