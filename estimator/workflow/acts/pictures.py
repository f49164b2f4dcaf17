"""Acts of VAEs: latents to pictures and video, and the way back."""

from __future__ import annotations

from msgspec.structs import replace

from ...costs import Shape
from ..latents import LatentFormat, latent_format
from ..state import Here
from ..values import Image, Latent, Net, Unknown, Value
from .base import Act, Formula

FLOAT = 4  # bytes of the 32-bit floats in which ComfyUI keeps images and sounds in RAM


class Decode(Act, frozen=True, kw_only=True, tag="decode"):
    """A latent to images or frames, whole or in tiles of so many pixels and frames; `times`: how often.

    `output`: bytes of what it gives, where that is no picture; `voxels`: those along an edge of the space
    in which it looks up a shape.
    """

    into: str = "image"
    vae: Formula = "vae"
    latent: Formula = "samples"
    tile: Formula = ""
    temporal_tile: Formula = ""
    overlap: Formula = ""
    temporal_overlap: Formula = ""
    output: Formula = ""
    voxels: Formula = ""
    times: Formula = "1"

    def do(self, here: Here) -> dict[str, Value]:
        """The step, and the pictures."""
        vae, latent = here.value(self.vae), here.value(self.latent)
        if not isinstance(vae, Net) or not isinstance(latent, Latent):
            return {self.into: failed(here, "decode", vae, latent)}
        cell = format_of(here, vae.component)
        if not cell.id:
            return {self.into: failed(here, "decode", vae, strange(here, vae))}
        frames = cell.frames(latent.frames)
        image = Image(latent.batch * frames, latent.height * cell.spatial, latent.width * cell.spatial)
        side, tile_frames = tile_of(here, self.tile, self.temporal_tile, cell)
        overlap = overlap_of(here, self.overlap, cell.spatial, side)
        shared = overlap_of(here, self.temporal_overlap, cell.temporal, tile_frames)
        here.state.add(
            here.node,
            kind="decode",
            components=(vae.component,),
            law="decode",
            shape=self.shape(here, latent_shape(here, vae.component, latent)),
            tile=side,
            tile_frames=tile_frames,
            overlap=overlap,
            overlap_frames=None if shared is None else max(1, min(shared, tile_frames // 2)),
            repeats=repeats(here, self.times),
            output=self.bytes(here, image),
        )
        return {self.into: image}

    def shape(self, here: Here, whole: Shape) -> Shape:
        """The shape that the law goes by: a space is as high as it has layers' voxels, its latent a text."""
        edge = here.number(self.voxels) if self.voxels else here.unknown("no space")
        if isinstance(edge, Unknown):
            return whole
        return replace(whole, height=edge * edge, width=edge, text_tokens=whole.width)

    def bytes(self, here: Here, image: Image) -> int:
        """Bytes of what it gives."""
        given = here.number(self.output) if self.output else image_bytes(image)
        return 0 if isinstance(given, Unknown) else given


class Encode(Act, frozen=True, kw_only=True, tag="encode"):
    """Images to a latent: frames of one video where the VAE is a video VAE, else a batch.

    `still`: each image by itself, whatever the VAE; `times`: how often. Of a tuple of images each is encoded
    in turn.
    """

    into: str = "latent"
    vae: Formula = "vae"
    image: Formula = "pixels"
    tile: Formula = ""
    temporal_tile: Formula = ""
    overlap: Formula = ""
    temporal_overlap: Formula = ""
    still: bool = False
    times: Formula = "1"

    def do(self, here: Here) -> dict[str, Value]:
        """The steps, and the latents."""
        vae, given = here.value(self.vae), here.value(self.image)
        if not isinstance(given, tuple):
            return {self.into: self.one(here, vae, given)}
        return {self.into: tuple(self.one(here, vae, image) for image in given)}

    def one(self, here: Here, vae: Value, image: Value) -> Value:
        """The step of one image, and its latent."""
        if not isinstance(vae, Net) or not isinstance(image, Image):
            return failed(here, "encode_image", vae, image)
        cell = format_of(here, vae.component)
        if not cell.id:
            return failed(here, "encode_image", vae, strange(here, vae))
        video = cell.temporal > 1 and not self.still
        latent = Latent(
            1 if video else image.count,
            cell.latent_frames(image.count) if video else 1,
            image.height // cell.spatial,
            image.width // cell.spatial,
        )
        side, tile_frames = tile_of(here, self.tile, self.temporal_tile, cell)
        overlap = overlap_of(here, self.overlap, cell.spatial, side)
        shared = overlap_of(here, self.temporal_overlap, cell.temporal, tile_frames)
        here.state.add(
            here.node,
            kind="encode_image",
            components=(vae.component,),
            law="encode",
            shape=latent_shape(here, vae.component, latent),
            tile=side,
            tile_frames=tile_frames,
            overlap=overlap,
            overlap_frames=None if shared is None else max(1, min(shared, tile_frames // 2)),
            repeats=repeats(here, self.times),
        )
        return latent


class Cell(Act, frozen=True, kw_only=True, tag="cell"):
    """How many pixels a VAE makes a latent cell of, along each side."""

    into: str = "cell"
    vae: Formula = "vae"

    def do(self, here: Here) -> dict[str, Value]:
        """The number."""
        vae = here.value(self.vae)
        known = isinstance(vae, Net) and here.state.component(vae.component).component is not None
        return {self.into: format_of(here, vae.component).spatial if known else here.like(vae)}


def failed(here: Here, kind: str, vae: Value, given: Value) -> Unknown:
    """Why a step is of unknown size; the step with its weights where these are known."""
    known = isinstance(vae, Net)
    reason = here.like(given if known else vae)
    components = (vae.component,) if known else ()
    here.state.add(here.node, kind=kind, components=components, unknown=reason.reason)
    return reason


def strange(here: Here, vae: Net) -> Unknown:
    """That the latents of a VAE cannot be told, since its file is missing or of no family we know."""
    return here.unknown(here.state.component(vae.component).problem or "its VAE's latents are not known")


def repeats(here: Here, times: Formula) -> int:
    """How often it is done; once where that is not known."""
    found = here.number(times)
    return 1 if isinstance(found, Unknown) else max(1, found)


def tile_of(here: Here, tile: Formula, temporal: Formula, cell: LatentFormat) -> tuple[int, int]:
    """The tile that a node asks for, in latent cells and latent frames; 0 for whole."""
    side = here.number(tile) if tile else 0
    frames = here.number(temporal) if temporal else 0
    return (
        0 if isinstance(side, Unknown) or not tile else max(1, side // cell.spatial),
        0 if isinstance(frames, Unknown) or not temporal else max(2, frames // cell.temporal),  # never one
    )


def overlap_of(here: Here, overlap: Formula, cell: int, tile: int) -> int | None:
    """The overlap of two tiles that a node asks for, in latent cells or frames; None where it says none."""
    if not overlap or not tile:
        return None
    asked = here.number(overlap)
    return None if isinstance(asked, Unknown) else asked // cell


def latent_shape(here: Here, key: str, latent: Latent, tokens: int = 0, reference: int = 0) -> Shape:
    """A latent's shape for one component's law, in the channels of that component's latent format."""
    return Shape(
        batch=latent.batch,
        channels=format_of(here, key).channels,
        frames=latent.frames,
        height=latent.height,
        width=latent.width,
        text_tokens=tokens,
        reference=reference,
    )


def format_of(here: Here, key: str) -> LatentFormat:
    """The latent format of a component."""
    component = here.state.component(key).component
    return latent_format(component.latent if component else "")


def image_bytes(image: Image) -> int:
    """Bytes that images take in RAM."""
    return image.count * image.height * image.width * image.channels * FLOAT
