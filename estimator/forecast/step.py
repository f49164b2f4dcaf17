"""One step on one machine: what it loads and needs beside, whether it survives, how long it takes."""

from __future__ import annotations

import msgspec

from .. import facts
from ..costs import Cost, Shape
from ..models import Component
from ..runtime import Ask, Held, Machine, Manager, Placement
from ..units import ZERO, Estimate, amount
from ..workflow.values import Step
from . import speed
from .price import Price, Pricer
from .result import StepForecast, Verdict

# The share of a card's rate that each kind of work reaches (data/managers/constants.toml); convolutions else.
EFFICIENCY = {
    "forward": "efficiency",
    "forward_masked": "efficiency",
    "encode_text": "text_efficiency",
    "encode_image": "text_efficiency",
    "prefill": "text_efficiency",
    "write_token": "text_efficiency",
}


class Worker:
    """Forecasts the steps of one prompt in order; the manager remembers what earlier ones left behind."""

    def __init__(self, machine: Machine, manager: Manager, parts: dict[str, Component]) -> None:
        """`parts`: the component behind each key."""
        self.machine, self.manager = machine, manager
        self.pricer = Pricer(machine, parts)

    def forecast(self, step: Step, models: list[Held]) -> StepForecast:
        """The forecast of `step`, whose components are `models`, the main one first."""
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
        if step.scratch:
            band = facts.table("managers/constants")["scratch"]["band"]
            taken = Estimate.spread(step.scratch, band, band, "traced")
            return self.finish(step, (), Price(1, Cost(taken, 0, 0, 0), ZERO), base)
        if len(models) < len(step.components) or not models:
            return msgspec.structs.replace(base, because=step.unknown or "its model is not known")
        if models[0].on_cpu:
            return msgspec.structs.replace(base, verdict="resident", because="runs on the processor")
        return self.on_card(step, models, base)

    def on_card(self, step: Step, models: list[Held], base: StepForecast) -> StepForecast:
        """A step on the card: what runs together, where the weights go, how it ends.

        The dynamic manager makes room for what runs together, the legacy one runs together what has room.
        """
        main = models[0]
        evicts, cuts = self.pricer.reserves(step, main)
        price = self.pricer.price(step, models, self.manager.free())
        placed = self.manager.place(models, Ask(evicts or 0, cuts, round(price.beside.best) if price else 0))
        if not self.manager.yields(main):
            price = self.pricer.price(step, models, self.manager.free())
        if price is None:
            known = step.shape and "the memory that its model works in is not known"
            return msgspec.structs.replace(base, because=step.unknown or known or "its size is not known")
        return self.judge(step, main, placed, price, msgspec.structs.replace(base, comfy_reserves=cuts))

    def judge(
        self, step: Step, main: Held, placed: tuple[Placement, ...], price: Price, base: StepForecast
    ) -> StepForecast:
        """The verdict of a placed step; a VAE that does not fit is judged again in tiles.

        A VAE is never tight where its retry in tiles would fit: at worst it is slower.
        """
        total, retried = self.machine.device.total, self.pricer.retry(step, main)
        saved = retried is not None and self.need(placed, retried).low <= total
        if retried and saved and self.need(placed, price).best > total:
            return self.finish(step, placed, retried, base, failed=price)
        found = self.finish(step, placed, price, base)
        return msgspec.structs.replace(found, tight=False) if saved else found

    def need(self, placed: tuple[Placement, ...], price: Price) -> Estimate:
        """Bytes that cannot give way during a pass.

        A partial load of the legacy manager is cut to what is free, however much others hold.
        """
        fixed, taken = self.manager.fixed() + sum(one.buffer for one in placed), self.machine.device.taken
        if any(one.streamed and not one.yields for one in placed):
            taken = Estimate(taken.best, taken.best, taken.best, taken.basis)
        return taken + Estimate.exact(fixed) + price.beside

    def finish(
        self,
        step: Step,
        placed: tuple[Placement, ...],
        price: Price,
        base: StepForecast,
        failed: Price | None = None,
    ) -> StepForecast:
        """All that is said of a step; `failed`: the price of the attempt before the retry."""
        total, need = self.machine.device.total, self.need(placed, price)
        pages = sum(one.resident for one in placed if one.yields)
        streamed = sum(one.streamed for one in placed)
        seconds, ideal = self.seconds(step, placed, price, failed)
        verdict, because = self.verdict(need, streamed, price.passes)
        return msgspec.structs.replace(
            base,
            verdict=verdict,
            because=because,
            shape=tuple_of(step.shape),
            passes=price.passes,
            resident=sum(one.resident for one in placed),
            streamed=streamed,
            uploaded=sum(one.uploaded for one in placed),
            occupied=self.manager.occupied(),
            fixed=self.manager.fixed(),
            activations=price.cost.activations,
            workspace=price.workspace,
            need=need,
            vram_peak=need + Estimate.exact(pages),
            seconds=seconds,
            resident_seconds=ideal,
            tiled=failed is not None,
            tight=need.low <= total < need.high,
        )

    def verdict(self, need: Estimate, streamed: int, passes: int) -> tuple[Verdict, str]:
        """Whether a step survives, and how."""
        device = self.machine.device
        if need.low > device.total:
            windows = self.machine.host.os == "windows" and device.vendor == "nvidia"
            return ("spill" if windows else "oom"), f"{amount(need.best - device.total)} short"
        if streamed and passes > 1:
            return "streamed", f"{amount(streamed)} of weights stream in each pass"
        return "resident", ""

    def seconds(
        self, step: Step, placed: tuple[Placement, ...], price: Price, failed: Price | None
    ) -> tuple[Estimate | None, Estimate | None]:
        """Seconds of the step with its uploads, and what it would take with all weights on the card."""
        device = self.machine.device
        kind = EFFICIENCY.get(step.law, "conv_efficiency")
        one = speed.compute(device, price.cost.flops * price.tiles, kind)
        if one and step.law == "write_token":
            one = speed.longer(one, speed.reading(device, sum(p.resident for p in placed)))
        pinned = all(one.pinned for one in placed)
        share = "pinned_share" if pinned else "pageable_share"
        streamed = speed.transfer(device, sum(p.streamed for p in placed), share)
        uploaded = speed.transfer(device, sum(p.uploaded for p in placed), "pageable_share")
        if one is None or streamed is None or uploaded is None:
            return None, None
        lost = (speed.compute(device, failed.cost.flops, kind) if failed else None) or ZERO
        each = speed.overlapped(one, streamed, self.machine) if pinned else one + streamed
        return uploaded + each.times(price.passes) + lost, uploaded + one.times(price.passes) + lost


def tuple_of(shape: Shape | None) -> tuple[int, ...]:
    """A latent's shape as ComfyUI would print it: batch, channels, frames of video, height, width."""
    if shape is None or not shape.channels:
        return ()
    frames = (shape.frames,) if shape.frames > 1 else ()
    return (shape.batch, shape.channels, *frames, shape.height, shape.width)
