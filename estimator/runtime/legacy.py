"""The legacy manager: whole or partial loads by ComfyUI's own reservation, evictions by its own order.

Specification: shared reference comfyui-memory.md 2.2 to 2.4. The steps keep ComfyUI's names:
`load_models_gpu`, `free_memory` (comfy/model_management.py:863-1009), `partially_load`,
`partially_unload` (comfy/model_patcher.py:945-1282), all of version 0.33.0.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import facts
from ..units import MIB
from .capabilities import extra_reserved, minimum_inference
from .machine import Machine
from .placement import Ask, Placement
from .policy import constants, streams
from .weights import Held, Layer


class Loaded:
    """A model that has been on the card: which of its layers are there now.

    `counted`: the bytes that ComfyUI thinks are there. A layer that an earlier load brought and a later one
    does not want stays on the card without being counted.
    """

    def __init__(self, held: Held) -> None:
        """Nothing of it is on the card yet."""
        self.held = held
        self.layers: tuple[Layer, ...] = ()
        self.full = False
        self.buffer = 0
        self.counted = 0

    @property
    def bytes(self) -> int:
        """Bytes on the card."""
        return self.held.bytes if self.full else sum(layer.bytes for layer in self.layers)

    def clear(self) -> None:
        """Take everything off the card."""
        self.layers, self.full, self.buffer, self.counted = (), False, 0, 0


class LegacyManager:
    """The state of the legacy manager over one prompt."""

    def __init__(self, machine: Machine) -> None:
        """An empty card."""
        rule = facts.table("managers/constants")["legacy"]
        vendor = machine.device.vendor
        self.machine = machine
        self.version = constants(machine.policy.comfy)
        self.streams = streams(machine)
        self.ratio = float(rule["minimum_weight_ratio"].get(vendor, rule["minimum_weight_ratio"]["default"]))
        self.factor = float(rule["load_factor"])
        self.loaded: list[Loaded] = []

    def free(self) -> int:
        """Bytes the driver would report as free."""
        return self.machine.device.free - self.occupied()

    def occupied(self) -> int:
        """Bytes of weights on the card."""
        return sum(model.bytes for model in self.loaded)

    def fixed(self) -> int:
        """Legacy weights stay where they are until the next load."""
        return self.occupied()

    def yields(self, held: Held) -> bool:
        """Legacy weights stay where they are until the next load."""
        return False

    def place(self, models: Sequence[Held], ask: Ask) -> tuple[Placement, ...]:
        """`load_models_gpu`: free what the estimate asks for, then load each model, the main one last."""
        machine = self.machine
        reserved, floor = extra_reserved(machine), minimum_inference(machine)
        extra = max(floor, ask.reserve + reserved)
        minimum = extra if ask.minimum is None else max(floor, ask.minimum + reserved)
        chosen = [self.take(held) for held in reversed(models)]
        needed = sum(model.held.bytes - model.counted for model in chosen)
        own = sum(model.bytes for model in chosen)
        self.free_memory(needed * self.factor + extra, own)
        if self.free() - own < minimum:
            self.free_memory(minimum, own)
        before = {model.held.key: model.bytes for model in chosen}
        for index, model in enumerate(chosen):
            pending = sum(other.bytes for other in chosen[index:])
            self.load(model, minimum, floor, pending, ask.full)
            self.loaded.insert(0, model)
        return tuple(self.placement(model, before[model.held.key]) for model in reversed(chosen))

    def take(self, held: Held) -> Loaded:
        """The model's own entry, out of the list of victims, or a new one."""
        for model in self.loaded:
            if model.held.key == held.key:
                self.loaded.remove(model)
                return model
        return Loaded(held)

    def load(self, model: Loaded, minimum: int, floor: int, pending: int, full: bool) -> None:
        """`partially_load` with the weight budget that the free memory leaves.

        `pending` bytes of models that are being loaded are on the card but not in the list.
        """
        free = self.free() - pending + model.counted
        flags = self.machine.policy
        unlimited = full or model.held.whole or flags.has("--highvram") or flags.has("--gpu-only")
        budget = max(0, free - minimum, min(free * self.ratio, free - floor))
        budget = 0.1 if flags.has("--novram") else budget
        if unlimited or model.held.bytes < budget:
            model.full, model.layers, model.buffer, model.counted = True, (), 0, model.held.bytes
        elif budget < model.counted:
            self.unload(model, model.counted - budget)
        else:
            kept, model.buffer = self.split(model.held, budget)
            model.layers = tuple(dict.fromkeys((*model.layers, *kept)))
            model.full, model.counted = False, sum(layer.bytes for layer in kept)

    def split(self, held: Held, budget: float) -> tuple[tuple[Layer, ...], int]:
        """Which layers are loaded within `budget`, and the bytes kept free for streaming the others."""
        order = self.order(held)
        kept: list[Layer] = []
        used = buffer = 0
        for index, layer in enumerate(order):
            wanted = max(buffer, self.stream_need(order, index))
            if used + layer.bytes + wanted < budget:
                kept.append(layer)
                used += layer.bytes
            else:
                buffer = wanted
        return tuple(kept), buffer

    def order(self, held: Held) -> list[Layer]:
        """Layers as they are considered: those that cost most to stream first."""
        leaves = [layer for layer in held.layers if layer.leaf]
        return sorted(leaves, key=lambda layer: (self.offload(layer), layer.bytes, layer.name), reverse=True)

    def offload(self, layer: Layer) -> int:
        """Bytes that this version counts for streaming a layer."""
        return layer.offload if self.version["partial_load"] == "neighbours" else layer.bytes

    def stream_need(self, order: list[Layer], index: int) -> int:
        """Bytes to keep free for streaming the layer at `index`, by this version's rule."""
        rule, own = self.version["partial_load"], self.offload(order[index])
        if rule == "own-size":
            return 0
        if rule == "streams":
            return own * (self.streams + 1)
        return own + sum(layer.bytes for layer in order[index + 1 : index + 1 + self.streams])

    def free_memory(self, required: float, pending: int) -> None:
        """Evict models, the most offloaded and smallest first, until `required` bytes are free."""
        victims = sorted(
            enumerate(self.loaded),
            key=lambda item: (item[1].counted - item[1].held.bytes, item[1].held.bytes, item[0]),
        )
        for _, victim in victims:
            short = required - (self.free() - pending)
            if short > 0:
                self.evict(victim, short)

    def evict(self, victim: Loaded, short: float) -> None:
        """Free `short` bytes of one model, or all of it."""
        if short < victim.counted and self.unload(victim, short) >= short:
            return
        victim.clear()
        self.loaded.remove(victim)

    def unload(self, model: Loaded, wanted: float) -> int:
        """`partially_unload`: move layers off, the cheapest to stream first; returns the bytes freed.

        More is freed by what the buffer for streaming grows; `window` holds the layers freed before.
        """
        kept = dict.fromkeys(model.held.layers if model.full else model.layers)
        order = self.order(model.held)[::-1]
        buffer, freed = model.buffer, 0
        window = [min(model.buffer // (self.streams + 1), order[0].bytes)] * self.streams
        for layer in order:
            if wanted + buffer - model.buffer < freed:
                break
            if layer in kept:
                del kept[layer]
                freed += layer.bytes
                buffer = max(buffer, self.unload_need(layer, window))
                window = [*window, layer.bytes][-self.streams :]
        model.full, model.layers, model.buffer = False, tuple(kept), buffer
        model.counted -= freed
        return freed

    def unload_need(self, layer: Layer, window: list[int]) -> int:
        """Bytes to keep free for streaming a layer that is moved off, by this version's rule."""
        rule, own = self.version["partial_load"], self.offload(layer)
        if rule == "own-size":
            return 0
        return own * (self.streams + 1) if rule == "streams" else own + sum(window)

    def placement(self, model: Loaded, before: int) -> Placement:
        """The model's state as an answer."""
        return Placement(
            model.held.key,
            model.held.bytes,
            model.bytes,
            model.buffer,
            max(0, model.bytes - before),
            log(model),
            pinned=model.held.pinned,
        )


def log(model: Loaded) -> str:
    """The line that ComfyUI's log would hold ("MB" there is MiB), without its budget."""
    if model.full:
        return f"loaded completely; {model.held.bytes / MIB:.2f} MB loaded, full load: True"
    offloaded = sum(layer.bytes for layer in model.held.layers if layer.leaf) - model.bytes
    return (
        f"loaded partially; {model.bytes / MIB:.2f} MB loaded, {offloaded / MIB:.2f} MB offloaded, "
        f"{model.buffer / MIB:.2f} MB buffer reserved"
    )
