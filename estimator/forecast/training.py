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
    counted with them. A checkpointed model's weights are gone through twice, by forward and backward.
    """
    if step.shape is None or pricer.attention != "fused":
        return None
    rule, law = facts.table("training")["types"], law_of(step.law, pricer.machine.policy.comfy)
    traced = replace(main, storage=rule["bf16"], compute=rule["bf16"])
    found = pricer.at(replace(step, law=law), traced, step.shape, step.repeats)
    if found is None:
        return None
    taken = in_types(found.cost.activations, main.storage, training.compute or main.compute)
    taken += Estimate.exact(held(pricer.parts[main.key], training))
    sweeps = 2 if DEPTH in law else 1
    cost = replace(found.cost, activations=taken)
    return replace(found, passes=step.repeats * sweeps, cost=cost, tiles=1 / sweeps)


def in_types(known: Estimate, storage: str, compute: str) -> Estimate:
    """The traced activations of 16 bits, where weights are held and computed in these types.

    What a weight becomes with its adapter is kept in the type of the computation, whatever it was stored in.
    """
    rule = facts.table("training")["other_types"]
    if bits()[compute] > HALF:
        share = rule["wide"]
        low, best, high = known.low * share["low"], known.best * share["best"], known.high * share["high"]
        return Estimate(low, best, high, "modelled")
    least = rule["stored_low"] if storage != compute else 1
    return Estimate(known.low * least, known.best, known.high, known.basis)


def law_of(law: str, comfy: str) -> str:
    """The law by what this version checkpoints: once it had no depth to ask for."""
    rule = facts.table("training")["checkpointing"]
    mode, asked, _ = law.partition(DEPTH)
    if asked and version(comfy) < version(rule["depth_since"]):
        return f"{mode}{DEPTH}{rule['depth_before']}"
    return law


def reserve() -> int:
    """Bytes that the trainer asks to be free beside its model: all other models go."""
    asked: int = facts.table("training")["reserve"]["bytes"]
    return asked
