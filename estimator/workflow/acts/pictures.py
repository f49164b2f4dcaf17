"""Acts of VAEs: latents to pictures, video and sound, and the way back."""

from __future__ import annotations

from math import ceil

from ...costs import Shape
from ..functions import latent_frames
from ..latents import LatentFormat, latent_format
from ..state import Here
from ..values import Audio, Image, Latent, Net, Unknown, Value
from .base import Act, Formula

FLOAT = 4  # bytes of the 32-bit floats in which ComfyUI keeps images and sounds in RAM
STEREO = 2


class Decode(Act, frozen=True, kw_only=True, tag="decode"):
    """A latent to images or frames, whole or in tiles of so many pixels and frames; `times`: how often."""

    into: str = "image"
    vae: Formula = "vae"
    latent: Formula = "samples"
    tile: Formula = ""
    temporal_tile: Formula = ""
    times: Formula = "1"

    def do(self, here: Here) -> dict[str, Value]:
        """The step, and the pictures."""
        vae, latent = here.value(self.vae), here.value(self.latent)
        if not isinstance(vae, Net) or not isinstance(latent, Latent):
            return {self.into: failed(here, "decode", vae, latent)}
        cell = format_of(here, vae.component)
        if not cell.id:
            return {self.into: failed(here, "decode", vae, strange(here, vae))}
        frames = (latent.frames - 1) * cell.temporal + 1
        image = Image(latent.batch * frames, latent.height * cell.spatial, latent.width * cell.spatial)
        side, tile_frames = tile_of(here, self.tile, self.temporal_tile, cell)
        here.state.add(
            here.node,
            kind="decode",
            components=(vae.component,),
            law="decode",
            shape=latent_shape(here, vae.component, latent),
            tile=side,
            tile_frames=tile_frames,
            repeats=repeats(here, self.times),
            output=image_bytes(image),
        )
        return {self.into: image}


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
            latent_frames(image.count, cell.temporal) if video else 1,
            image.height // cell.spatial,
            image.width // cell.spatial,
        )
        side, tile_frames = tile_of(here, self.tile, self.temporal_tile, cell)
        here.state.add(
            here.node,
            kind="encode_image",
            components=(vae.component,),
            law="encode",
            shape=latent_shape(here, vae.component, latent),
            tile=side,
            tile_frames=tile_frames,
            repeats=repeats(here, self.times),
        )
        return latent


class DecodeSound(Act, frozen=True, kw_only=True, tag="decode_sound"):
    """A latent of one dimension to sound, at so many samples a second."""

    into: str = "audio"
    vae: Formula = "vae"
    latent: Formula = "samples"
    rate: Formula = "44100"

    def do(self, here: Here) -> dict[str, Value]:
        """The step, and the sound."""
        vae, latent, rate = here.value(self.vae), here.value(self.latent), here.number(self.rate)
        if not isinstance(vae, Net) or not isinstance(latent, Latent) or isinstance(rate, Unknown):
            return {self.into: failed(here, "decode", vae, latent)}
        samples = latent.width * format_of(here, vae.component).temporal
        here.state.add(
            here.node,
            kind="decode",
            components=(vae.component,),
            law="decode",
            shape=latent_shape(here, vae.component, latent),
            output=latent.batch * samples * STEREO * FLOAT,
        )
        return {self.into: Audio(samples, rate, latent.batch)}


class EncodeSound(Act, frozen=True, kw_only=True, tag="encode_sound"):
    """A sound to a latent of one dimension, at so many samples a second."""

    into: str = "latent"
    vae: Formula = "vae"
    audio: Formula = "audio"
    rate: Formula = "44100"

    def do(self, here: Here) -> dict[str, Value]:
        """The step, and the latent."""
        vae, audio, rate = here.value(self.vae), here.value(self.audio), here.number(self.rate)
        if not isinstance(vae, Net) or not isinstance(audio, Audio) or isinstance(rate, Unknown):
            return {self.into: failed(here, "encode_image", vae, audio)}
        each = format_of(here, vae.component).temporal
        latent = Latent(audio.batch, 1, 1, ceil(audio.samples * rate / audio.rate / each))
        shape = latent_shape(here, vae.component, latent)
        here.state.add(here.node, kind="encode_image", components=(vae.component,), law="encode", shape=shape)
        return {self.into: latent}


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
