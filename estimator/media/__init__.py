"""How large pictures, videos and sounds are, from their headers.

Pillow reads pictures and PyAV the rest, each told by the file's first bytes which format it is to expect. No
pixel is decoded, but for the one frame from which FFmpeg learns what some videos' headers leave out.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec

from .. import containers
from ..errors import InputError

__all__ = ["Media", "Picture", "Sound", "Video", "measure"]

KEPT = 1024


class Picture(msgspec.Struct, frozen=True, tag=True):
    """A picture, or an animation of `frames`; sides in pixels as they are seen, that is after EXIF's turn."""

    width: int
    height: int
    frames: int = 1
    alpha: bool = False


class Video(msgspec.Struct, frozen=True, tag=True):
    """A video; sides in pixels as they are seen. `frames` is seconds x fps where no count is given."""

    width: int
    height: int
    frames: int
    fps: float
    seconds: float
    has_audio: bool


class Sound(msgspec.Struct, frozen=True, tag=True):
    """A sound: `samples` per channel, `rate` of them a second."""

    samples: int
    rate: int
    channels: int
    seconds: float


Media = Picture | Video | Sound


def measure(path: Path) -> Media:
    """The size of what a file holds; of one that did not change since, as it was found then.

    Raises `InputError` in one line for a file that is not there, broken, of another kind, or whose reader
    is not installed.
    """
    try:
        found = path.stat()
        return measured(path, found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise InputError(error.strerror or "not readable", where=str(path)) from None
    except InputError as error:
        raise InputError(error.what, where=str(path), do=error.do) from None


@lru_cache(KEPT)
def measured(path: Path, changed: int, size: int) -> Media:
    """The size of a file's content as it was when it had this size and was last `changed`."""
    from . import pictures, streams

    with path.open("rb") as file:
        row = containers.kind(file)
        if row and row.pillow:
            return Picture(*pictures.size(file, row, size))
        if row and row.ffmpeg:
            found = streams.size(file, row)
            return Video(*found) if len(found) == len(Video.__struct_fields__) else Sound(*found)
    raise InputError("no picture, video or sound that we know", do="Convert it to PNG, MP4 or FLAC.")
