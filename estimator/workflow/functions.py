"""What formulas in rules can call: arithmetic, and the sizes of what flows through a workflow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from .parsing import PARSING
from .references import REFERENCES
from .sizes import SIZES, listed
from .streams import STREAMS
from .values import (
    Audio,
    Clip,
    Conditioning,
    Guider,
    Image,
    Latent,
    Loras,
    Many,
    Model,
    Net,
    Sigmas,
    Video,
)
from .writing import WRITING


def image(count: float, height: float, width: float, channels: float = 3) -> Image:
    """So many images of a size."""
    return Image(int(count), int(height), int(width), int(channels))


def latent(batch: float, frames: float, height: float, width: float) -> Latent:
    """A latent of a size."""
    return Latent(int(batch), int(frames), int(height), int(width))


def empty(batch: float, height: float, width: float, cell: int, frames: float = 1) -> Latent:
    """An empty latent for a picture in pixels, of which a cell's side has so many."""
    return replace(latent(batch, frames, height // cell, width // cell), cell=cell)


def audio(samples: float, rate: float, batch: float = 1) -> Audio:
    """A sound of so many samples."""
    return Audio(int(samples), int(rate), int(batch))


def sigmas(steps: float) -> Sigmas:
    """A schedule of so many steps."""
    return Sigmas(int(steps))


def latent_frames(length: int, each: int) -> int:
    """Latent frames of so many frames: the first stands alone, of the others `each` share one."""
    return (int(length) - 1) // each + 1


def multiple(value: float, of: int) -> int:
    """The nearest multiple, never none."""
    return max(of, round(value / of) * of)


def below(value: float, of: int) -> int:
    """The multiple at or below."""
    return int(value // of) * of


def above(value: float, of: int) -> int:
    """The multiple at or above."""
    return math.ceil(value / of) * of


def cells(given: Latent) -> int:
    """Cells of all frames of a latent."""
    return given.frames * given.height * given.width


def sized(thing: Any, **sides: float) -> Any:
    """An image or a latent with some of its sides changed, in whole numbers."""
    return replace(thing, **{name: int(side) for name, side in sides.items()})


def masked(given: Latent, *masks: Any) -> Latent:
    """A latent with a noise mask, where one of `masks` is connected."""
    return replace(given, masked=given.masked or any(one is not None for one in masks))


def resized(given: Any, width: float, height: float) -> Any:
    """An image or a latent brought to a size; a side of 0 follows the other one, both 0 keep the size."""
    if not width and not height:
        return given
    width = width or round(given.width * height / given.height)
    height = height or round(given.height * width / given.width)
    return replace(given, width=int(width), height=int(height))


def scaled(thing: Any, by: float) -> Any:
    """An image or a latent made larger or smaller."""
    return replace(thing, width=round(thing.width * by), height=round(thing.height * by))


def of_area(given: Any, pixels: float, of: int = 1) -> Any:
    """Images brought to about so many pixels at their own aspect, their sides multiples of `of`."""
    if isinstance(given, tuple):
        return tuple(of_area(one, pixels, of) for one in given)
    by = math.sqrt(pixels / (given.width * given.height))
    return replace(given, width=multiple(given.width * by, of), height=multiple(given.height * by, of))


def at_most(given: Any, side: float) -> Any:
    """Images whose longer side is brought down to `side`, where it is longer."""
    if isinstance(given, tuple):
        return tuple(at_most(one, side) for one in given)
    longer = max(given.width, given.height)
    return scaled(given, side / longer) if longer > side else given


def each_sized(given: tuple[Any, ...], width: float, height: float) -> tuple[Any, ...]:
    """Several images, each brought to one size."""
    return tuple(replace(one, width=int(width), height=int(height)) for one in given)


def stacked(*images: Any) -> Image | None:
    """One batch of several images, of the first one's size; what is not connected is left out."""
    there = [one for one in flat(images) if one is not None]
    return replace(there[0], count=sum(one.count for one in there)) if there else None


def guided(model: Model, positive: Conditioning, negative: Conditioning, cfg: float = 2.0) -> Guider:
    """A model with two conditionings, of which the second is left out where `cfg` is 1."""
    return guider(model, positive) if cfg == 1 else guider(model, positive, negative)


def guider(model: Model, *conditionings: Conditioning) -> Guider:
    """A model with the conditionings that each step evaluates."""
    if not isinstance(model, Model) or not all(isinstance(one, Conditioning) for one in conditionings):
        raise TypeError("not a model and its conditionings")
    return Guider(model, conditionings)


def guiders(*given: Guider) -> Guider:
    """Several models that are evaluated in turn in each step."""
    return replace(given[0], other=given[0].other + given[1:])


def referring(conditioning: Conditioning, *pictures: Any) -> Conditioning:
    """A conditioning that carries more reference latents; what is not connected is left out."""
    more = sum(cells(one) for one in flat(pictures) if isinstance(one, Latent))
    return replace(conditioning, reference=conditioning.reference + more)


def controlled(conditioning: Conditioning, net: Net | None) -> Conditioning:
    """A conditioning with a ControlNet on it; unchanged where none is connected."""
    return replace(conditioning, controls=(*conditioning.controls, net.component)) if net else conditioning


def hooked(conditioning: Conditioning, hooks: Loras | None) -> Conditioning:
    """A conditioning with hook LoRAs; unchanged where none are connected."""
    return replace(conditioning, hooks=conditioning.hooks + hooks.keys) if hooks else conditioning


def patched(model: Model, *nets: Net) -> Model:
    """A model with networks that run inside of its forward."""
    return replace(model, nets=(*model.nets, *(net.component for net in nets)))


def hooked_clip(clip: Clip, hooks: Loras | None) -> Clip:
    """Text encoders with hook LoRAs, which take them from the dynamic manager; unchanged without any."""
    return replace(clip, loras=(*clip.loras, *hooks.keys), taken="hooks") if hooks else clip


def compiled_model(model: Model) -> Model:
    """A model that torch compiles, which takes it from the dynamic manager."""
    return replace(model, taken="torch_compile")


def swapping(model: Model) -> Model:
    """A model of which its pack keeps blocks in RAM and swaps them in."""
    return replace(model, swaps=True)


def more_passes(model: Model, count: int = 1) -> Model:
    """A model that is evaluated so many times more in each step, for one condition alone."""
    return replace(model, more=model.more + count)


def attending(model: Model, net: Net, tokens: float) -> Model:
    """A model that attends to tokens which a network beside it has made before it runs."""
    return replace(model, beside=(*model.beside, net.component), tokens=model.tokens + int(tokens))


def windowed(model: Model, length: int, overlap: int) -> Model:
    """A model that sees a long video in windows of so many latent frames."""
    return replace(model, window=int(length), overlap=int(overlap))


def combined(*given: Conditioning) -> Conditioning:
    """Conditionings that are evaluated one by one, as one value."""
    there: list[Conditioning] = [one for one in flat(given) if one is not None]
    return replace(
        max(there, key=lambda one: (one.tokens, one.reference)),
        parts=sum(one.parts for one in there),
        controls=tuple(dict.fromkeys(control for one in there for control in one.controls)),
        hooks=tuple(dict.fromkeys(hook for one in there for hook in one.hooks)),
    )


def joined(one: Conditioning, other: Conditioning) -> Conditioning:
    """Two conditionings as one longer prompt."""
    return longer(one, other.tokens)


def prompt(tokens: float = 0) -> Conditioning:
    """An encoded prompt of so many tokens; 0 for as many as its model usually gets."""
    return Conditioning(int(tokens))


def longer(conditioning: Conditioning, tokens: float) -> Conditioning:
    """A conditioning with more tokens."""
    return replace(conditioning, tokens=conditioning.tokens + int(tokens))


def stack(*given: Any) -> Loras:
    """LoRAs of several stacks as one; what is not connected is left out."""
    return Loras(tuple(key for one in flat(given) if isinstance(one, Loras) for key in one.keys))


def flat(given: tuple[Any, ...]) -> list[Any]:
    """Values, those inside of tuples too."""
    return [inner for one in given for inner in (one if isinstance(one, tuple) else (one,))]


def first(*given: Any) -> Any:
    """The first that is there."""
    return next((one for one in flat(given) if one is not None), None)


def count(given: str, mark: str = ",") -> int:
    """How many items a text lists."""
    return sum(1 for one in given.split(mark) if one.strip())


def many(*given: Any) -> Many:
    """A list that the next node runs for item by item."""
    return Many(tuple(listed(*given)))


def item(given: tuple[Any, ...], number: float) -> Any:
    """One of several values, counted from 0; from the end where negative."""
    return given[int(number)]


NAMED: tuple[Callable[..., Any], ...] = (
    *(abs, bool, float, int, len, max, min, round, str, sum),
    *(math.ceil, math.floor, math.sqrt, math.log2),
    *(Loras, Video),
    *(latent_frames, multiple, below, above, cells, sized, masked, resized, scaled, of_area),
    *(at_most, each_sized, stacked, empty, hooked, hooked_clip, attending, compiled_model, more_passes),
    *(swapping, longer),
    *(guided, guider, guiders, referring, controlled, patched, windowed, combined, joined, stack),
    *(first, count, many, item, all, any, prompt),
    *PARSING,
    *REFERENCES,
    *SIZES,
    *STREAMS,
    *WRITING,
)
FUNCTIONS: dict[str, Callable[..., Any]] = {one.__name__: one for one in NAMED} | {
    "Audio": audio,
    "Image": image,
    "Latent": latent,
    "Sigmas": sigmas,
}
