"""The table of what past runs teach: `benchmarks/learning.py`."""

import json
import subprocess
import sys


def test_the_bands_of_simulated_machines_narrow_and_hold_the_truth(root):
    script = root / "benchmarks" / "learning.py"
    told = subprocess.run(
        [sys.executable, script, "--json", "--cases", "60"], capture_output=True, text=True, check=True
    )
    table = json.loads(told.stdout)
    assert table["simulated"] is True and len(table["rows"]) == 30
    for row in table["rows"]:
        assert row["after_held"] >= 0.93, row
        assert row["after_held"] >= row["before_held"] - 0.02, row
    ran = {(row["family"], row["points"]): row for row in table["rows"] if row["ran"]}
    for family in ("FLUX.1", "FLUX VAE"):
        assert ran[family, 10]["after_width"] < ran[family, 10]["before_width"] / 3
