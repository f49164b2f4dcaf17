"""What a training step costs: forward and backward, and what is trained beside the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from .. import facts
from ..costs.trained import Training, held
from ..formats import bits
from ..runtime import Held
from ..runtime.policy import version
from ..units import Estimate
from ..workflow.values import Step

if TYPE_CHECKING:
    from .price import Price, Pricer

DEPTH = "_depth_"
HALF = 16  # bits of the numbers in which trainings are traced


def price(pricer: Pricer, step: Step, training: Training, main: Held) -> Price | None:
    """The price of a training; None where no law is known, as where attention has no fused kernel.

    What is trained, its gradients and the optimizer's states live as long as the activations, and are
    counted with them. A checkpointed model's weights are gone through twice, by forward and backward. What is
    trained is in no shape, so that nothing measured of one training says what another takes: it has no law.
    """
    rule, shares = facts.table("training"), facts.table("training")["algorithms"][training.algorithm]
    if step.shape is None or pricer.attention != "fused" or not shares:
        return None
    law, traced = law_of(step.law, pricer.machine.policy.comfy), rule["types"]["bf16"]
    held_so = replace(main, storage=traced, compute=traced)
    found = pricer.at(replace(step, law=law), held_so, step.shape, step.repeats)
    if found is None:
        return None
    taken = in_types(found.cost.activations, main.storage, training.compute or main.compute)
    taken = within(taken, shares["low"], shares["high"])
    taken += Estimate.exact(held(pricer.parts[main.key], training))
    sweeps = 2 if DEPTH in law else 1
    cost = replace(found.cost, activations=taken)
    return replace(found, passes=step.repeats * sweeps, cost=cost, tiles=1 / sweeps, law="")


def in_types(known: Estimate, storage: str, compute: str) -> Estimate:
    """The traced activations of 16 bits, where weights are held and computed in these types.

    What a weight becomes with its adapter is kept in the type of the computation, whatever it was stored in.
    """
    rule = facts.table("training")["other_types"]
    if bits()[compute] > HALF:
        share = rule["wide"]
        wide = Estimate(known.low, known.best, known.high, "modelled").times(share["best"])
        return within(wide, share["low"] / share["best"], share["high"] / share["best"])
    return within(known, rule["stored_low"] if storage != compute else 1, 1)


def within(known: Estimate, low: float, high: float) -> Estimate:
    """An estimate with a band that is wider by these shares of its ends."""
    wider = "modelled" if (low, high) != (1, 1) else known.basis
    return Estimate(known.low * low, known.best, known.high * high, wider)


def law_of(law: str, comfy: str) -> str:
    """The law by what this version checkpoints: once it had no depth to ask for."""
    rule = facts.table("training")["checkpointing"]
    mode, asked, _ = law.partition(DEPTH)
    if asked and version(comfy) < version(rule["depth_since"]):
        return f"{mode}{DEPTH}{rule['depth_before']}"
    return law


def slower(forward: Estimate) -> Estimate:
    """Seconds of a training's products, of which a forward would do as many in these."""
    share = facts.table("training")["slower"]
    low, best, high = (forward.low * share["low"], forward.best * share["best"], forward.high * share["high"])
    return Estimate(low, best, high, "assumed")


def reserve() -> int:
    """Bytes that the trainer asks to be free beside its model: all other models go."""
    asked: int = facts.table("training")["reserve"]["bytes"]
    return asked
