"""What flows along a workflow's links, as far as memory is concerned."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ..costs import Shape
from ..models import Component

Kind = Literal["load", "encode_text", "encode_image", "sample", "decode", "upscale", "other"]


class Unknown(msgspec.Struct, frozen=True):
    """A value that could not be worked out, and the node where that began."""

    node: str
    reason: str


class Model(msgspec.Struct, frozen=True):
    """A diffusion model: the key of its component, and the keys of the LoRAs on it."""

    component: str
    loras: tuple[str, ...] = ()


class Clip(msgspec.Struct, frozen=True):
    """Text encoders that work together; `type` is what their loader was told that they are for."""

    components: tuple[str, ...]
    loras: tuple[str, ...] = ()
    type: str = ""


class Vae(msgspec.Struct, frozen=True):
    """A VAE."""

    component: str


class Conditioning(msgspec.Struct, frozen=True):
    """An encoded prompt; `tokens` is how many the diffusion model attends to."""

    tokens: int


class Latent(msgspec.Struct, frozen=True):
    """A latent; height and width in latent cells, frames in latent frames."""

    batch: int
    frames: int
    height: int
    width: int


class Image(msgspec.Struct, frozen=True):
    """Images or the frames of a video, in pixels."""

    count: int
    height: int
    width: int


class Sigmas(msgspec.Struct, frozen=True):
    """A schedule of so many steps."""

    steps: int


class Guider(msgspec.Struct, frozen=True):
    """A model with the conditionings that one step evaluates."""

    model: Model
    conditionings: tuple[Conditioning, ...]


Value = Any  # one of the above, or a plain number, string or bool; Unknown where nothing is known


class Loaded(msgspec.Struct, frozen=True):
    """A component that a node loads. `component` is None where its file is missing or not understood.

    `assumed`: the file is not on disk, the published file of its name stands for it; `legacy`: its loader
    hands it to the legacy manager, also where dynamic VRAM is on;
    `file`: as the node names it; `widget` and `device`: what the loader's widgets ask for.
    """

    key: str
    node: str
    class_type: str
    file: str
    role: str
    component: Component | None
    widget: str = ""
    device: str = ""
    problem: str = ""
    assumed: bool = False
    legacy: bool = False


class Step(msgspec.Struct, frozen=True):
    """One thing the card does for a node. `shape` is of one condition, in latent units.

    `components`: keys of what it loads, the main one first; `law`: which of their costs it pays;
    `repeats`: how often the model is evaluated per condition; `conditions`: how many conditions;
    `tile`, `tile_frames`: latent cells along a tile's side and latent frames in it, 0 for whole;
    `output`: bytes its result takes in RAM; `tokens`: what each component of a text encoding sees.
    """

    node: str
    class_type: str
    title: str
    kind: Kind
    components: tuple[str, ...]
    law: str = ""
    shape: Shape | None = None
    repeats: int = 1
    conditions: int = 1
    tile: int = 0
    tile_frames: int = 0
    output: int = 0
    loras: tuple[str, ...] = ()
    tokens: tuple[int, ...] = ()
    unknown: str = ""


class Node(msgspec.Struct, frozen=True):
    """A node that was not understood."""

    node: str
    class_type: str
    reason: str


class Workload(msgspec.Struct, frozen=True):
    """All that a workflow asks of a machine: what it loads, and its steps in execution order."""

    loaded: dict[str, Loaded]
    steps: tuple[Step, ...]
    nodes: int
    unknown: tuple[Node, ...] = ()
    missing: tuple[str, ...] = ()
