"""Networks that run within a sampler's pass: ControlNets and model patches beside their model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..costs import Cost
from ..runtime import Held
from ..units import Estimate
from ..workflow.values import Side, Step

if TYPE_CHECKING:
    from .price import Price, Pricer


def together(
    pricer: Pricer, step: Step, models: list[Held], count: int, alone: Price | None, free: int
) -> Price | None:
    """The price of a pass with all that runs in it; None where the memory of one of them is not known.

    A ControlNet runs before the model, and what it gives stays until the model has run: the peak is the
    model's with all that is kept, or a ControlNet's own. A model patch makes the model's own forward larger.
    """
    if alone is None:
        return None
    held = {one.key: one for one in models}
    kept, own, flops = Estimate.exact(0), alone.cost.activations, alone.cost.flops
    laws = [alone.law]
    for side in step.sides:
        part = pricer.parts.get(side.component)
        if part and part.role == "model_patch":
            grown = patched(pricer, step, models[0], side, count, free)
            if grown is None:
                return None
            kept, flops = kept + over(grown, alone.cost), flops + max(0.0, grown.flops - alone.cost.flops)
            laws.append(pricer.law("patched", models[0], part))
            continue
        runs, keeps = (at(pricer, step, side, held, count, law, free) for law in ("control", "residuals"))
        if runs is None or keeps is None:
            return None
        own = highest(own, runs.cost.activations)
        kept, flops = kept + keeps.cost.activations, flops + runs.cost.flops
        laws.append(runs.law)
    whole = highest(alone.cost.activations + kept, own)
    cost = msgspec.structs.replace(alone.cost, activations=whole, flops=flops)
    return msgspec.structs.replace(alone, cost=cost, law="+".join(laws))


def patched(pricer: Pricer, step: Step, main: Held, side: Side, count: int, free: int) -> Cost | None:
    """The cost of the main model's forward with one patch."""
    shape = msgspec.structs.replace(side.shape, batch=side.shape.batch * count)
    asked = msgspec.structs.replace(step, law="patched")
    return pricer.paid(asked, main, shape, free, patch=pricer.parts[side.component])


def over(grown: Cost, plain: Cost) -> Estimate:
    """What a patch adds to a forward."""
    one, other = grown.activations, plain.activations
    best = max(0.0, one.best - other.best)
    return Estimate(
        min(best, max(0.0, one.low - other.low)), best, max(best, one.high - other.high), one.basis
    )


def at(
    pricer: Pricer, step: Step, side: Side, held: dict[str, Held], count: int, law: str, free: int
) -> Price | None:
    """The price of one law of a network beside the model."""
    if side.component not in held:
        return None
    shape = msgspec.structs.replace(side.shape, batch=side.shape.batch * count)
    asked = msgspec.structs.replace(step, law=law)
    return pricer.at(asked, held[side.component], shape, 1, free=free)


def highest(one: Estimate, other: Estimate) -> Estimate:
    """The higher of two peaks, each end by itself."""
    best = max(one.best, other.best)
    basis = one.basis if one.best >= other.best else other.basis
    return Estimate(max(one.low, other.low), best, max(one.high, other.high), basis)
