"""docs/http.md is true: every route with its options, and what the guard says."""

import json
import re
from pathlib import Path

import pytest
from at_host import ask, text_to_image
from vram_forecast.nodes.serving import guard, judging, routes

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(GET|POST) (\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def test_every_route_is_on_the_page_with_its_options():
    told = {name: (method, tuple(re.findall(r"`(\w+)`", options))) for method, name, options, *_ in ROWS}
    assert {route.name: (route.method, route.options) for route in routes.ROUTES} == told


@pytest.mark.parametrize("name", [name for method, name, *_ in ROWS if method == "GET"])
def test_what_is_asked_without_a_body_is_answered(card, name):
    assert 200 == ask(name)[0]


def test_the_example_is_what_is_answered(card):
    (shown,) = re.findall(r'^\{"schema".*\}$', PAGE, re.MULTILINE)
    _, answer = ask("check", {"prompt": text_to_image()}, suggestions=0)
    known = {key: value for key, value in json.loads(shown).items() if key != "..."}
    assert known == {key: answer[key] for key in known}


def test_the_guard_is_told_with_its_modes_and_ways_round_it():
    for word in (guard.SETTING, guard.VARIABLE, *guard.MODES, f"{judging.HEADER}: {judging.PASS}"):
        assert f"`{word}`" in PAGE


def test_every_card_that_is_offered_can_be_asked_about(card):
    _, answer = ask("cards")
    names = {one["id"]: one for one in answer["cards"]}
    assert ("GeForce RTX 4090", 24564 << 20) == (names["rtx-4090"]["name"], names["rtx-4090"]["total"])
    for one in {one["segment"]: one for one in answer["cards"]}.values():
        ram = {} if one["total"] else {"ram": 64}
        status, found = ask("check", {"prompt": text_to_image()}, suggestions=0, gpu=one["id"], **ram)
        assert (200, one["name"]) == (status, found.get("device", found).get("name")), one
