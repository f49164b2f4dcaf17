"""The rows of `data/families/`, typed: how each known model is told by its tensor names and shapes."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any, Literal

import msgspec

from .. import facts

Role = Literal[
    "diffusion_model",
    "text_encoder",
    "text_projection",
    "vae",
    "lora",
    "controlnet",
    "t2i_adapter",
    "clip_vision",
    "audio_encoder",
    "ip_adapter",
    "style_model",
    "upscale_model",
    "latent_upscale_model",
    "frame_interpolation_model",
    "optical_flow_model",
    "background_removal",
    "geometry_estimation",
    "detection_model",
    "embedding",
    "model_patch",
    "unknown",
]


class Hyper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a hyper-parameter is read: one side of a tensor's shape, or the number of numbered blocks.

    `root`: it is the square root of that part of the side (of channels that become pixels); `value`: it is
    this wherever the tensor is. Without its tensor it is 0.
    """

    tensor: str = ""
    dim: int = 0
    count: str = ""
    root: int = 0
    value: int = 0


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of component: what ComfyUI makes of it, whichever file it lies in.

    `fixed`: types that ComfyUI keeps some layers in whatever the file has.
    `costs` names a table of `data/costs/`, `latent` a row of `data/latents.toml`.
    `min_tokens`: what a text is padded to, `min_tokens_for` where a loader's `type` has it otherwise.
    `picture_side`: pixels along each side of a picture to one token of it, for text encoders that see;
    `picture_tokens`: tokens of a picture where all are brought to one size.
    `convolutional`: most of its work is convolutions, whose workspace a trace does not see.
    """

    id: str
    family: str
    title: str
    role: Role
    variant: str = ""
    storage: str = "file"
    fixed: dict[str, str] = {}
    dtypes: tuple[str, ...] = ()
    convolutional: bool = False
    min_tokens: int = 0
    min_tokens_for: dict[str, int] = {}
    chunk_tokens: int = 0
    picture_side: int = 0
    picture_tokens: int = 0
    costs: str = ""
    latent: str = ""
    comfy_class: str = ""


class Row(Kind, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A kind, and how it is told. Names in `has`, `lacks`, `shapes`, `ignores` and `adds` follow the prefix.

    A name in `has` or `ignores` may end in `*`. Some tensor must end in one of `any_suffix`, and none in
    `no_suffix`.
    A `general` row is asked last: it is what no other row of its role has matched. A row with a `config` is
    asked first and stands alone: the file's metadata must say this of its transformer, for ComfyUI to know
    it from a model with the same tensors.
    """

    prefixes: tuple[str, ...]
    source: str
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    any_suffix: tuple[str, ...] = ()
    no_suffix: tuple[str, ...] = ()
    general: bool = False
    config: dict[str, str | bool] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    hyper: dict[str, Hyper] = {}
    ignores: tuple[str, ...] = ()
    adds: dict[str, tuple[int, ...]] = {}

    @cached_property
    def begins(self) -> tuple[tuple[str, str], ...]:
        """Each prefix, and the first name that must be under it; empty where none is told as it is."""
        plain = self.has[0] if self.has and not self.has[0].endswith("*") else ""
        return tuple((prefix, plain and prefix + plain) for prefix in self.prefixes)

    def kind(self) -> dict[str, Any]:
        """The fields of the kind, by name."""
        return {name: getattr(self, name) for name in Kind.__struct_fields__}


@cache
def rows() -> tuple[Row, ...]:
    """Every component row, in the order of tables and lines; configs first, general ones and endings last."""
    found: list[Row] = []
    for name in facts.names("families"):
        table: dict[str, Any] = facts.table(name)
        found += [msgspec.convert({"source": table["source"], **row}, Row) for row in table["component"]]
    return tuple(sorted(found, key=lambda row: (bool(row.any_suffix), row.general, not row.config)))
