"""The command limits: a sentence, a table, JSON, and what it refuses."""

import json

import pytest
from at_command_line import refused
from prompts import checkpoint, flux


def test_the_command_says_it_in_a_sentence_first(cli, saved):
    done = cli("limits", saved(flux()), "--gpu", "rtx-3060-12gb", "--ram", "64", "--os", "linux")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("On 12.0 GiB: no size stays resident, ")
    assert "No limit of frames: it makes pictures, not video." in done.stdout


def test_the_command_as_json_has_the_keys_of_the_contract(cli, saved):
    done = cli(
        "limits", saved(checkpoint()), "--gpu", "rtx-3060-12gb", "--ram", "64", "--json", "--slowdown", "2"
    )
    answer = json.loads(done.stdout)
    assert list(answer) == ["schema", "because", "device", "slowdown", "now", "quantities"]
    assert answer["slowdown"] == 2
    size = answer["quantities"][0]
    assert list(size) == ["quantity", "value", "settings", "step", "why", "limits"]
    assert [one["stays"] for one in size["limits"]] == ["resident", "quick", "safe", "running"]
    assert " ".join(size["limits"][0]) == (
        "stays value width height frames batch edits verdict tight vram_peak seconds slowdown where beyond"
    )


def test_a_slowdown_below_one_is_refused(cli, saved):
    line = refused(cli("limits", saved(flux()), "--gpu", "rtx-4090", "--slowdown", "0.5"))
    assert "--slowdown" in line


@pytest.mark.parametrize("slowdown", ["nan", "-1"])
def test_no_number_at_all_is_refused_too(cli, saved, slowdown):
    assert "--slowdown" in refused(
        cli("limits", saved(flux()), "--gpu", "rtx-4090", f"--slowdown={slowdown}")
    )
