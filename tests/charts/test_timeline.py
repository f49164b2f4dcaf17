"""The picture of a forecast's steps: widths by seconds, layers up to the peak, names apart, a short title."""

import struct
import sys
from itertools import pairwise

import pytest
from charted import CASES, chained, forecast
from hypothesis import given
from hypothesis import strategies as st
from prompts import checkpoint, flux
from vram_forecast.estimator.charts import timeline_picture
from vram_forecast.estimator.charts.timeline import columns, hues, look, widths
from vram_forecast.estimator.charts.timeline_words import headline, key, names, plain
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.facts import table
from vram_forecast.estimator.report.words import sentence

ROOM = 1028
LEAST = 8


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return CASES[request.param]()


def test_the_picture_is_a_png_of_the_papers_width_and_of_the_same_bytes_again(case):
    png = timeline_picture.picture(case, sentence(case))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    size = table("charts/style")["size"]
    assert struct.unpack(">I", png[16:20])[0] == size["width_px"] * size["scale"]
    assert png == timeline_picture.picture(case, sentence(case))


def test_columns_lie_side_by_side_and_fill_the_room(case):
    shown = columns(case, ROOM)
    assert all(before.left + before.width == pytest.approx(after.left) for before, after in pairwise(shown))
    assert not shown or shown[-1].left + shown[-1].width == pytest.approx(ROOM)
    assert all(one.width >= LEAST - 1e-9 for one in shown)


def test_the_layers_of_a_step_add_up_to_its_peak(case):
    for one in columns(case, ROOM):
        if one.step.vram_peak.high:
            assert one.top == pytest.approx(one.step.vram_peak.best, rel=1e-6)


def test_no_name_covers_another(case):
    by_row = {}
    for name in names(columns(case, ROOM), case, ROOM):
        half = max(map(len, name.text.splitlines())) * table("charts/style")["size"]["small"] * 0.43
        by_row.setdefault(name.row, []).append((name.middle - half, name.middle + half))
    for spans in by_row.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(spans)))


def test_the_step_that_the_verdict_is_about_has_its_name(case):
    shown = [name.column.step for name in names(columns(case, ROOM), case, ROOM)]
    assert case.where is None or case.where in shown


def test_a_longer_step_is_wider():
    steps = {one.step.title: one.width for one in columns(CASES["streamed"](), ROOM)}
    assert steps["KSampler"] > 10 * steps["VAEDecode"] > LEAST


def test_a_step_whose_time_is_not_known_is_as_wide_as_the_average():
    case = forecast(checkpoint(side=4096, batch=4), "rtx-3060-8gb", system="windows")
    found = {one.step.title: one for one in columns(case, ROOM)}
    assert (None, "spill") == (found["KSampler"].step.seconds, found["KSampler"].step.verdict)
    assert found["KSampler"].width > ROOM / 10


def test_what_comes_after_a_failing_step_is_not_reached():
    case = CASES["oom"]()
    shown = columns(case, ROOM)
    assert [True, True, True, False] == [one.reached for one in shown]
    said = {one.column.step.title: one.text.splitlines()[1] for one in names(shown, case, ROOM)}
    assert ("fails here", "not reached") == (said["KSampler"], said["VAEDecode"])


def test_two_models_of_one_kind_are_told_apart_by_their_files():
    case = CASES["video"]()
    words = [entry for row in key(case, columns(case, ROOM)) for _, entry in row]
    assert len(words) == len(set(words))
    assert any("high_noise" in one for one in words)


def test_each_model_has_a_hue_of_its_own():
    case = CASES["streamed"]()
    assert len(case.components) == len(set(hues(case).values()))


def test_of_very_many_steps_some_stand_for_their_neighbours():
    case = forecast(chained(100), "rtx-4070")
    shown = columns(case, ROOM)
    assert len(case.steps) == 304
    assert len(shown) <= look("limits")["most_steps"]
    assert len(case.steps) == sum(one.stands_for for one in shown)
    assert timeline_picture.picture(case, sentence(case))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200))
def test_widths_fill_the_room_whatever_the_seconds(shares):
    found = widths(shares, ROOM, LEAST)
    assert sum(found) == pytest.approx(ROOM)
    assert min(found) >= min(LEAST, ROOM / len(shares)) - 1e-6


@pytest.mark.parametrize(
    ("said", "title", "rest"),
    [
        ("Fits: peak 5.9 GiB of 12.0 in KSampler (node 8), about 3 min.", ..., ""),
        (
            "Runs out of memory in KSampler (node 8): needs 17.1 to 35.3 GiB at once, the card has 8.0.",
            "Runs out of memory in KSampler (node 8)",
            "Needs 17.1 to 35.3 GiB at once, the card has 8.0.",
        ),
        (
            "Weights take 31.4 GiB; the cost of MyCustomSampler (node 8b) is not known, so no promise.",
            "The cost of MyCustomSampler (node 8b) is not known, so no promise.",
            "Weights take 31.4 GiB.",
        ),
        (
            "Runs, streaming 1.6 GiB of weights per step over PCIe in A long name of a sampler (node 7).",
            "Runs, streaming 1.6 GiB of weights per step",
            "Over PCIe in A long name of a sampler (node 7).",
        ),
        ("x" * 200, "x" * 76 + " …", "x" * 124),
    ],
)
def test_the_title_says_the_answer_and_fits(said, title, rest):
    assert (said if title is ... else title, rest) == headline(said)


@pytest.mark.parametrize("title", ["看 $x^2$ сэмплер", "$\\frac{", "a\n\x00\x1b[31mb\ud800", "x" * 5000, ""])
def test_any_name_of_a_node_can_be_drawn(title):
    prompt = flux()
    prompt["8"]["_meta"] = {"title": title}
    case = forecast(prompt)
    assert timeline_picture.picture(case, sentence(case))
    assert all(letter.isprintable() for letter in plain(title, 22))


def test_without_matplotlib_the_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    case = CASES["resident"]()
    with pytest.raises(InputError, match="matplotlib"):
        timeline_picture.picture(case, sentence(case))
