"""Acts of nodes that load: files become components, and adapters go onto models."""

from __future__ import annotations

import msgspec

from ...models import Component
from ...models.library import Found
from ..sounds import sound_format
from ..state import Here
from ..values import Clip, Loaded, Loras, Model, Net, Value
from .base import Act, Formula

NAMES = {"diffusion_model": "model", "text_encoder": "clip", "text_projection": "clip", "vae": "vae"}
NONE = ("None", "none", "")  # how widgets say that no file is chosen


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a formula names in one of ComfyUI's folders, and the roles that are taken from it.

    `sound`: of its VAEs the one that makes sound, else the one that makes pictures where it has both.
    """

    name: Formula
    folder: str
    roles: tuple[str, ...]
    sound: bool = False

    def takes(self, components: tuple[Component, ...]) -> list[Component]:
        """Those of a file's components that are taken."""
        found = [one for one in components if one.role in self.roles]
        vaes = [one for one in found if one.role == "vae" and (sound_format(one) is not None) == self.sound]
        others = [one for one in found if one.role != "vae"]
        return others + (vaes if vaes or self.sound else [one for one in found if one.role == "vae"])


class Load(Act, frozen=True, kw_only=True, tag="load"):
    """Components from files; binds `model`, `clip` and `vae`, and `net` for any other network.

    `dtype`, `device`: the widgets that ask for a type and a device; `legacy`: what it loads stays with the
    legacy manager, also where dynamic VRAM is on; `whole`: all of it is moved onto the card at once; `type`:
    what its text encoders are for.
    """

    files: tuple[File, ...]
    dtype: Formula = ""
    device: Formula = ""
    type: Formula = ""
    legacy: bool = False
    whole: bool = False

    def do(self, here: Here) -> dict[str, Value]:
        """Load each file; what no file holds is unknown."""
        loads = [one for file in self.files for one in self.open(here, file)]
        here.state.load(here.node, loads)
        roles: dict[str, list[str]] = {}
        for file in self.files:
            for role in file.roles:
                roles.setdefault(NAMES.get(role, "net"), []).append(role)
        bound = {name: self.give(here, wanted, loads) for name, wanted in roles.items()}
        return bound | ({self.into: bound["net"]} if self.into and "net" in bound else {})

    def give(self, here: Here, roles: list[str], loads: list[Loaded]) -> Value:
        """The value for what has one of some roles."""
        own = [one for one in loads if one.role in roles]
        if not own:
            problem = next((one.problem for one in loads if one.problem), "")
            return here.unknown(problem or f"the file holds no {roles[0].replace('_', ' ')}")
        encoders = tuple(one.key for one in own if one.role == "text_encoder")
        if encoders:
            made_for = here.value(self.type) if self.type else ""
            beside = tuple(one.key for one in own if one.key not in encoders)
            return Clip(encoders, type=text(made_for), beside=beside)
        return Model(own[0].key) if own[0].role == "diffusion_model" else Net(own[0].key)

    def open(self, here: Here, file: File) -> list[Loaded]:
        """What one file loads, with what the node's widgets ask for."""
        return [
            msgspec.structs.replace(
                one,
                widget=text(here.value(self.dtype)) if self.dtype else "",
                device=text(here.value(self.device)) if self.device else "",
                legacy=self.legacy,
                whole=self.whole,
            )
            for one in from_file(here, file)
        ]


class Lora(Act, frozen=True, kw_only=True, tag="lora"):
    """Adapters onto a model and a clip, or onto a stack that waits for them.

    `file`: a name, or a tuple of names, of which "None" is no file; binds `model`, `clip`, and `loras` with
    those of the input `stack` before its own.
    """

    file: Formula
    folder: str = "loras"
    model: Formula = "model"
    clip: Formula = "clip"
    stack: Formula = ""

    def do(self, here: Here) -> dict[str, Value]:
        """Load the files and put their keys on what is there."""
        earlier = here.value(self.stack) if self.stack else None
        keys = earlier.keys if isinstance(earlier, Loras) else ()
        for name in here.several((self.file,)):
            if name not in NONE:
                loads = from_name(here, name, File(self.file, self.folder, ("lora",)))
                here.state.load(here.node, loads)
                keys += tuple(one.key for one in loads)
        model, clip = here.value(self.model), here.value(self.clip)
        return {"model": with_loras(model, keys), "clip": with_loras(clip, keys), "loras": Loras(keys)}


def with_loras(value: Value, keys: tuple[str, ...]) -> Value:
    """A model or a clip that carries more adapters; anything else as it is."""
    if isinstance(value, Model | Clip):
        return msgspec.structs.replace(value, loras=value.loras + keys)
    return value


def from_file(here: Here, file: File) -> list[Loaded]:
    """What one file loads; nothing where none is chosen."""
    return [one for name in here.several((file.name,)) for one in from_name(here, name, file)]


def from_name(here: Here, name: Value, file: File) -> list[Loaded]:
    """What a file of that name loads; a single entry without a component where that cannot be told."""
    if name in NONE:
        return []
    loads = named(here, name, file) if isinstance(name, str) else [nameless(here, file)]
    return [msgspec.structs.replace(one, folder=file.folder) for one in loads]


def nameless(here: Here, file: File) -> Loaded:
    """What stands for a file whose name could not be worked out."""
    return entry(here, "", file.roles[0], None, problem="the file's name is not known")


def named(here: Here, name: str, file: File) -> list[Loaded]:
    """What the file of a name loads."""
    found = here.state.library.open(file.folder, name)
    if found.missing:
        here.state.missing.setdefault(here.node.id, []).append(name)
    wanted = file.takes(found.components)
    loads = [
        msgspec.structs.replace(entry(here, name, one.role, one), assumed=found.missing) for one in wanted
    ]
    unknown = stranger(found, file.roles[0])
    if wanted and (unknown is None or any(one.role == unknown.role for one in wanted)):
        return loads
    what = " or ".join(file.roles[:1] if wanted else file.roles).replace("_", " ")
    problem = found.problem or f"`{name}` holds no {what} of a family we know"
    return [*loads, entry(here, name, file.roles[0], unknown, problem=problem)]


def stranger(found: Found, role: str) -> Component | None:
    """What a file holds beside what is known, taken for the model that its loader is for; else None."""
    if found.rest is None or role != "diffusion_model":
        return None
    return msgspec.structs.replace(found.rest, role=role)


def entry(here: Here, name: str, role: str, component: Component | None, problem: str = "") -> Loaded:
    """One loaded component; its key is the node that loads it, its role and its kind."""
    owner = here.node.id
    key = f"{owner}/{role}/{component.id if component else name}"
    if component and any(one.key == key and one.file != name for one in here.state.loaded.get(owner, ())):
        key = f"{key}/{name}"  # two files of one kind in one node, as of two LoRAs
    return Loaded(key, owner, here.node.class_type, name, role, component, problem=problem)


def text(value: Value) -> str:
    """A widget's text, empty where it is not known."""
    return str(value) if isinstance(value, str) else ""
