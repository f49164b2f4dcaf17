"""What a prompt keeps in system memory and cannot drop, node by node, and whether there is room for it.

That is the programs themselves, the results of nodes, and weights that are no pages of their files: the
legacy manager's while they are off the card, what runs on the processor, unpacked GGUF, pickled files, the
originals of weights that LoRAs change. Pages of files and their pinned copies give way: `files.py`.
Specification: shared reference comfyui-memory.md 7 to 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from .. import facts
from ..runtime import Held, Machine
from ..runtime.pins import pins
from ..units import GIB, Estimate
from ..workflow.lifetime import Held as Results
from ..workflow.values import Workload
from .plan import Plan
from .result import StepForecast, Verdict
from .step import Placed


class Taken(msgspec.Struct, frozen=True):
    """What lies in RAM for good while a node runs, bytes: programs, results of nodes, weights."""

    node: str
    programs: int
    results: int
    weights: int

    @property
    def total(self) -> int:
        """All of it, bytes."""
        return self.programs + self.results + self.weights


class Room(msgspec.Struct, frozen=True):
    """Whether there is room for what stays, `kept` bytes; `tight`: perhaps there is none.

    `full`: the first moment at which RAM and swap do not do, `short`: bytes that find no room there at most,
    `swapped`: those that find none in RAM.
    """

    kept: Estimate
    full: Taken | None
    short: int
    swapped: int
    tight: bool


class Course(msgspec.Struct, frozen=True):
    """One run in RAM: what is taken during each step, and at all moments, loading and evicting too."""

    steps: tuple[Taken, ...]
    moments: tuple[Taken, ...]

    @property
    def peak(self) -> Taken:
        """The moment when most is taken, the first of several."""
        return max(self.moments, key=lambda one: one.total)


class Ram:
    """The system memory of one prompt on one machine."""

    def __init__(self, workload: Workload, held: dict[str, Held], machine: Machine) -> None:
        """`held`: the prompt's models by key, without its LoRAs."""
        self.workload, self.machine, self.held = workload, machine, held
        self.files = {key: one for key, one in held.items() if machine.policy.dynamic_vram and one.paged}
        self.programs, self.forced = idle(machine), pins(machine).forced
        formats = {key: one.component.format for key, one in workload.loaded.items() if one.component}
        self.pickles = {key: one.file_bytes for key, one in held.items() if formats[key] == "pickle"}
        self.mapped = {key for key in held if formats[key] == "gguf"}

    def room(self, placed: Sequence[Placed]) -> int:
        """Bytes left for results beside the weights that the first run keeps in RAM."""
        plain = sum(one.bytes for key, one in self.held.items() if key not in self.files)
        on_card = min((one.said.fixed for one in placed if one.said.weights), default=0)
        kept = sum(touched(placed, self.files).values()) + max(0, plain - on_card)
        return self.machine.host.ram_total - self.programs - kept

    def first(self, plan: Plan, placed: Sequence[Placed], results: Results) -> Course:
        """The first run: files are loaded where their loaders stand."""
        loads: dict[str, list[str]] = {}
        course, steps = plan.course(), iter(placed)
        nodes = {node for node, _ in course}
        for key in self.held:
            node = self.workload.loaded[key].node
            loads.setdefault(node if node in nodes else "", []).append(key)
        weights = Weights(self, loads.pop("", ()))
        during, moments = [], [self.taken("", 0, weights.bytes())]
        for node, count in course:
            made = results.at.get(node, results.peak)
            moments += [self.taken(node, made, one) for one in weights.load(loads.pop(node, ()))]
            for _ in range(count):
                before, after = weights.step(next(steps))
                during.append(self.taken(node, made, after))
                moments += [self.taken(node, made, before), during[-1]]
        return Course(tuple(during), tuple(moments))

    def again(self, placed: Sequence[Placed], results: Results) -> Course:
        """The next run, which finds what the first one left."""
        weights = Weights(self, self.held)
        weights.used.update(self.held)
        during = tuple(
            self.taken(one.step.node, results.at.get(one.step.node, results.peak), weights.step(one)[1])
            for one in placed
        )
        return Course(during, (self.taken("", 0, 0), *during))

    def taken(self, node: str, results: int, weights: int) -> Taken:
        """What is taken at a node."""
        return Taken(node, self.programs, results, weights)

    def need(self, peak: Taken, again: Sequence[Placed]) -> Estimate:
        """RAM with which no run reads a file twice, bytes: what stays, and what the next run touches."""
        files = 0 if self.forced else sum(touched(again, self.files).values())  # copies count as what stays
        best = peak.total + files + adapters(self.workload)
        return Estimate(best - self.doubt, best, best + self.doubt, "modelled")

    def verdict(self, course: Course) -> Room:
        """Whether what stays finds room in RAM and swap; what goes to swap is slow."""
        host, peak = self.machine.host, course.peak
        kept = Estimate(peak.total - self.doubt, peak.total, peak.total + self.doubt, "modelled")
        least = host.ram_total + (host.swap or 0)
        most = self.most(least)
        full = next((one for one in course.moments if most and one.total - self.doubt > most), None)
        swapped = max(0, peak.total - host.ram_total)
        return Room(kept, full, peak.total - least if full else 0, swapped, not full and kept.high > least)

    def most(self, least: int) -> int | None:
        """Bytes of RAM and swap at most, where `least` are known; None where the system adds to its swap."""
        host = self.machine.host
        unknown: dict[str, float] = facts.table("managers/memory")["swap"]["unknown_gib"]
        if host.os not in unknown:
            return None
        return least if host.swap is not None else least + round(unknown[host.os] * GIB)

    def step(self, node: str, steps: Sequence[StepForecast], verdict: Verdict) -> StepForecast | None:
        """A node's step; the loading of a file is none of the steps that are forecast."""
        found = next((one for one in steps if one.node == node), None)
        loaded = next((one for one in self.workload.loaded.values() if one.node == node), None)
        if found or not loaded:
            return found
        return StepForecast(node, loaded.class_type, loaded.class_type, "load", (loaded.key,), verdict)

    @property
    def doubt(self) -> int:
        """Bytes by which the programs may take more or less."""
        return round(self.programs * float(facts.table("managers/memory")["idle"]["band"]))


