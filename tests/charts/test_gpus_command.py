"""`gpus` at the command line: its table within the terminal, its JSON, its refusals."""

import json

import pytest
from at_command_line import refused
from vram_forecast.estimator.charts.cards import chosen, rated
from vram_forecast.estimator.options import usual_machine
from vram_forecast.estimator.report.cards import render


@pytest.fixture(scope="module")
def everything():
    """All cards there are."""
    return [rated(row, usual_machine(row)) for row in chosen(everything=True)]


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_the_table_keeps_within_the_terminal(everything, columns):
    lines = render(everything, columns, colour=False).splitlines()
    assert max(map(len, lines)) <= columns
    assert any(line.startswith("RTX 4090 ") for line in lines)
    assert sum("unreleased" in line for line in lines) == 3


def test_the_narrow_table_leaves_out_what_is_optional(everything):
    head = render(everything, 80, colour=False).splitlines()[0].split()
    assert head == ["VRAM", "GB/s", "16-bit", "holds", "SDXL", "FLUX", "Qwen", "Wan", "LTX-2"]


def test_one_card_is_told_in_full(cli):
    said = cli("gpus", "RTX 3060 12 GB").stdout
    for part in (
        "● 12 GB",
        "▽ 360 GB/s",
        "✗ 26 TFLOPS",
        "FLOP per byte",
        "families whole",
        "25 % more bandwidth",
    ):
        assert part in said


def test_a_card_that_was_never_released_says_so(cli):
    assert "Never released" in cli("gpus", "rtx-5080-super").stdout


def test_the_list_says_how_many_cards_it_leaves_out(cli):
    said = cli("gpus", "--min-vram", "24").stdout
    assert "--all shows laptops" in said
    assert "RTX 4060" not in said


def test_the_json_has_the_rows_of_the_data_and_what_they_are_rated_by(cli):
    (row,) = json.loads(cli("gpus", "RTX 4090", "--json").stdout)["gpus"]
    assert (row["id"], row["vram_gb"], row["bandwidth_gbs"], row["released"]) == (
        "rtx-4090",
        24.0,
        1008.4,
        True,
    )
    assert row["grades"] == {"vram": "green", "bandwidth": "green", "compute": "green"}
    assert {"id", "title", "verdict", "tight", "seconds"} == set(row["references"][0])
    assert set(row["newly_unlocked"]) <= set(row["unlocks"])


def test_the_comparison_answers_in_text_and_in_json(cli):
    pair = ("gpus", "--compare", "rtx-4060-ti-16gb", "rtx-5060-ti-16gb")
    found = json.loads(cli(*pair, "--json").stdout)
    assert found["schema"] == 1
    said = " ".join(cli(*pair).stdout.split())
    assert said.startswith(found["compare"]["answer"])
    assert [row["id"] for row in found["compare"]["gpus"]] == list(pair[2:])


@pytest.mark.parametrize("arguments", [(), ("--compare", "rtx-3090", "rtx-4090"), ("rtx-4090", "rtx-3090")])
def test_a_picture_is_written_and_said_to_be(cli, tmp_path, arguments):
    path = tmp_path / "cards.png"
    assert cli("gpus", *arguments, "--png", path).stdout.strip() == f"Written: {path}"
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rtx-9999",), "no card is named"),
        (("--compare", "rtx-4090", "voodoo"), "no card is named"),
        (("--sort", "price"), "--sort"),
        (("--vendor", "3dfx"), "--vendor"),
        (("--segment", "toy"), "--segment"),
        (("--min-vram", "1000"), "no card is like that"),
        (("rtx-4090", "--png", "x.jpg"), "PNG"),
    ],
)
def test_what_cannot_be_answered_is_one_line(cli, arguments, says):
    assert says in refused(cli("gpus", *arguments))
