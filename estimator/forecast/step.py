"""One step on one machine: what it loads and needs beside, whether it survives, how long it takes."""

from __future__ import annotations

import msgspec

from .. import facts
from ..costs import Cost, Shape, cost
from ..formats import bits
from ..models import Component
from ..runtime import Ask, Held, Machine, Manager, Placement, gguf
from ..units import MIB, ZERO, Estimate, amount
from ..workflow.gpu import text_shape
from ..workflow.values import Step
from . import reserve, speed
from .result import StepForecast, Verdict


class Load(msgspec.Struct, frozen=True):
    """What one pass costs: how many conditions run together, and the traced cost of that."""

    together: int
    passes: int
    cost: Cost
    workspace: Estimate
    tile_passes: int = 1

    @property
    def beside(self) -> Estimate:
        """Bytes that a pass needs beside its weights."""
        return self.cost.activations + self.workspace


class Worker:
    """Forecasts the steps of one prompt in order; the manager remembers what earlier ones left behind."""

    def __init__(self, machine: Machine, manager: Manager, parts: dict[str, Component]) -> None:
        """`parts`: the component behind each key."""
        self.machine, self.manager, self.parts = machine, manager, parts

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
        if len(models) < len(step.components) or not models:
            because = step.unknown or "its model is not known"
            return msgspec.structs.replace(base, because=because)
        if models[0].on_cpu:
            return msgspec.structs.replace(base, verdict="resident", because="runs on the processor")
        return self.on_card(step, models, base)

    def on_card(self, step: Step, models: list[Held], base: StepForecast) -> StepForecast:
        """A step on the card: choose what runs together, place the weights, judge."""
        main = models[0]
        estimates = self.reserves(step, main)
        load = self.load(step, models, self.together(step, main) if self.manager.yields(main) else 1)
        if load is None:
            self.manager.place(models, Ask(estimates[0] or 0, estimates[1], 0))
            known = step.shape and "the memory that its model works in is not known"
            return msgspec.structs.replace(base, because=step.unknown or known or "its size is not known")
        ask = Ask(estimates[0] or 0, estimates[1], round(load.beside.best))
        placed = self.manager.place(models, ask)
        if not self.manager.yields(main):
            load = self.load(step, models, self.together(step, main)) or load
        return self.judge(
            step, main, placed, load, msgspec.structs.replace(base, comfy_reserves=estimates[1])
        )

    def reserves(self, step: Step, main: Held) -> tuple[int | None, int | None]:
        """ComfyUI's own estimates of a step: for evicting others, and for its own weight budget."""
        if step.shape is None:
            return None, None
        if step.kind == "sample":
            batch = step.shape.batch
            return reserve.sampling(main, step.shape, 2 * batch), reserve.sampling(main, step.shape, batch)
        if step.kind in ("decode", "encode_image"):
            part, tile = self.parts[main.key], tiled(step.shape, step.tile)
            own = reserve.vae(
                part, main, self.machine.device, tile, "decode" if step.kind == "decode" else "encode"
            )
            return own, own
        return None, None

    def together(self, step: Step, main: Held) -> int:
        """How many conditions ComfyUI runs in one pass: all, if 1.5 times its estimate of them is free."""
        if step.conditions < 2 or step.shape is None:
            return 1
        own = reserve.sampling(main, step.shape, step.conditions * step.shape.batch)
        factor = facts.table("managers/constants")["legacy"]["batching_factor"]
        return step.conditions if own is not None and own * factor < self.manager.free() else 1

    def load(self, step: Step, models: list[Held], together: int) -> Load | None:
        """The cost of one pass of `together` conditions; None where no law is known."""
        if step.shape is None or not step.law:
            return None
        if step.tokens:
            return self.texts(step, models)
        main = models[0]
        single = 1 if step.kind in ("decode", "encode_image") and step.shape.frames == 1 else step.shape.batch
        shape = tiled(msgspec.structs.replace(step.shape, batch=single * together), step.tile)
        return self.priced(step, main, shape, together, tiles(step.shape, step.tile))

    def priced(self, step: Step, main: Held, shape: Shape, together: int, tile_passes: float) -> Load | None:
        """The cost of a pass at `shape`, repeated for the other conditions, images and tiles."""
        part = self.parts[main.key]
        if not part.costs:
            return None
        paid = cost(
            part.costs,
            step.law,
            shape,
            comfy=self.machine.policy.comfy,
            storage=storage_kind(main, part),
            compute_bytes=main.compute_bytes,
        )
        if paid is None or step.shape is None:
            return None
        paid = msgspec.structs.replace(paid, activations=paid.activations + gguf.temporaries(part))
        images = step.shape.batch // shape.batch if step.kind in ("decode", "encode_image") else 1
        passes = step.repeats * (step.conditions // together) * max(1, images)
        return Load(
            together, passes, paid, self.workspace(step, main, shape, paid), max(1, round(tile_passes))
        )

    def texts(self, step: Step, models: list[Held]) -> Load | None:
        """The cost of encoding a text: encoders run in turn, the hungriest sets the peak."""
        shapes = [text_shape(count) for count in step.tokens]
        loads = [self.priced(step, held, shape, 1, 1) for held, shape in zip(models, shapes, strict=True)]
        known = [load for load in loads if load is not None]
        if len(known) < len(loads):
            return None
        top = max(known, key=lambda load: load.beside.best)
        flops = sum(load.cost.flops for load in known)
        return msgspec.structs.replace(top, cost=msgspec.structs.replace(top.cost, flops=flops))

    def workspace(self, step: Step, main: Held, shape: Shape, paid: Cost) -> Estimate:
        """What a trace does not see: conversions for convolutions, libraries' scratch (design section 5)."""
        part = self.parts[main.key]
        if not part.convolutional:
            row = facts.table("managers/constants")["workspace"]["transformer"]
            return Estimate(row["low_mib"] * MIB, row["best_mib"] * MIB, row["high_mib"] * MIB, "assumed")
        if step.kind == "sample":
            bound = reserve.sampling(main, shape, shape.batch) or 0
        else:
            bound = reserve.vae(part, main, self.machine.device, shape, step.law) or 0
        high = max(paid.largest_conv, bound - round(paid.activations.best))
        return Estimate(0, paid.largest_conv, high, "modelled")

    def judge(
        self, step: Step, main: Held, placed: tuple[Placement, ...], load: Load, base: StepForecast
    ) -> StepForecast:
        """The verdict of a placed step; a VAE that does not fit is judged again in tiles.

        A VAE is never tight where its retry in tiles would fit: at worst it is slower.
        """
        total, retried = self.machine.device.total, self.retry(step, main)
        saved = retried is not None and self.need(placed, retried).low <= total
        if retried and saved and self.need(placed, load).best > total:
            return self.finish(step, placed, retried, base, again=load)
        found = self.finish(step, placed, load, base)
        return msgspec.structs.replace(found, tight=False) if saved else found

    def retry(self, step: Step, main: Held) -> Load | None:
        """The cost of ComfyUI's automatic retry in tiles, of a VAE that works on a whole picture."""
        if step.shape is None or step.tile or step.law not in ("decode", "encode"):
            return None
        rule = facts.table("managers/constants")["vae_fallback"]["video" if step.shape.frames > 1 else "flat"]
        shape = tiled(msgspec.structs.replace(step.shape, batch=1), rule["tile"])
        return self.priced(step, main, shape, 1, tiles(step.shape, rule["tile"]) * rule["passes"])

    def need(self, placed: tuple[Placement, ...], load: Load) -> Estimate:
        """Bytes that cannot give way during a pass.

        A partial load of the legacy manager is cut to what is free, however much others hold.
        """
        fixed, taken = self.manager.fixed() + sum(one.buffer for one in placed), self.machine.device.taken
        if any(one.streamed and not one.yields for one in placed):
            taken = Estimate(taken.best, taken.best, taken.best, taken.basis)
        return taken + Estimate.exact(fixed) + load.beside

    def finish(
        self,
        step: Step,
        placed: tuple[Placement, ...],
        load: Load,
        base: StepForecast,
        again: Load | None = None,
    ) -> StepForecast:
        """All that is said of a step; `again`: the load of the attempt that failed before."""
        device, need = self.machine.device, self.need(placed, load)
        resident = sum(one.resident for one in placed)
        peak = need + Estimate.exact(sum(one.resident for one in placed if one.yields))
        streamed = sum(one.streamed for one in placed)
        seconds, ideal = self.seconds(step, placed, load, again)
        verdict, because = self.verdict(need, streamed, load.passes)
        return msgspec.structs.replace(
            base,
            verdict=verdict,
            because=because,
            shape=tuple_of(step.shape),
            passes=load.passes,
            resident=resident,
            uploaded=sum(one.uploaded for one in placed),
            occupied=self.manager.occupied(),
            fixed=self.manager.fixed(),
            streamed=streamed,
            activations=load.cost.activations,
            workspace=load.workspace,
            need=need,
            vram_peak=peak,
            seconds=seconds,
            resident_seconds=ideal,
            tiled=again is not None,
            tight=need.low <= device.total < need.high,
        )

    def verdict(self, need: Estimate, streamed: int, passes: int) -> tuple[Verdict, str]:
        """Whether a step survives, and how."""
        device = self.machine.device
        if need.low > device.total:
            short = f"{amount(need.best - device.total)} short"
            windows = self.machine.host.os == "windows" and device.vendor == "nvidia"
            return ("spill" if windows else "oom"), short
        if streamed and passes > 1:
            return "streamed", f"{amount(streamed)} of weights stream in each pass"
        return "resident", ""

    def seconds(
        self, step: Step, placed: tuple[Placement, ...], load: Load, again: Load | None
    ) -> tuple[Estimate | None, Estimate | None]:
        """Seconds of the step with its uploads, and what it would take with all weights on the card."""
        device = self.machine.device
        kind = {"encode_text": "text_efficiency", "sample": "efficiency"}.get(step.kind, "conv_efficiency")
        one = speed.compute(device, load.cost.flops * load.tile_passes, kind)
        pinned = all(one.pinned for one in placed)
        share = "pinned_share" if pinned else "pageable_share"
        streamed = speed.transfer(device, sum(p.streamed for p in placed), share)
        uploaded = speed.transfer(device, sum(p.uploaded for p in placed), "pageable_share")
        if one is None or streamed is None or uploaded is None:
            return None, None
        failed = speed.compute(device, again.cost.flops, kind) if again else None
        ideal = uploaded + one.times(load.passes) + (failed or ZERO)
        each = speed.overlapped(one, streamed, self.machine) if pinned else one + streamed
        return uploaded + each.times(load.passes) + (failed or ZERO), ideal


def storage_kind(held: Held, part: Component) -> str:
    """Which law of storage applies: weights used as they are, cast at use, or cast with embeddings too.

    A quantised file keeps its embeddings in 16 bits; one that is 8-bit throughout casts them whole.
    """
    if gguf.is_gguf(part):
        return "cast_fp8" if gguf.embeds_whole(part) else "cast"
    if not held.cast:
        return "native"
    return "cast_fp8" if bits()[held.storage] == 8 and not part.quantization else "cast"


def tiled(shape: Shape, tile: int) -> Shape:
    """A shape cut to one tile; 0 leaves it whole."""
    if not tile:
        return shape
    return msgspec.structs.replace(shape, height=min(shape.height, tile), width=min(shape.width, tile))


def tiles(shape: Shape, tile: int) -> float:
    """How much work all tiles are, in units of one tile: the overlaps of a quarter add to the area."""
    if not tile or (shape.height <= tile and shape.width <= tile):
        return 1.0
    step = tile * 3 / 4
    return max(1.0, shape.height / step) * max(1.0, shape.width / step)


def tuple_of(shape: Shape | None) -> tuple[int, ...]:
    """A latent's shape as ComfyUI would print it: batch, channels, frames of video, height, width."""
    if shape is None or not shape.channels:
        return ()
    frames = (shape.frames,) if shape.frames > 1 else ()
    return (shape.batch, shape.channels, *frames, shape.height, shape.width)
