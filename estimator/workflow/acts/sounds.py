"""Acts on sounds: VAEs of sound, and encoders that listen."""

from __future__ import annotations

from ...costs import Shape
from ..sounds import SoundFormat, sound_format
from ..state import Here
from ..values import Audio, Latent, Net, Unknown, Value
from .base import Act, Formula
from .pictures import FLOAT, failed, latent_shape, overlap_of

STEREO = 2
NO_SOUND = "its VAE is of no sound that we know"
HEARD = 16000  # samples a second that every audio encoder is given


class DecodeSound(Act, frozen=True, kw_only=True, tag="decode_sound"):
    """A latent to sound, whole or in tiles of so many latent steps; of a video with its sound, the sound."""

    into: str = "audio"
    vae: Formula = "vae"
    latent: Formula = "samples"
    tile: Formula = ""
    overlap: Formula = ""

    def do(self, here: Here) -> dict[str, Value]:
        """The step, and the sound."""
        vae, latent = here.value(self.vae), here.value(self.latent)
        if not isinstance(vae, Net) or not isinstance(latent, Latent):
            return {self.into: failed(here, "decode", vae, latent)}
        latent = latent.beside[-1] if latent.beside else latent
        form = form_of(here, vae)
        if form is None:
            return {self.into: failed(here, "decode", vae, here.unknown(NO_SOUND))}
        audio = form.decoded(latent)
        here.state.add(
            here.node,
            kind="decode",
            components=(vae.component,),
            law="decode",
            shape=latent_shape(here, vae.component, latent),
            tile=self.side(here),
            overlap=overlap_of(here, self.overlap, 1, self.side(here)),
            output=audio.batch * audio.samples * STEREO * FLOAT,
        )
        return {self.into: audio}

    def side(self, here: Here) -> int:
        """The tile that a node asks for, in latent steps; 0 for whole."""
        side = here.number(self.tile) if self.tile else 0
        return 0 if isinstance(side, Unknown) else side


class EncodeSound(Act, frozen=True, kw_only=True, tag="encode_sound"):
    """A sound, or several, to latents; what is brought to the VAE's own rate is cut to whole steps."""

    into: str = "latent"
    vae: Formula = "vae"
    audio: Formula = "audio"

    def do(self, here: Here) -> dict[str, Value]:
        """The steps, and the latents."""
        vae, given = here.value(self.vae), here.value(self.audio)
        if not isinstance(given, tuple):
            return {self.into: self.one(here, vae, given)}
        return {self.into: tuple(self.one(here, vae, audio) for audio in given)}

    def one(self, here: Here, vae: Value, audio: Value) -> Value:
        """The step of one sound, and its latent."""
        if not isinstance(vae, Net) or not isinstance(audio, Audio):
            return failed(here, "encode_image", vae, audio)
        form = form_of(here, vae)
        if form is None:
            return failed(here, "encode_image", vae, here.unknown(NO_SOUND))
        latent = form.encoded(audio)
        shape = latent_shape(here, vae.component, latent)
        here.state.add(here.node, kind="encode_image", components=(vae.component,), law="encode", shape=shape)
        return latent


class Listen(Act, frozen=True, kw_only=True, tag="listen"):
    """A sound through an audio encoder: as wide as it has samples at 16 kHz."""

    net: Formula = "audio_encoder"
    audio: Formula = "audio"

    def do(self, here: Here) -> dict[str, Value]:
        """The step; nothing to bind."""
        net, audio = here.value(self.net), here.value(self.audio)
        if not isinstance(net, Net) or not isinstance(audio, Audio):
            failed(here, "other", net, audio)
            return {}
        samples = audio.samples * HEARD // audio.rate
        shape = Shape(batch=audio.batch, channels=1, frames=1, height=1, width=samples)
        here.state.add(here.node, kind="other", components=(net.component,), law="encode_audio", shape=shape)
        return {}


def form_of(here: Here, vae: Net) -> SoundFormat | None:
    """The sound format of a VAE; None where it is not known, or where it makes pictures."""
    component = here.state.component(vae.component).component
    return sound_format(component) if component else None
