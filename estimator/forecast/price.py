"""What a pass of a step costs beside its weights: the traced law at the shape that ComfyUI really runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial

import msgspec

from .. import facts
from ..costs import Cost, Shape, Unfused, cost, law_name
from ..models import Component
from ..runtime import Held, Machine, gguf
from ..runtime.attention import attention, reserves_fused
from ..runtime.policy import version
from ..runtime.weights import layers_of
from ..units import MIB, ZERO, Estimate
from ..workflow.acts.texts import text_shape
from ..workflow.latents import LatentFormat, latent_format
from ..workflow.values import Step
from . import reserve, retry, sides, training
from .copies import copied, storage_kind, with_copies
from .tiles import Pieces, largest, pieces

VAE_LAWS = ("decode", "encode")
WRITING_LAWS = ("prefill", "write_token")
FLOAT = 4  # bytes of the numbers that pictures are kept in
HALF = 2  # bytes of 16-bit numbers, in which every model is traced


class Price(msgspec.Struct, frozen=True, dict=True):
    """The cost of one pass, how many passes there are, and how much work each of them is.

    `tiles`: in units of the cost's; `runs`: how often the model is called in it. `law`: the name of the law
    that it comes of, with those of all that runs in the same pass; empty where it comes of none, or of more
    than a law and a shape. `measured`: bytes beside the weights as learned here.
    """

    passes: int
    cost: Cost
    workspace: Estimate
    tiles: float = 1.0
    runs: int = 1
    law: str = ""
    measured: Estimate | None = None

    @cached_property
    def beside(self) -> Estimate:
        """Bytes that a pass needs beside its weights."""
        return self.measured or self.cost.activations + self.workspace


class Pricer:
    """Prices the steps of one prompt on one machine; `parts`: the component behind each key."""

    def __init__(self, machine: Machine, parts: dict[str, Component]) -> None:
        """Nothing is kept between steps."""
        self.machine, self.parts = machine, parts
        self.attention = attention(machine)

    def reserves(self, step: Step, main: Held) -> tuple[int | None, int | None]:
        """ComfyUI's own estimates, bytes: by which it evicts others, and by which it cuts this model."""
        if step.shape is None:
            return None, None
        if step.training:
            return training.reserve(), None
        if step.kind == "sample":
            batch = step.shape.batch
            evicts = self.sampler_reserve(main, step.shape, 2 * batch)
            return evicts, self.sampler_reserve(main, step.shape, batch)
        own = self.vae_reserve(step, main) if step.law in VAE_LAWS else None
        if step.law == "upscale":
            own = reserve.upscaling(self.parts[main.key], step.shape)
        return own, own

    def sampler_reserve(self, main: Held, shape: Shape, batch: int) -> int | None:
        """ComfyUI's own estimate of a forward of `batch` latents, bytes."""
        part, comfy = self.parts[main.key], self.machine.policy.comfy
        return reserve.sampling(part, main.compute_bytes, shape, batch, comfy, reserves_fused(self.machine))

    def vae_reserve(self, step: Step, main: Held) -> int | None:
        """ComfyUI's own estimate of decoding or encoding one picture or tile, bytes."""
        if step.shape is None:
            return None
        return self.reserved(step, main, retry.reserved_shape(step, self.machine.policy.comfy))

    def reserved(self, step: Step, main: Held, shape: Shape) -> int | None:
        """ComfyUI's own estimate of one pass of a VAE at just this shape, bytes."""
        vendor, comfy = self.machine.device.vendor, self.machine.policy.comfy
        return reserve.vae(self.parts[main.key], main.compute_bytes, vendor, shape, step.law, comfy)

    def price(self, step: Step, models: list[Held], free: int) -> Price | None:
        """The price of `step` with `free` bytes as ComfyUI counts them; None where no law is known."""
        if step.shape is None or not step.law:
            return None
        if step.tokens:
            return self.texts(step, models, free)
        main = models[0]
        if step.training:
            return training.price(self, step, step.training, main)
        if step.kind == "sample":
            count = self.conditions_at_once(step, main, free)
            shape = msgspec.structs.replace(step.shape, batch=step.shape.batch * count)
            passes = step.repeats * step.conditions // count + step.alone
            alone = self.at(step, main, shape, passes, free=free)
            return sides.together(self, step, models, count, alone, free) if step.sides else alone
        if step.law in WRITING_LAWS:
            main = self.writing(main)
        if step.tile:
            return self.tiled(step, main, retry.asked(step, self.cell(main)), free)
        count = self.pictures_at_once(step, main, free) if step.law in VAE_LAWS else step.shape.batch
        shape = msgspec.structs.replace(step.shape, batch=count)
        passes = -(-step.shape.batch // count) * step.repeats
        return self.at(step, main, shape, passes, free=free)

    def cell(self, main: Held) -> LatentFormat:
        """The format of the latents that a VAE makes or takes."""
        return latent_format(self.parts[main.key].latent)

    def writing(self, main: Held) -> Held:
        """A text encoder as it is held to write, which it computes in another type than to encode."""
        compute = facts.table("managers/constants")["writing"]["compute"]
        layers, _ = layers_of(self.parts[main.key], main.storage, compute, main.unpacked)
        return msgspec.structs.replace(main, compute=compute, layers=layers)

    def conditions_at_once(self, step: Step, main: Held, free: int) -> int:
        """How many conditions ComfyUI runs in one pass: all, if 1.5 times its estimate of them is free."""
        if step.conditions < 2 or step.shape is None:
            return 1
        own = self.sampler_reserve(main, step.shape, step.conditions * step.shape.batch)
        factor = facts.table("managers/constants")["legacy"]["batching_factor"]
        return step.conditions if own is not None and own * factor < free else 1

    def pictures_at_once(self, step: Step, main: Held, free: int) -> int:
        """How many pictures of a batch a VAE takes at once: as many as its estimate says are free."""
        own = self.vae_reserve(step, main)
        if step.shape is None or not own:
            return 1
        return max(1, min(step.shape.batch, free // own))

    def retries(self, step: Step, main: Held) -> Iterator[Price]:
        """What follows when memory runs out, in turn: of a VAE that worked on the whole, its automatic tiles.

        An upscale model always works in tiles; each retry halves their sides, down to a least one.
        """
        if step.shape and step.law == "upscale":
            found = [pieces(step.shape, tile) for tile in retry.smaller(step)]
        elif step.shape is None or step.tile or step.law not in VAE_LAWS:
            return
        else:
            comfy, total = self.machine.policy.comfy, self.machine.device.total
            own = retry.cuts_itself(self.parts[main.key].id)
            estimate = (lambda shape: None) if own else partial(self.reserved, step, main)
            found = [retry.retried(step, self.cell(main), comfy, total, estimate)]
        for cut in found:
            if price := self.tiled(step, main, cut):
                yield price

    def tiled(self, step: Step, main: Held, cut: Pieces, free: int = 0) -> Price | None:
        """The price of doing each picture of a step in such tiles: the most of one's peak, all their work."""
        assert step.shape is not None
        price = self.at(step, main, largest(cut), step.shape.batch * step.repeats, free=free)
        if price is None or not price.cost.flops:
            return price
        paid = ((self.paid(step, main, shape, free), count) for shape, count in cut.items())
        work = sum(count * one.flops for one, count in paid if one)
        given = self.carried(step)
        whole = msgspec.structs.replace(price.cost, activations=price.cost.activations + given)
        tiles, runs = work / price.cost.flops, cut.total()
        return Price(price.passes, whole, price.workspace, tiles, runs, price.law)

    def carried(self, step: Step) -> Estimate:
        """Bytes of what lies on the card beside the tiles: an upscale model's pictures, all of them."""
        if step.law != "upscale" or step.shape is None:
            return ZERO
        shape = step.shape
        return Estimate.exact(shape.batch * shape.channels * shape.height * shape.width * FLOAT)

    def at(self, step: Step, main: Held, shape: Shape, passes: int, free: int = 0) -> Price | None:
        """The price of passes at just this shape, with `free` bytes for an attention that is not fused."""
        part = self.parts[main.key]
        paid = self.paid(step, main, shape, free)
        if paid is None or (shape.reference and not paid.references and reads_references(part)):
            return None
        if paid.unfused:
            paid = self.bounded(paid, step, main, shape)
        unpacking = gguf.temporaries(part, main.compute)
        paid = msgspec.structs.replace(paid, activations=paid.activations + unpacking)
        law = self.law(step.law, main, part)
        return Price(passes, paid, self.workspace(step, main, shape, paid), law=law)

    def law(self, operation: str, main: Held, part: Component) -> str:
        """The name of the law that `operation` is priced by, of the table of `part`, as `main` is held."""
        storage = storage_kind(main, self.parts[main.key])
        return law_name(part.cost_table, operation, storage, main.compute_bytes)

    def paid(
        self, step: Step, main: Held, shape: Shape, free: int, patch: Component | None = None
    ) -> Cost | None:
        """The cost by the law of just these types, else by one of others with what their difference can make.

        Weights that are cast add at most the largest copy; numbers of 32 bits take twice those of 16.
        `patch`: the network whose table has the law of the main one's forward with it.
        """
        part = patch or self.parts[main.key]
        storage = storage_kind(main, self.parts[main.key])
        found = self.by_law(step, part, shape, storage, main.compute_bytes, free)
        if found is not None:
            return found
        copy = 0 if storage == "native" else copied(main, part)
        if plain := self.by_law(step, part, shape, "native", main.compute_bytes, free):
            return with_copies(plain, 1, copy)
        half = self.by_law(step, part, shape, "native", HALF, free) if main.compute_bytes > HALF else None
        return with_copies(half, main.compute_bytes // HALF, copy) if half else None

    def by_law(
        self, step: Step, part: Component, shape: Shape, storage: str, compute_bytes: int, free: int
    ) -> Cost | None:
        """The cost by the law of these types, or None."""
        return cost(
            part.cost_table,
            step.law,
            shape,
            comfy=self.machine.policy.comfy,
            storage=storage,
            compute_bytes=compute_bytes,
            attention=None if self.fused(step) else Unfused(self.attention, free),
            card=self.machine.device.total,
        )

    def fused(self, step: Step) -> bool:
        """Whether a step's attention is fused: VAEs choose theirs by themselves."""
        return self.attention == "fused" or step.law in VAE_LAWS

    def bounded(self, paid: Cost, step: Step, main: Held, shape: Shape) -> Cost:
        """A cost whose scores have no law: up to what ComfyUI reserves without a fused attention."""
        known, own = paid.activations, 0
        if step.kind == "sample":
            own = self.sampler_reserve(main, shape, shape.batch) or 0
        return msgspec.structs.replace(
            paid, activations=Estimate(known.low, known.best, max(known.high, own), "assumed")
        )

    def texts(self, step: Step, models: list[Held], free: int) -> Price | None:
        """The price of encoding a text: encoders run in turn, the hungriest sets the peak.

        What comes behind the encoders is loaded with them, and has no pass of its own.
        """
        each = zip(models, map(text_shape, step.tokens), strict=False)
        prices = [self.at(step, held, shape, 1, free=free) for held, shape in each]
        known = [price for price in prices if price is not None]
        if len(known) < len(prices):
            return None
        top = max(known, key=lambda price: price.beside.best)
        flops = sum(price.cost.flops for price in known)
        among = sum(price.cost.attention_flops for price in known)
        paid = msgspec.structs.replace(top.cost, flops=flops, attention_flops=among)
        laws = "+".join(price.law for price in known)
        return msgspec.structs.replace(top, cost=paid, runs=len(known), law=laws)

    def workspace(self, step: Step, main: Held, shape: Shape, paid: Cost) -> Estimate:
        """What a trace does not see: conversions for convolutions, libraries' scratch (design section 5)."""
        part = self.parts[main.key]
        if not part.convolutional:
            row = facts.table("managers/constants")["workspace"]["transformer"]
            return Estimate(row["low_mib"] * MIB, row["best_mib"] * MIB, row["high_mib"] * MIB, "assumed")
        if step.kind == "sample" or step.training:
            bound = self.sampler_reserve(main, shape, shape.batch) or 0
        else:
            bound = shape.batch * (self.reserved(step, main, shape) or 0)
        high = max(paid.largest_conv, bound - round(paid.activations.best))
        if step.kind != "sample" and self.searches():
            high = max(high, self.machine.device.total)
        return Estimate(0, paid.largest_conv, high, "modelled")

    def searches(self) -> bool:
        """Whether MIOpen chooses how to convolve by trying, with whatever memory that takes."""
        rule, comfy = facts.table("managers/constants")["workspace"]["miopen"], self.machine.policy.comfy
        known = self.machine.device.architecture in rule["architectures"]
        return known and version(comfy) < version(rule["until"])


def reads_references(part: Component) -> bool:
    """Whether a model works on the pictures that it is given beside the latent."""
    return part.comfy_class in facts.table("managers/constants")["estimate"]["counts_references"]
