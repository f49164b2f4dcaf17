"""What formulas in rules can call on pictures: the size of what is cut, fitted, stitched and put together."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from .. import facts
from .values import Image, Many, Video

MOST = 1 << 12  # items that a list is made of; one of so many is not worked through


def cropped(given: Image, width: float, height: float, x: float = 0, y: float = 0) -> Image:
    """What lies within an image of a cut that begins in it: a cut beyond its edge is smaller."""
    left, top = min(x, given.width - 1), min(y, given.height - 1)
    return replace(
        given, width=min(int(width), given.width - left), height=min(int(height), given.height - top)
    )


def longer_side(given: Image, side: float) -> Image:
    """An image brought to a length of its longer side at its own aspect."""
    return by_side(given, side, given.width > given.height)


def shorter_side(given: Image, side: float) -> Image:
    """An image brought to a length of its shorter side at its own aspect."""
    return by_side(given, side, given.width < given.height)


def by_side(given: Image, side: float, wide: bool) -> Image:
    """An image brought to a width, or else to a height, at its own aspect."""
    across = round(given.height / given.width * side) if wide else round(given.width / given.height * side)
    sides = (int(side), across) if wide else (across, int(side))
    return replace(given, width=sides[0], height=sides[1])


def truncated(given: Image, side: float, shorter: bool) -> Image:
    """As by the longer or shorter side, of which the other one is rounded down."""
    wide = given.width < given.height if shorter else given.width > given.height
    across = int((given.height if wide else given.width) * (side / (given.width if wide else given.height)))
    sides = (int(side), across) if wide else (across, int(side))
    return replace(given, width=sides[0], height=sides[1])


def covering(given: Image, of: int) -> Image:
    """An image cut to the multiples below its sides; unchanged where a side is shorter than that."""
    of = max(1, of)
    width, height = given.width // of * of, given.height // of * of
    return replace(given, width=width, height=height) if width and height else given


def stitched(one: Image, other: Image | None, direction: str, match: bool, space: int) -> Image:
    """Two images side by side or one upon the other, with a space between them."""
    if other is None:
        return one
    space += space % 2
    channels, count = max(one.channels, other.channels), max(one.count, other.count)
    if direction in ("left", "right"):
        wide = int(one.height * (other.width / other.height)) if match else other.width
        high = one.height if match else max(one.height, other.height)
        return Image(count, high, one.width + wide + space, channels)
    high = int(one.width / (other.width / other.height)) if match else other.height
    wide = one.width if match else max(one.width, other.width)
    return Image(count, one.height + high + space, wide, channels)


def picked(given: Image, start: float, length: float) -> Image:
    """Some images of a batch, counted from its end where `start` is negative, never beyond it."""
    begin = max(0, min(given.count - 1, int(start) + (given.count if start < 0 else 0)))
    return replace(given, count=min(given.count - begin, int(length)))


def batched(*given: Any) -> Image:
    """One batch of images in the first one's size, with an alpha channel where one has it."""
    there: list[Image] = listed(*given)
    return replace(
        there[0], count=sum(one.count for one in there), channels=max(one.channels for one in there)
    )


def rebatched(count: float, *given: Any) -> Many:
    """The images of a list in batches of `count`, the last one of what is left."""
    there = listed(*given)
    total, each = sum(one.count for one in there), max(1, int(count))
    return Many(tuple(replace(there[0], count=min(each, total - at)) for at in range(0, total, each)[:MOST]))


def single(*given: Any) -> Many:
    """Each image of a list for itself."""
    each = [replace(one, count=1) for one in listed(*given) for _ in range(min(one.count, MOST))]
    return Many(tuple(each[:MOST]))


def tiles(given: Image, width: int, height: int, overlap: int) -> Many:
    """The tiles that an image is cut into, which overlap."""
    wide, high = min(width, given.width), min(height, given.height)
    across = along(given.width, width, overlap) * along(given.height, height, overlap)
    return Many((replace(given, width=wide, height=high),) * min(across, MOST))


def along(side: int, tile: int, overlap: int) -> int:
    """Tiles along a side."""
    step = round(max(tile * 0.25, tile - overlap))
    return max(0, math.ceil((side - tile) / step)) + 1


def grid(count: int, columns: int, width: int, height: int, space: int) -> Image:
    """A sheet of so many pictures."""
    rows = math.ceil(count / columns)
    return Image(1, rows * height + (rows - 1) * space, columns * width + (columns - 1) * space)


def of_ratio(ratio: str, pixels: float, of: int) -> tuple[int, int]:
    """Width and height of about so many pixels, for a ratio such as `16:9 (Widescreen)`."""
    wide, high = (int(one) for one in ratio.split(" ")[0].split(":"))
    by = math.sqrt(pixels / (wide * high))
    return round(wide * by / of) * of, round(high * by / of) * of


def like(given: Image, other: Image) -> Image:
    """An image brought to the size of another."""
    return replace(given, width=other.width, height=other.height)


def alike(*given: Any) -> Any:
    """Whichever item of a list, where all are alike; raises `ValueError` where they are not."""
    there = listed(*given)
    if any(one != there[0] for one in there):
        raise ValueError("the items differ")
    return there[0]


def preferred(given: Image, name: str) -> Image:
    """An image brought to whichever of a model's preferred sizes is nearest to its aspect."""
    aspect = given.width / given.height
    sizes = facts.table("resolutions")[name]["sizes"]
    _, width, height = min((abs(aspect - width / height), width, height) for width, height in sizes)
    return replace(given, width=width, height=height)


def box(x: float, y: float, width: float, height: float) -> dict[str, int]:
    """A rectangle in a picture."""
    return {"x": int(x), "y": int(y), "width": int(width), "height": int(height)}


def trimmed_video(given: Video, start: float, duration: float) -> Video:
    """A video from a second on, to its end where `duration` is 0; from its end where `start` is negative."""
    whole = given.images.count / given.rate
    rest = whole - (start if start >= 0 else max(0, whole + start))
    return some_frames(given, round(min(rest, duration or rest) * given.rate))


def some_frames(given: Video, count: float) -> Video:
    """A video of so many of its frames, with as much of its sound."""
    kept = min(int(count), given.images.count)
    sound = given.audio and replace(given.audio, samples=given.audio.samples * kept // given.images.count)
    return replace(given, images=replace(given.images, count=kept), audio=sound)


def listed(*given: Any) -> list[Any]:
    """All values of lists and tuples in one row; what is not connected is left out."""
    found: list[Any] = []
    for one in given:
        inner = one.items if isinstance(one, Many) else one
        found += listed(*inner) if isinstance(inner, tuple) else [] if one is None else [one]
    return found


SIZES: tuple[Callable[..., Any], ...] = (
    *(cropped, longer_side, shorter_side, truncated, covering, stitched, picked, batched, rebatched, single),
    *(tiles, grid, of_ratio, preferred, box, listed, like, alike, trimmed_video, some_frames),
)
