"""The targets of speed, measured in CI or where VRAM_FORECAST_SPEED is set: other work disturbs them."""

import json
import os
import subprocess
import sys

import pytest

ASKED = os.environ.get("CI") == "true" or "VRAM_FORECAST_SPEED" in os.environ
# CI machines are shared and slower than those that the targets were set on. Shares of another reader's time
# on the same machine need less.
SLACK = {"share": 1.3, "seconds": 3}


@pytest.mark.skipif(not ASKED, reason="set VRAM_FORECAST_SPEED=1 to measure")
def test_files_are_read_as_fast_as_promised(root):
    done = subprocess.run(
        [sys.executable, root / "benchmarks" / "speed.py", "--json"], capture_output=True, text=True
    )
    rows = json.loads(done.stdout)["measurements"]
    aimed = [row for row in rows if row["target"] is not None and row["value"] is not None]
    assert len(aimed) >= 3, done.stdout
    slow = [
        row
        for row in aimed
        if row["value"] > row["target"] * SLACK["share" if "share" in row["name"] else "seconds"]
    ]
    assert [] == slow
