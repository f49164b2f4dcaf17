"""Bytes on the card, against what other people's ComfyUI logged for the same files."""

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime import hold
from vram_forecast.estimator.units import MIB

LOGS = facts.table("measurements/weights")["log"]


@pytest.mark.parametrize("log", LOGS, ids=[log["id"] for log in LOGS])
def test_a_model_is_held_in_as_many_bytes_as_the_log_says(log):
    here = machine(gpu="rtx-4090", ram=64, system="linux", flags=" ".join(log["flags"]))
    parts = [
        one
        for header in log["headers"]
        for one in identify(stand_in(header, header)).components
        if one.role == log["role"]
    ]
    held = sum(hold(one.id, one, here).bytes for one in parts) / MIB
    assert log["mib"] == pytest.approx(held, abs=0.03)
