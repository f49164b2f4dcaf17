"""Suggestions as text: one line each, and what a user has to know of them before."""

import pytest
from msgspec.structs import replace
from vram_forecast.estimator.advice import Download, Suggestion
from vram_forecast.estimator.report.advice import line, notes
from vram_forecast.estimator.units import GIB

FILE = Download("a.gguf", "https://huggingface.co/x/y/resolve/main/a.gguf", "unet", 3 * GIB)
ONE = Suggestion(
    code="lighter-model:a.gguf",
    title="Load a.gguf instead (3.0 GiB to download)",
    why="disk becomes resident",
    applicability="lossy",
    edits=(),
    saves=4 * GIB,
    saves_ram=0,
    verdict_after="resident",
    tight_after=False,
    seconds_after=19.0,
    seconds_again_after=19.0,
    quality="close to 16 bit",
    effects=("cfg must be 1",),
    downloads=(FILE,),
    needs=("ComfyUI-GGUF",),
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "−4.0 GiB · fits · 19 s · quality: close to 16 bit"),
        ({"saves": 0, "saves_ram": 2 * GIB}, "−2.0 GiB of RAM · fits · 19 s · quality: close to 16 bit"),
        ({"saves": GIB // 4}, "fits · 19 s · quality: close to 16 bit"),
        ({"saves": 0, "why": "no longer tight"}, "no longer tight · fits · 19 s · quality: close to 16 bit"),
        ({"saves": 0, "why": "quicker", "quality": ""}, "fits · 19 s"),
        ({"seconds_after": None, "tight_after": True}, "−4.0 GiB · fits, tight · quality: close to 16 bit"),
    ],
    ids=["VRAM", "RAM", "too little to say", "a reason", "a reason that the seconds say", "no time known"],
)
def test_a_suggestion_is_one_line(change, said):
    assert f"{ONE.title} · {said}" == line(replace(ONE, **change))


def test_what_else_changes_is_needed_and_is_downloaded_is_said():
    assert [
        "Also cfg must be 1.",
        "Needs the pack ComfyUI-GGUF.",
        "Downloads a.gguf, 3.0 GiB, from huggingface.co into models/unet.",
    ] == notes(ONE)


def test_a_size_that_is_worked_out_and_a_licence_to_accept_are_said():
    file = replace(FILE, exact=False, gated=True)
    assert notes(replace(ONE, downloads=(file,)))[-1] == (
        "Downloads a.gguf, about 3.0 GiB, from huggingface.co into models/unet; its licence must be accepted "
        "there first."
    )
