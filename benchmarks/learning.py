"""What past runs teach, on SIMULATED machines: `python benchmarks/learning.py [--json] [--cases N]`.

No card was measured for this. Each case is a machine whose truth is drawn at random: passes take a factor of
what the family's law says, a constant more, some noise, and where a model convolves a share of its own at
each size. Nodes run there at some sizes, and then one of these sizes is forecast, or one that never ran. For
each family: how wide the band of what a pass takes beside its weights is, as a share of the activations (the
middle of all cases), and how often it holds the truth.
"""

from __future__ import annotations

import json
import random
import sys
from functools import cache
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import prompts

from estimator import check
from estimator.costs import corrected
from estimator.costs.corrections import Place
from estimator.forecast import StepForecast
from estimator.history.learn import corrections
from estimator.history.rows import Done
from estimator.options import machine
from estimator.units import MIB, Estimate

CASES, POINTS = 1000, (3, 10, 30)
NOISE = 0.01  # to either side
SIDES = ((512, 512), (768, 768), (1024, 1024), (1344, 768), (1536, 1536), (2048, 2048))
VIDEOS = ((480, 480, 33), (640, 368, 49), (832, 480, 49), (832, 480, 81), (960, 544, 81), (1280, 720, 81))


class Family(NamedTuple):
    """A family: its prompt, which step of it, at which sizes, and whether it convolves."""

    name: str
    prompt: str
    kind: str
    sizes: tuple[tuple[int, ...], ...]
    convolves: bool


FAMILIES = (
    Family("FLUX.1", "flux", "sample", SIDES, False),
    Family("Wan 2.2 14B", "wan", "sample", VIDEOS, False),
    Family("SDXL", "checkpoint", "sample", SIDES[:3] + SIDES[4:], True),
    Family("FLUX VAE", "flux", "decode", SIDES, True),
    Family("Wan VAE", "wan", "decode", VIDEOS, True),
)


class Truth(NamedTuple):
    """A machine: what a pass takes of what the law says, and more; each size has a share of its `own`."""

    factor: float
    plus: float
    own: float
    seed: int

    def takes(self, size: float, chance: random.Random) -> float:
        """Bytes beside the weights of one pass."""
        share = random.Random(f"{self.seed} {round(size)}").uniform(-self.own, self.own)
        return (size * (self.factor + share) + self.plus) * (1 + chance.uniform(-NOISE, NOISE))


@cache
def step(family: Family, size: tuple[int, ...]) -> StepForecast:
    """The forecast of a family's step where nothing was learned, on a card with room for all of it."""
    build = getattr(prompts, family.prompt)
    prompt = build(side=size[0]) if family.prompt == "checkpoint" else build(*size)
    where = machine(vram=200, ram=256, system="linux")
    found = check(prompt, where, prompts.nowhere, suggestions=0).forecast
    return next(one for one in found.steps if one.kind == family.kind)


def drawn(family: Family, chance: random.Random) -> Truth:
    """A machine at random: kernels' scratch, or conversions and algorithms of convolutions."""
    if family.convolves:
        return Truth(chance.uniform(1.05, 1.5), 0, 0.05, chance.getrandbits(32))
    return Truth(chance.uniform(1.0, 1.02), chance.uniform(16, 200) * MIB, 0, chance.getrandbits(32))


def ran(one: StepForecast, truth: Truth, chance: random.Random) -> Done:
    """What is recorded of the step there."""
    assert one.by_law
    said = one.by_law.activations
    return Done(
        run="simulated",
        node=one.node,
        class_type=one.class_type,
        law=one.law,
        shape=one.shape,
        activations=said,
        before=0,
        peak=round(truth.takes(said.best, chance)),
        after=0,
    )


def band(family: Family, one: StepForecast, rows: list[Done]) -> Estimate:
    """What a pass takes, as forecast after these rows."""
    assert one.by_law
    known, said = one.activations + one.workspace, one.by_law.activations
    found = next(iter(corrections(rows)), None)
    if found is None or found.beside is None:
        return known
    here = Place.of(said.best, one.shape)
    return corrected.beside(found.beside, here, known, said.low, family.convolves)


def case(family: Family, points: int, seed: str) -> list[dict[str, Any]]:
    """One machine: a size that ran and one that did not, each before and after so many points."""
    chance = random.Random(seed)
    truth, sizes = drawn(family, chance), chance.sample(family.sizes, len(family.sizes))
    past = [ran(step(family, chance.choice(sizes[:3])), truth, chance) for _ in range(points)]
    said = {row.activations.best for row in past if row.activations}
    asked = {one.by_law.activations.best in said: one for size in sizes if (one := step(family, size)).by_law}
    found = []
    for there, one in asked.items():
        law = one.by_law.activations.best
        took = truth.takes(law, chance)
        before, after = one.activations + one.workspace, band(family, one, past)
        ends = {"before": before, "after": after}
        told = {f"{name}_width": (end.high - end.low) / law for name, end in ends.items()}
        held = {f"{name}_held": end.low <= took <= end.high for name, end in ends.items()}
        found.append({"ran": there, **told, **held})
    return found


def rows(cases: int) -> list[dict[str, Any]]:
    """The table: a row for each family, number of points, and whether the size ran."""
    table = []
    for family in FAMILIES:
        for points in POINTS:
            seeds = (f"{family.name} {points} {number}" for number in range(cases))
            found = [one for seed in seeds for one in case(family, points, seed)]
            for there in (True, False):
                table.append({"family": family.name, "points": points, "ran": there} | told(found, there))
    return table


def told(found: list[dict[str, Any]], there: bool) -> dict[str, Any]:
    """The middle width and the share held, of the sizes that ran or of the others."""
    own = [one for one in found if one["ran"] == there]
    widths = {name: median(one[name] for one in own) for name in ("before_width", "after_width")}
    return widths | {name: fmean(one[name] for one in own) for name in ("before_held", "after_held")}


def main() -> None:
    """Print the table."""
    cases = int(sys.argv[sys.argv.index("--cases") + 1]) if "--cases" in sys.argv else CASES
    table = rows(cases)
    if "--json" in sys.argv:
        print(json.dumps({"simulated": True, "cases": cases, "rows": table}))
        return
    print(f"Simulated machines, {cases} for each line; no card was measured.")
    heads = f"{'width before':>12} {'after':>6} {'held before':>12} {'after':>6}"
    print(f"{'family':<12} {'points':>6}  {'size':<9} {heads}")
    for one in table:
        size = "ran" if one["ran"] else "never ran"
        widths = f"{one['before_width']:>12.2f} {one['after_width']:>6.2f}"
        held = f"{one['before_held']:>12.1%} {one['after_held']:>6.1%}"
        print(f"{one['family']:<12} {one['points']:>6}  {size:<9} {widths} {held}")


if __name__ == "__main__":
    main()
