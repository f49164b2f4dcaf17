"""Autoencoders whose frames go in turns: traced on ComfyUI 0.33.0 with cards of several sizes pretended."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator.costs import Shape, cost
from vram_forecast.estimator.costs.tiles import tiling
from vram_forecast.estimator.costs.turns import Video, limit, most, walked
from vram_forecast.estimator.units import GIB, MIB

POINTS = json.loads((Path(__file__).parent / "turns.json").read_text())


def said(point):
    """The most that is live, as gone through."""
    sides = (point["frames"], point["height"], point["width"])
    return most(point["way"], Video(1, *sides, 2, point["card_gib"] * GIB)).live


@pytest.mark.parametrize(
    "point", POINTS, ids=lambda p: f"{p['way']}-{p['card_gib']}-{p['frames']}x{p['height']}"
)
def test_what_is_live_is_what_was_traced(point):
    assert said(point) == pytest.approx(point["peak"], rel=0.001)


@pytest.mark.parametrize(
    ("card", "piece"), [(4, 32), (6, 32), (15, 80), (24, 128), (80, 128)], ids=lambda value: str(value)
)
def test_a_piece_is_as_large_as_the_cards_memory_says(card, piece):
    assert piece * MIB == limit(card * GIB)


def test_a_small_card_decodes_ltx_in_less_memory_than_a_large_one():
    video = Shape(1, 128, 16, 22, 40)
    small, large = (
        cost("vae-ltx2", "decode", video, comfy="0.33.0", storage="native", compute_bytes=2, card=card * GIB)
        for card in (8, 24)
    )
    assert small.activations.best < 0.5 * large.activations.best
    assert small.flops == large.flops


@given(st.integers(1, 10**6), st.integers(1, 2000), st.integers(1, 2000), st.sampled_from([2, 4]))
def test_the_longest_video_is_reckoned_in_bounded_time(frames, height, width, number):
    sides = (1, min(frames, 40), height, width)
    assert most("ltx2-decode", Video(*sides, number, 24 * GIB)).live > 0


def test_a_video_of_an_hour_is_not_gone_through_frame_by_frame():
    walked.cache_clear()
    assert most("ltx2-decode", Video(1, 11250, 34, 60, 2, 8 * GIB)).live > 0
    assert walked.cache_info().misses == 2


@pytest.mark.parametrize(
    ("length", "expected"),
    [(10, (1, 0)), (16, (1, 0)), (17, (2, 15)), (28, (2, 4)), (40, (3, 4)), (44, (4, 7))],
)
def test_minimax_h3_cuts_a_side_in_tiles_of_16_cells_that_share_4_or_more(length, expected):
    assert expected == tiling((16, 4), length)