class Weights:
    """The weights that are no pages of their files, as the nodes of a run load them and move them about."""

    def __init__(self, ram: Ram, loaded: Sequence[str] | dict[str, Held]) -> None:
        """`loaded`: the keys of those that are there before the first node."""
        self.ram, self.there, self.used = ram, set(loaded), set[str]()
        self.patched: dict[str, int] = {}
        self.copies: dict[str, int] = {}
        self.on_card = 0

    def load(self, keys: Sequence[str]) -> Iterator[int]:
        """Bytes in RAM while each of some models is loaded; a pickled file is there twice for a moment."""
        for key in keys:
            self.there.add(key)
            twice = self.ram.pickles.get(key, 0) if key not in self.ram.files else 0
            yield self.bytes() + twice

    def step(self, placed: Placed) -> tuple[int, int]:
        """Bytes in RAM when what is in a step's way has left the card, and then while it runs.

        A LoRA's originals stay in RAM (not those of GGUF, which has none). GGUF is taken out of its file when
        it is first used: to the card, and only what finds no room there to RAM (`GGUFModelPatcher.load` of
        ComfyUI-GGUF 795e451, nodes.py).
        """
        plain = [one for one in placed.placements if one.key not in self.ram.files]
        uploaded = sum(one.uploaded for one in plain)
        if placed.price is not None:
            self.on_card = max(0, placed.said.fixed - uploaded)
        before = self.bytes()
        self.used.update(one.key for one in plain)
        self.on_card += uploaded
        if self.ram.forced:
            for key, size in touched([placed], self.ram.files).items():
                self.copies[key] = max(size, self.copies.get(key, 0))
        if placed.step.loras and plain and plain[0].key not in self.ram.mapped:
            self.patched[plain[0].key] = min(plain[0].resident, placed.models[0].patched)
        return before, self.bytes() + self.unified(placed)

    def unified(self, placed: Placed) -> int:
        """Bytes that a step takes on a card whose memory is the computer's."""
        said = placed.said
        taken = said.occupied + round(said.activations.best + said.workspace.best)
        return taken if self.ram.machine.device.unified else 0

    def bytes(self) -> int:
        """Bytes in RAM now."""
        ram = self.ram
        plain = sum(
            one.bytes
            for key, one in ram.held.items()
            if key in self.there and key not in ram.files and (key not in ram.mapped or key in self.used)
        )
        pickled = sum(size for key, size in ram.pickles.items() if key in self.there and key in ram.files)
        originals = min(self.on_card, sum(self.patched.values()))
        return max(0, plain - self.on_card) + pickled + originals + sum(self.copies.values())


def touched(placed: Sequence[Placed], files: dict[str, Held]) -> dict[str, int]:
    """Bytes of each file's weights that a run copies to the card, each once, as the file has them."""
    found: dict[str, int] = {}
    for step in placed:
        for one in step.placements:
            if one.key in files:
                size = stored(min(one.weights, one.uploaded + one.streamed), files[one.key])
                found[one.key] = max(found.get(one.key, 0), size)
    return found


def stored(size: int, held: Held) -> int:
    """Bytes in the file of so many bytes of weights on the card."""
    return size * held.file_bytes // held.bytes if held.bytes else 0


def idle(machine: Machine) -> int:
    """Bytes of RAM that the system and an idle ComfyUI take."""
    row = facts.table("managers/memory")["idle"]
    process, system = float(row["process_gib"]), float(row["system_gib"][machine.host.os])
    return round(process * GIB) + round(system * GIB)


def adapters(workload: Workload) -> int:
    """Bytes of LoRAs, whose files ComfyUI keeps open."""
    parts = (one.component for one in workload.loaded.values())
    return sum(part.file_bytes for part in parts if part and part.role == "lora")
