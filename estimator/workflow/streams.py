"""What formulas in rules can call on videos with their sound, on batches of latents, and on sounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from .values import Audio, Clip, Conditioning, Latent, Many

LONGEST = 256  # items of a list that are worked through one by one


def writer(clip: Clip) -> Clip:
    """The last of a clip's encoders alone: of a clip that plans sounds, the planner."""
    return replace(clip, components=clip.components[-1:])


def reader(clip: Clip) -> Clip:
    """The first of a clip's encoders alone."""
    return replace(clip, components=clip.components[:1])


def keyed(conditioning: Conditioning, more: float) -> Conditioning:
    """A conditioning that knows of more cells of keyframes at the end of the latent."""
    return replace(conditioning, guides=conditioning.guides + int(more))


def unkeyed(conditioning: Conditioning) -> Conditioning:
    """A conditioning without keyframes."""
    return replace(conditioning, guides=0)


def keyframes(conditioning: Conditioning, latent: Latent) -> int:
    """Latent frames of the keyframes at the end of a latent."""
    return conditioning.guides // (latent.height * latent.width)


def together(video: Latent, sound: Latent) -> Latent:
    """A video with its sound, which is cut or filled up where the video has another one already."""
    if not isinstance(sound, Latent):
        raise TypeError("not a latent")
    if video.beside:
        own = video.beside[0]
        sound = replace(sound, height=own.height, width=own.width)
    return replace(video, beside=(replace(sound, beside=()),), masked=video.masked or sound.masked)


def apart(latent: Latent, number: int) -> Latent:
    """One of the latents that are sampled together; raises `IndexError` where it is alone."""
    if number:
        return replace(latent.beside[number - 1], masked=latent.masked)
    return replace(latent, beside=()) if latent.beside else latent.beside[0]


def with_mask(latent: Latent) -> Latent:
    """A latent with a noise mask."""
    return replace(latent, masked=True)


def from_batch(latent: Latent, index: int, length: int) -> Latent:
    """Some latents of a batch."""
    index = max(0, min(latent.batch - 1, index + latent.batch if index < 0 else index))
    return replace(latent, batch=min(latent.batch - index, int(length)))


def one_batch(*latents: Any) -> Latent:
    """One batch of several latents, of the first one's size; what is not connected is left out."""
    opened = (inner for one in latents for inner in (one if isinstance(one, tuple) else (one,)))
    there: list[Latent] = [one for one in opened if one is not None]
    return replace(there[0], batch=sum(one.batch for one in there))


def in_batches(latents: Any, size: int) -> Many:
    """Latents in batches of at most `size`; those of one shape follow each other."""
    items: tuple[Latent, ...] = latents.items if isinstance(latents, Many) else (latents,)
    total = sum(one.batch for one in items)
    if len({(one.frames, one.height, one.width) for one in items}) > 1 or not 0 < total <= size * LONGEST:
        raise ValueError("batches of several sizes")
    return Many(tuple(replace(items[0], batch=min(size, total - at)) for at in range(0, total, size)))


def side_of(latent: Latent, name: str) -> str:
    """The side that a node names by a letter, with or without a sign."""
    sides = {"x": "width", "y": "height", "t": "frames"}
    return next(side for letter, side in sides.items() if letter in name)


def appended(latent: Latent, other: Latent, name: str) -> Latent:
    """Two latents side by side, or one after the other."""
    side = side_of(latent, name)
    return replace(latent, **{side: getattr(latent, side) + getattr(other, side)})


def cut_out(latent: Latent, name: str, index: int, amount: int) -> Latent:
    """A part of a latent along one side; an index below 0 counts from its end."""
    side = side_of(latent, name)
    whole: int = getattr(latent, side)
    room = whole - min(index, whole - 1) if index >= 0 else -max(index, -whole)
    return replace(latent, **{side: min(room, int(amount))})


def cut_up(latent: Latent, name: str, size: int) -> Latent:
    """A latent cut along one side to a batch of parts; what is left over is dropped."""
    side = side_of(latent, name)
    whole: int = getattr(latent, side)
    size = min(whole, int(size))
    return replace(latent, **{"batch": latent.batch * (whole // size), side: size})


def turned(latent: Latent) -> Latent:
    """A latent on its side."""
    return replace(latent, height=latent.width, width=latent.height)


def seconds(audio: Audio) -> float:
    """How long a sound is."""
    return audio.samples / audio.rate


def trimmed_sound(audio: Audio, start: float, length: float) -> Audio:
    """A part of a sound, in seconds; a start below 0 counts from its end."""
    first = round(start * audio.rate) + (audio.samples if start < 0 else 0)
    first = max(0, min(first, audio.samples))
    return replace(audio, samples=min(audio.samples, first + round(length * audio.rate)) - first)


def one_rate(*sounds: Audio) -> tuple[Audio, ...]:
    """Sounds at the highest rate of them; what is not connected is left out."""
    there = [one for one in sounds if one is not None]
    rate = max(one.rate for one in there)
    return tuple(replace(one, rate=rate, samples=one.samples * rate // one.rate) for one in there)


def one_after_another(*sounds: Audio) -> Audio:
    """Sounds in a row."""
    same = one_rate(*sounds)
    return replace(same[0], samples=sum(one.samples for one in same))


def shortest_of(*sounds: Audio) -> Audio:
    """The shortest of some sounds, at the highest rate of them."""
    return min(one_rate(*sounds), key=lambda one: one.samples)


def chunks(latent: Latent, size: int, overlap: int) -> Many:
    """A video in parts of so many latent frames; raises `ValueError` for too many of them."""
    if size >= latent.frames:
        return Many((latent,))
    step = size - min(overlap, size - 1)
    starts = range(0, latent.frames - size + step, step)
    if not 0 < len(starts) <= LONGEST:
        raise ValueError("a list too long")
    return Many(tuple(replace(latent, frames=min(size, latent.frames - start)) for start in starts))


def merged_chunks(parts: Many, overlap: Any) -> Latent:
    """One video of its parts, which overlap by so many latent frames."""
    first: Latent = parts.items[0]
    each = overlap.items[0] if isinstance(overlap, Many) else overlap
    step = first.frames - min(each, first.frames - 1)
    return replace(first, frames=step * (len(parts.items) - 1) + parts.items[-1].frames, masked=False)


def copies(value: Any, times: int) -> Many:
    """A list of so many alike; raises `ValueError` for more than a list is worked through."""
    if not 0 < times <= LONGEST:
        raise ValueError("a list too long")
    return Many((value,) * int(times))


STREAMS: tuple[Callable[..., Any], ...] = (
    *(writer, reader, keyed, unkeyed, keyframes, together, apart, with_mask, from_batch),
    *(one_batch, in_batches, appended, cut_out, cut_up, turned, copies),
    *(chunks, merged_chunks),
    *(seconds, trimmed_sound, one_rate, one_after_another, shortest_of),
)
