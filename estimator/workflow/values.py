"""What flows along a workflow's links, as far as memory is concerned, and the steps that come of it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ..costs import Shape
from ..costs.trained import Training
from ..models import Component
from .graph import Graph
from .signature import Signer

Kind = Literal["load", "encode_text", "encode_image", "sample", "decode", "upscale", "other"]


class Unknown(msgspec.Struct, frozen=True):
    """A value that could not be worked out, and the node where that began."""

    node: str
    reason: str


class Net(msgspec.Struct, frozen=True):
    """One network that is no diffusion model and no text encoder: the key of its component."""

    component: str


class Model(msgspec.Struct, frozen=True):
    """A diffusion model: the key of its component, and the keys of the LoRAs on it.

    `nets`: networks that run inside of its forward (model patches, IP-adapters); `window` and `overlap`:
    latent frames of a context window, 0 without; `images`: latent cells of pictures that a patch adds;
    `more`: further evaluations in each step, of one condition alone; `taken`: what takes it from the dynamic
    manager, in versions that do so (`always_legacy` of their rows); `beside`: networks that are loaded with
    it and do nothing in its passes; `tokens`: those that it attends to beside the prompt's; `swaps`: its pack
    swaps blocks of it, where it would else move it whole.
    """

    component: str
    loras: tuple[str, ...] = ()
    nets: tuple[str, ...] = ()
    window: int = 0
    overlap: int = 0
    images: int = 0
    more: int = 0
    taken: str = ""
    beside: tuple[str, ...] = ()
    tokens: int = 0
    swaps: bool = False


class Clip(msgspec.Struct, frozen=True):
    """Text encoders that work together; `type` is what their loader was told that they are for.

    `beside`: what is loaded with them and costs next to nothing of its own (a projection behind them);
    `taken`: what takes them from the dynamic manager, as in `Model`.
    """

    components: tuple[str, ...]
    loras: tuple[str, ...] = ()
    type: str = ""
    beside: tuple[str, ...] = ()
    taken: str = ""


class Conditioning(msgspec.Struct, frozen=True):
    """An encoded prompt; `tokens` is how many the diffusion model attends to.

    `parts`: how many prompts it is, each evaluated for itself (ConditioningCombine); `reference`: latent
    cells of the pictures that an edit model is given; `controls`: keys of the ControlNets on it; `hooks`:
    LoRAs that come and go while it is sampled; `more`: cells that a video model sees beside the latent's
    (subjects, contexts); `guides`: cells of the keyframes at the end of the latent (LTXVAddGuide).
    """

    tokens: int
    parts: int = 1
    reference: int = 0
    controls: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    more: int = 0
    guides: int = 0


class Latent(msgspec.Struct, frozen=True):
    """A latent: height and width in cells, frames in latent frames; a sound's sides are those of its VAE.

    `masked`: it carries a noise mask; `beside`: what is sampled together with it (a video's sound); `cell`:
    pixels of a cell's side that it was made for while it is still empty, else 0 (a sampler makes it fit).
    """

    batch: int
    frames: int
    height: int
    width: int
    masked: bool = False
    beside: tuple[Latent, ...] = ()
    cell: int = 0


class Image(msgspec.Struct, frozen=True):
    """Images or the frames of a video, in pixels; a mask is an image of one channel."""

    count: int
    height: int
    width: int
    channels: int = 3


class Audio(msgspec.Struct, frozen=True):
    """A sound: samples of one channel, and how many a second."""

    samples: int
    rate: int
    batch: int = 1


class Video(msgspec.Struct, frozen=True):
    """A video as a file: its frames, in frames a second, and its sound if it has one."""

    images: Image
    rate: float
    audio: Audio | None = None


class Sigmas(msgspec.Struct, frozen=True):
    """A schedule of so many steps."""

    steps: int


class Guider(msgspec.Struct, frozen=True):
    """A model with the conditionings that one step evaluates; `other` models evaluate theirs in turn."""

    model: Model
    conditionings: tuple[Conditioning, ...]
    other: tuple[Guider, ...] = ()


class Loras(msgspec.Struct, frozen=True):
    """LoRAs that wait for a model: the keys of their files."""

    keys: tuple[str, ...] = ()


class Many(msgspec.Struct, frozen=True):
    """A list that ComfyUI runs the next node for, item by item."""

    items: tuple[Any, ...]


Value = Any  # one of the above, or a plain number, string or bool; None: not connected; Unknown: not known


class Loaded(msgspec.Struct, frozen=True):
    """A component that a node loads. `component` is None where its file is missing or not understood.

    `assumed`: the file is not on disk, the published file of its name stands for it; `legacy`: its loader
    hands it to the legacy manager, also where dynamic VRAM is on; `taken`: what does so later, in versions
    that have it (`always_legacy` of their rows); `whole`: its pack moves all of it at once;
    `file`: as the node names it, in ComfyUI's `folder`; `widget` and `device`: what the loader's widgets ask
    for.
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
    taken: tuple[str, ...] = ()
    whole: bool = False
    folder: str = ""


class Side(msgspec.Struct, frozen=True):
    """A network that runs within another's pass, and the shape that it works on."""

    component: str
    shape: Shape


class Step(msgspec.Struct, frozen=True):
    """One thing the card does for a node. `shape` is of one condition, in latent units.

    `components`: keys of what it loads, the main one first; `law`: which of their costs it pays;
    `repeats`: how often the model is evaluated per condition; `conditions`: how many conditions;
    `tile`, `tile_frames`: latent cells (pixels of an upscale model) along a tile's side and latent frames in
    it, 0 for whole; `overlap`, `overlap_frames`: of two tiles, None where the node does not say;
    `output`: bytes its result takes in RAM; `tokens`: what each component of a text encoding sees;
    `sides`: what runs within each pass beside the main component; `alone`: further passes of one condition;
    `scratch`: bytes on the card that arithmetic without a network takes; `training`: what is trained;
    `ends`: it mostly ends before all its repeats.
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
    overlap: int | None = None
    overlap_frames: int | None = None
    output: int = 0
    loras: tuple[str, ...] = ()
    tokens: tuple[int, ...] = ()
    sides: tuple[Side, ...] = ()
    alone: int = 0
    scratch: int = 0
    training: Training | None = None
    ends: bool = False
    unknown: str = ""


class Node(msgspec.Struct, frozen=True):
    """A node of which something is to be said: that it was not understood, or what was assumed of it."""

    node: str
    class_type: str
    reason: str


class Workload(msgspec.Struct, frozen=True):
    """All that a workflow asks of a machine: what it loads, and its steps in execution order.

    `unknown`: nodes that were not understood; `assumed`: what was taken for granted, and for which node;
    `missing`: model files that are not on disk; `order`: ids of the nodes of `graph` that run, as they do;
    `signer`: which of these are alike.
    """

    loaded: dict[str, Loaded]
    steps: tuple[Step, ...]
    nodes: int
    unknown: tuple[Node, ...] = ()
    assumed: tuple[Node, ...] = ()
    missing: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    graph: Graph | None = None
    signer: Signer | None = None
