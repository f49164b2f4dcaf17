"""Machines whose truth is known: what passes really take there, and the rows of nodes that ran on them."""

import random
from typing import NamedTuple

from vram_forecast.estimator.costs.corrected import beside
from vram_forecast.estimator.costs.corrections import Place
from vram_forecast.estimator.history.learn import corrections
from vram_forecast.estimator.history.rows import Done
from vram_forecast.estimator.units import MIB, Estimate

LAW = "flux:forward:native:2"
SHAPE = (1, 16, 128, 128)
BAND = 0.01  # of a traced law


class Truth(NamedTuple):
    """What passes take: so many times what the law says and a constant more, give or take.

    `jumps`: by how large a share of the law a size of its own may lie higher or lower, as where cuDNN chooses
    another algorithm; `room`: what a forecast allows for beside the tensors, in shares of them and in bytes.
    """

    factor: float = 1.03
    plus: float = 180 * MIB
    noise: float = 0.01
    jumps: float = 0.0
    room: tuple[float, float] = (0.0, 256 * MIB)
    convolves: bool = False
    seed: int = 0

    def takes(self, size, chance):
        """Bytes beside the weights of one pass."""
        own = random.Random(f"{self.seed} {round(size)}").uniform(-self.jumps, self.jumps)
        return (size * (self.factor + own) + self.plus) * (1 + chance.uniform(-1, 1) * self.noise)

    def known(self, size):
        """The forecast without anything learned."""
        share, plus = self.room
        return traced(size) + Estimate(0, (share * size + plus) / 4, share * size + plus, "modelled")


def traced(size):
    """What the law says."""
    return Estimate.spread(round(size), BAND, BAND, "traced")


def ran(size, took, law=LAW, **more):
    """A node that ran where the law says `size`, and took so many bytes beside its weights."""
    said = {
        "run": "r",
        "node": "8",
        "class_type": "KSampler",
        "kind": "sample",
        "law": law,
        "shape": SHAPE,
        "activations": traced(size),
        "before": 0,
        "peak": round(took),
        "after": 0,
    }
    return Done(**said | more)


def timed(ratio, **more):
    """A node whose passes took so many times the seconds that the law says."""
    told = {"forecast_per_pass": Estimate(0.5, 1.0, 2.0, "modelled"), "per_pass": ratio}
    return ran(400 * MIB, 0, before=None, **told | more)


def past(truth, sizes, count, chance):
    """Nodes that ran, each of one of the sizes."""
    chosen = [chance.choice(sizes) for _ in range(count)]
    return [ran(size, truth.takes(size, chance)) for size in chosen]


def only(rows):
    """The one correction that rows teach, or None."""
    found = corrections(rows)
    assert len(found) <= 1
    return found[0] if found else None


def corrected(truth, rows, size, batch=1, frames=1):
    """The forecast of a pass by what rows teach."""
    found, known = only(rows), truth.known(size)
    if found is None or found.beside is None:
        return known
    return beside(found.beside, Place(size, batch, frames), known, traced(size).low, truth.convolves)


def width(band):
    return band.high - band.low
