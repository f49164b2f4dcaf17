"""One step on one machine: what it loads and needs beside, and whether it survives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from .. import facts
from ..costs import Cost
from ..models import Component
from ..runtime import Ask, Held, Machine, Manager, Placement
from ..units import ZERO, Estimate, amount
from ..workflow.values import Step
from . import learned
from .learned import tuple_of
from .price import Price, Pricer
from .result import ByLaw, StepForecast, Verdict

# What is measured is all that a pass takes beside its weights: its activations, and this no more.
IN_MEASURED = Estimate(0, 0, 0, "measured")


class Placed(msgspec.Struct, frozen=True):
    """A step with its weights placed: what is said of it so far, and what its seconds come of.

    `failed`: the price of the attempt before the retry in tiles; no `price`, no seconds.
    """

    step: Step
    said: StepForecast
    models: tuple[Held, ...] = ()
    placements: tuple[Placement, ...] = ()
    price: Price | None = None
    failed: Price | None = None


# ComfyUI's estimates by which a step evicts others and by which its model is cut, bytes, and its price.
Asked = tuple[int | None, int | None, Price | None]


class Worker:
    """Forecasts the steps of one prompt in order; the manager remembers what earlier ones left behind."""

    def __init__(self, machine: Machine, manager: Manager, parts: dict[str, Component]) -> None:
        """`parts`: the component behind each key."""
        self.machine, self.manager = machine, manager
        self.pricer = Pricer(machine, parts)
        self.asked: dict[tuple[Step, int], Asked] = {}

    def place(self, step: Step, models: list[Held]) -> Placed:
        """Place `step`, whose components are `models`, the main one first."""
        base = StepForecast(
            node=step.node,
            class_type=step.class_type,
            title=step.title,
            kind=step.kind,
            components=step.components,
            verdict="unknown",
            weights=sum(held.bytes for held in models),
            ram=step.output,
            because=step.unknown,
        )
        if step.scratch and self.machine.backend != "cpu":
            band = facts.table("managers/constants")["scratch"]["band"]
            taken = Estimate.spread(step.scratch, band, band, "traced")
            price = Price(1, Cost(taken, 0, 0, 0), ZERO)
            return self.finish(Placed(step, base, price=price), self.need((), price))
        if not step.scratch and (len(models) < len(step.components) or not models):
            known = step.unknown or "its model is not known"
            return Placed(step, msgspec.structs.replace(base, because=known))
        if step.scratch or models[0].on_cpu:
            return self.on_processor(step, models, base)
        return self.on_card(step, models, base)

    def on_processor(self, step: Step, models: list[Held], base: StepForecast) -> Placed:
        """A step off the card, which takes nothing there."""
        price = self.pricer.price(step, models, 0) if models else None
        said = msgspec.structs.replace(
            base,
            verdict="resident",
            because="runs on the processor",
            shape=tuple_of(step.shape),
            passes=price.passes if price else 1,
        )
        return Placed(step, said, tuple(models), price=price)

    def on_card(self, step: Step, models: list[Held], base: StepForecast) -> Placed:
        """A step on the card: what runs together, where the weights go, how it ends.

        The dynamic manager makes room for what runs together, the legacy one runs together what has room.
        """
        main = models[0]
        evicts, cuts, price = self.ask(step, models)
        beside, full = round(price.beside.best) if price else 0, bool(step.training and step.training.whole)
        placed = self.manager.place(models, Ask(evicts or 0, cuts, beside, full))
        if not self.manager.yields(main):
            price = self.ask(step, models)[2]
        if price is None:
            known = step.shape and "the memory that its model works in is not known"
            base = msgspec.structs.replace(base, because=step.unknown or known or "its size is not known")
            return Placed(step, base, tuple(models), placed)
        base = msgspec.structs.replace(base, comfy_reserves=cuts)
        return self.judge(Placed(step, base, tuple(models), placed, price))

    def ask(self, step: Step, models: list[Held]) -> Asked:
        """What a step asks for with what is free now: the same as any other that does the same work."""
        free = self.manager.free()
        key = (msgspec.structs.replace(step, node="", class_type="", title="", output=0), free)
        if key not in self.asked:
            price = self.taught(step, models, self.pricer.price(step, models, free))
            self.asked[key] = (*self.pricer.reserves(step, models[0]), price)
        return self.asked[key]

    def taught(self, step: Step, models: Sequence[Held], price: Price | None) -> Price | None:
        """A price with what was learned on this machine.

        Scores without a fused kernel take what is free, and so does MIOpen: that is no matter of the law.
        """
        if price is None or not self.machine.corrections:
            return price
        convolves = any(self.pricer.parts[held.key].convolutional for held in models)
        if not self.pricer.fused(step) or (convolves and self.pricer.searches()):
            return price
        return learned.priced(price, step.shape, self.machine, convolves)

    def judge(self, placed: Placed) -> Placed:
        """A placed step with its verdict; a VAE that does not fit is judged again in tiles.

        A VAE is never tight where its retry in tiles would fit: at worst it is slower. Not so on AMD's cards:
        there memory runs out in MIOpen, of which ComfyUI does not learn in time.
        """
        price, total = placed.price, self.machine.device.total
        assert price is not None
        need = self.need(placed.placements, price)
        if need.high <= total:
            return self.finish(placed, need)
        tries = self.retries(placed)
        retried = next((one for one in tries if self.need(placed.placements, one).low <= total), None)
        if retried is not None and need.best > total:
            less = self.need(placed.placements, retried)
            return self.finish(msgspec.structs.replace(placed, price=retried, failed=price), less)
        found = self.finish(placed, need)
        tight = found.said.tight and not (retried is not None and self.retries_surely())
        said = msgspec.structs.replace(found.said, tight=tight)
        return msgspec.structs.replace(found, said=said)

    def retries(self, placed: Placed) -> Iterator[Price]:
        """The prices of what follows when memory runs out, in turn."""
        for price in self.pricer.retries(placed.step, placed.models[0]):
            yield self.taught(placed.step, placed.models, price) or price

    def retries_surely(self) -> bool:
        """Whether ComfyUI learns that memory ran out, whatever ran out of it."""
        return self.machine.device.vendor in facts.table("managers/vae")["retry"]["vendors"]

    def need(self, placed: tuple[Placement, ...], price: Price) -> Estimate:
        """Bytes that cannot give way during a pass.

        A partial load of the legacy manager is cut to what is free, however much others hold.
        """
        fixed, taken = self.manager.fixed() + sum(one.buffer for one in placed), self.machine.device.taken
        if any(one.streamed and not one.yields for one in placed):
            taken = Estimate(taken.best, taken.best, taken.best, taken.basis)
        return taken + Estimate.exact(fixed) + price.beside

    def finish(self, placed: Placed, need: Estimate) -> Placed:
        """A step with all that is said of its memory, of which it needs so much."""
        price, where, total = placed.price, placed.placements, self.machine.device.total
        assert price is not None
        pages = sum(one.resident - one.forced for one in where if one.yields)
        streamed = sum(one.streamed for one in where)
        verdict, because = self.verdict(need, streamed, price.passes)
        said = msgspec.structs.replace(
            placed.said,
            verdict=verdict,
            because=because,
            shape=tuple_of(placed.step.shape),
            passes=price.passes,
            resident=sum(one.resident for one in where),
            streamed=streamed,
            uploaded=sum(one.uploaded for one in where),
            occupied=self.manager.occupied(),
            fixed=self.manager.fixed() - self.manager.forced(),
            forced=self.manager.forced(),
            buffer=sum(one.buffer for one in where),
            activations=price.measured or price.cost.activations,
            workspace=IN_MEASURED if price.measured else price.workspace,
            law=price.law,
            by_law=ByLaw(price.cost.activations) if price.law else None,
            need=need,
            vram_peak=peak(need, pages, total),
            tiled=placed.failed is not None,
            tight=need.low <= total < need.high,
        )
        return msgspec.structs.replace(placed, said=said)

    def verdict(self, need: Estimate, streamed: int, passes: int) -> tuple[Verdict, str]:
        """Whether a step survives, and how."""
        device = self.machine.device
        if need.low > device.total:
            windows = self.machine.host.os == "windows" and device.vendor == "nvidia"
            return ("spill" if windows else "oom"), f"{amount(need.best - device.total)} short"
        if streamed and passes > 1:
            return "streamed", f"{amount(streamed)} of weights stream in each pass"
        return "resident", ""


def peak(need: Estimate, pages: int, total: int) -> Estimate:
    """The peak of a step with `pages` bytes that give way to what it needs, on a card of `total` bytes."""
    best = need.best + pages
    high = max(need.high, min(need.high + pages, total), best)
    return Estimate(min(need.low + pages, best), best, high, need.basis)
