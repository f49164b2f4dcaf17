"""Numbers fitted on public measurements are what the measurements say."""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator import facts


def test_the_share_of_a_cards_rate_is_the_median_of_public_measurements_within_their_ends(root):
    script = root / "benchmarks" / "speed_evidence.py"
    found = json.loads(
        subprocess.run([sys.executable, script, "--json"], capture_output=True, check=True).stdout
    )
    used = facts.table("managers/constants")["compute"]["efficiency"]
    assert {end: found[end] for end in ("low", "best", "high")} == pytest.approx(used, abs=0.006)


def test_runs_that_others_timed_lie_within_the_band_of_their_forecast(root):
    script = root / "benchmarks" / "runs.py"
    rows = json.loads(
        subprocess.run([sys.executable, script, "--json"], capture_output=True, check=True).stdout
    )
    assert [one["id"] for one in rows] == [
        one["id"] for one in rows if one["low"] <= one["said"] <= one["high"] and one["verdict"] != "oom"
    ]
