"""The same prompts for ComfyUI's own legacy manager, on a pretended card, and for ours."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache

from vram_forecast.estimator.formats import Tensor, TensorTable
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.runtime import Ask, Device, Host, Machine, Policy, hold
from vram_forecast.estimator.runtime.legacy import LegacyManager
from vram_forecast.estimator.units import GIB, MIB, ZERO

# In a process of its own: it imports ComfyUI and pretends a card.
REAL = """
import json, sys
import msgspec
sys.path.insert(0, sys.argv[1])
from estimator.trace.checkout import open_checkout
checkout = open_checkout(sys.argv[2])
from estimator.trace.manager import Card, Load, replay
cases = msgspec.json.decode(sys.stdin.buffer.read(), type=list[tuple[Card, tuple[Load, ...]]])
found = list(replay(cases))
print(json.dumps([checkout.like, msgspec.to_builtins(found)]))
"""


@dataclass(frozen=True)
class Model:
    """A model by its headers, in its types; `widget`: a loader's `weight_dtype`; `type`: a text encoder's."""

    role: str
    headers: tuple[str, ...]
    storage: str
    compute: str
    widget: str = ""
    type: str = ""

    def part(self):
        """As the real manager's side names it."""
        kept = {"role": self.role, "headers": self.headers, "storage": self.storage, "compute": self.compute}
        return kept | {"type": self.type}


@dataclass(frozen=True)
class Card:
    """A card: bytes in all and free, its system, and flags by their names on the command line."""

    total: int
    free: int
    system: str = "linux"
    flags: tuple[str, ...] = ()

    def asked(self):
        """As the real manager's side names it."""
        flags, left = {}, list(self.flags)
        while left:
            name = left.pop(0)[2:].replace("-", "_")
            flags[name] = json.loads(left.pop(0)) if left and not left[0].startswith("-") else True
        return {"total": self.total, "free": self.free, "windows": self.system == "windows", "flags": flags}


@dataclass(frozen=True)
class Use:
    """One load: models, the main one first, ComfyUI's reservations in bytes, and LoRAs of the models."""

    models: tuple[Model, ...]
    reserve: int
    minimum: int | None = None
    full: bool = False
    loras: dict = field(default_factory=dict, hash=False)

    def asked(self):
        """As the real manager's side names it."""
        return {
            "parts": [model.part() for model in self.models],
            "reserve": self.reserve,
            "minimum": self.minimum,
            "full": self.full,
            "loras": self.loras,
        }


def sampled(model, mib, *more, **others):
    """A sampler's load: its reservation is for twice the batch."""
    return Use((model, *more), round(2 * mib * MIB), round(mib * MIB), **others)


def real(root, comfyui, cases):
    """What ComfyUI's manager makes of prompts, [(card, uses)]: its version, and per prompt its loads."""
    done = subprocess.run(
        [sys.executable, "-c", REAL, str(root), str(comfyui)],
        input=json.dumps([[card.asked(), [use.asked() for use in uses]] for card, uses in cases]),
        capture_output=True,
        text=True,
    )
    assert 0 == done.returncode, done.stderr[-4000:]
    version, found = json.loads(done.stdout.splitlines()[-1])
    return version, found


def parts_of(model):
    """The components behind a model: several for text encoders."""
    for header in model.headers:
        for one in identify(stand_in(header, header)).components:
            if one.role == model.role:
                yield header, one
                if model.role != "text_encoder":
                    return


@cache
def component_of(model):
    """The components behind a model, read once."""
    return tuple(parts_of(model))


LORAS = {}


def lora_of(tensors):
    """A LoRA as we read it, of its tensors {name: [type, shape]}: the same one each time."""
    if id(tensors) not in LORAS:
        listed = {name: Tensor(name, dtype, tuple(shape)) for name, (dtype, shape) in tensors.items()}
        table = TensorTable(f"lora-{len(LORAS)}", "safetensors", 0, 0, {}, listed)
        (LORAS[id(tensors)],) = identify(table).components
    return LORAS[id(tensors)]


class Ours:
    """Our manager beside it."""

    def __init__(self, comfy, card):
        device = Device("card", "nvidia", card.total, card.free, ZERO, 8.9)
        self.machine = Machine(
            device, Host(card.system, 64 * GIB, 64 * GIB), Policy(comfy, False, card.flags)
        )
        self.manager = LegacyManager(self.machine)

    def held(self, model, loras=()):
        """A model as we hold it, in its parts."""
        files = tuple(map(lora_of, loras))
        return [
            hold(f"{header}/{one.id}/{model.storage}", one, self.machine, model.widget, loras=files)
            for header, one in component_of(model)
        ]

    def models(self, use):
        """The models of a load as we hold them, each in its parts."""
        return [self.held(model, use.loras.get(at, ())) for at, model in enumerate(use.models)]

    def place(self, use, held):
        """Our manager's answer."""
        ask = Ask(use.reserve, use.minimum, 0, use.full)
        return self.manager.place([one for parts in held for one in parts], ask)

    def run(self, uses):
        """Load after load."""
        return [self.load(use) for use in uses]

    def load(self, use):
        """The same numbers after a load as the real one tells."""
        held = self.models(use)
        self.place(use, held)
        models = [self.manager.known["+".join(one.key for one in parts)] for parts in held]
        return {
            "counted": [one.counted for one in models],
            "buffers": [one.buffer for one in models],
            "on_card": self.manager.occupied(),
            "log": [line for one in self.manager.known.values() for line in one.log],
            "patched": [
                sum(layer.patch.count for one in parts for layer in one.layers if layer.patch)
                for parts in held
            ],
            "backups": [sum(changed(one)) for one in models],
        }


def changed(loaded):
    """Bytes of the layers on the card that a LoRA changed: their originals lie in RAM."""
    for layer, here in zip(loaded.held.layers, loaded.here, strict=True):
        if here and layer.patch:
            yield layer.patch.bytes


def lora(model, start, within, rank=16):
    """A LoRA's tensors for a model: of its matrices whose names hold `within`, named as files name them."""
    named = {}
    ends = (".lora_B.weight", ".lora_A.weight")
    if start.endswith("_"):
        ends = (".lora_up.weight", ".lora_down.weight")
    for _, one in parts_of(model):
        for module in one.modules:
            matrices = [tensor for tensor in module.tensors if len(tensor.shape) > 1]
            if module.castable and module.leaf and within in module.name and matrices:
                outputs, inputs, *kernel = matrices[0].shape
                layer = module.name.replace(".", "_") if start.endswith("_") else module.name
                named[start + layer + ends[0]] = ["F16", [outputs, rank, *[1 for _ in kernel]]]
                named[start + layer + ends[1]] = ["F16", [rank, inputs, *kernel]]
    return named
