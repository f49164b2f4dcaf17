"""`models`: its text, its JSON, its picture, and one line for bad input."""

import json

import pytest
from at_command_line import refused
from vram_forecast.estimator.charts import unlocks_picture
from vram_forecast.estimator.charts.machines import reference, sized
from vram_forecast.estimator.charts.unlocked import unlocked
from vram_forecast.estimator.charts.usual import families
from vram_forecast.estimator.report import unlocks as report


def test_it_says_how_much_each_family_needs(cli):
    done = cli("models")
    assert (done.returncode, done.stderr) == (0, "")
    for one in families():
        assert one.name in done.stdout


@pytest.fixture(scope="module")
def sixteen():
    machine = sized(reference(32), 16)
    return unlocked(machine), machine


@pytest.mark.parametrize("width", [80, 100, 160])
def test_both_tables_fit_the_terminal_and_cut_no_number(width, sixteen):
    for text in (report.render(64, width), report.render_card(*sixteen, width)):
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text


def test_a_card_is_answered_with_what_it_unlocks(cli):
    said = cli("models", "--gpu", "rtx-5060-ti-16gb", "--ram", "32").stdout
    assert said.startswith("What GeForce RTX 5060 Ti 16 GB unlocks\n16.0 GiB, ")
    assert "FLUX.1 dev LoRA training: out of memory." in " ".join(said.split())


def test_the_answer_as_json(cli):
    chart = json.loads(cli("models", "--json", "--ram", "32").stdout)
    assert list(chart) == ["schema", "machine", "families", "tiers"]
    assert chart["machine"] == {"gpu": "rtx-4070", "ram_gib": 32, "os": "linux", "comfy": "0.33.0"}
    flux = next(one for one in chart["families"] if one["id"] == "flux1-dev")
    assert flux["needs"]["minimum"]["label"] == "bf16"
    assert {"vram_gb", "source", "kind", "config"} <= set(flux["said"][0])
    card = json.loads(cli("models", "--vram", "8", "--json").stdout)
    assert card["machine"]["total"] == 8 << 30
    assert {one["id"] for one in card["families"]} == {one.id for one in families()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--gpu", "rtx-9999"), "no card is named `rtx-9999`"),
        (("--gpu", "rtx-4090", "--vram", "8"), "--vram: names a card's size too"),
        (("--vram", "-3"), "--vram: -3 is no amount of memory"),
        (("--ram", "nan"), "--ram"),
        (("--png", "chart.jpg"), "chart.jpg: a picture is written as PNG"),
    ],
)
def test_bad_input_is_one_line(cli, arguments, said):
    assert said in refused(cli("models", *arguments))


def test_the_picture_is_written_beside_the_text(cli, tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "chart.png"
    assert cli("models", "--png", str(path)).returncode == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_picture_s_title_is_the_answer(sixteen):
    found, machine = sixteen
    good = sum(one.well for one in found)
    assert unlocks_picture.card_title(found, machine).startswith(
        f"What 16 GB unlocks: {good} of {len(found)} run well"
    )


def test_all_of_a_card_s_outcomes_have_a_sign_and_a_word_beside_their_colour(sixteen):
    for one in sixteen[0]:
        sign, colour = unlocks_picture.says(one)
        assert sign
        assert colour.startswith("#")
        assert unlocks_picture.how(one)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", ["quick", "whole", "said", "fine", "slow", "fails"])
def test_what_is_written_is_readable_on_white(name):
    assert 1.05 / (luminance(unlocks_picture.look(name)) + 0.05) >= 4.5
