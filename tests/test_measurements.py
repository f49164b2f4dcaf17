"""Numbers fitted on public measurements are what the measurements say."""

import json
import subprocess
import sys


def test_public_seconds_of_a_pass_are_forecast_as_well_where_they_were_held_out(root):
    script = root / "benchmarks" / "speed_evidence.py"
    found = json.loads(
        subprocess.run([sys.executable, script, "--json"], capture_output=True, check=True).stdout
    )
    for half in ("chosen_on", "held_out"):
        assert found[half]["rows"] >= 10
        assert found[half]["median_error"] <= 0.25, half
        assert found[half]["inside"] >= 0.8, half
        assert found[half]["worst_factor"] <= 2.5, half


def test_runs_that_others_timed_lie_within_the_band_of_their_forecast(root):
    script = root / "benchmarks" / "runs.py"
    rows = json.loads(
        subprocess.run([sys.executable, script, "--json"], capture_output=True, check=True).stdout
    )
    assert [one["id"] for one in rows] == [
        one["id"] for one in rows if one["low"] <= one["said"] <= one["high"] and one["verdict"] != "oom"
    ]
