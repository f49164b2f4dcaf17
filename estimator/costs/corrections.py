"""What was learned on a machine about a law: by how much its truth differs there."""

from __future__ import annotations

import msgspec

from ..units import Estimate


class Correction(msgspec.Struct, frozen=True):
    """Factors on a law, each a band: what a pass takes beside its weights over the law's activations, and
    the seconds of a pass over those forecast; None where too little was measured. `points`: how much was.
    """

    law: str
    points: int
    beside: Estimate | None = None
    seconds: Estimate | None = None
