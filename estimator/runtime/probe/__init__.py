"""The machine itself: its cards, who holds their memory, its RAM and disks, behind one protocol.

`probe()` answers for this machine, or for a recorded one where `VRAM_FORECAST_MACHINE` names a recording.
"""

from __future__ import annotations

import os
from pathlib import Path

from .here import Here
from .readings import Card, Probe, Process
from .recorded import Recorded, Recording, recorded

__all__ = ["VARIABLE", "Card", "Here", "Probe", "Process", "Recorded", "Recording", "probe", "recorded"]

VARIABLE = "VRAM_FORECAST_MACHINE"


def probe() -> Probe:
    """This machine, or the recorded one that the environment names. Raises `InputError` for a bad one."""
    named = os.environ.get(VARIABLE)
    return recorded(Path(named)) if named else Here()
