"""The size of pictures, by Pillow's plugins."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, BinaryIO

from .. import facts
from ..containers import Container
from ..errors import InputError
from . import gif

ORIENTATION = 0x0112  # EXIF's tag
TURNED = (5, 6, 7, 8)  # a quarter turn, mirrored or not
WIDTH, HEIGHT = 256, 257  # TIFF's tags; newer Pillows have turned the size of one already


def size(file: BinaryIO, row: Container, file_bytes: int) -> tuple[int, int, int, bool]:
    """Width, height, frames, and whether there is an alpha channel."""
    if file_bytes > facts.table("containers")["limits"]["picture_bytes"]:
        raise InputError(f"{row.says}, but larger than any picture", do="Give a smaller one.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            width, height, frames, alpha = sides(opened(file, row), row)
    except ImportError:
        raise InputError(
            f"{row.says}, which needs Pillow to be measured", do="Run `python -m pip install -U pillow`."
        ) from None
    except Exception:  # whatever a plugin makes of a file that is none of its own
        raise InputError(f"{row.says}, but not readable", do="Save it again.") from None
    return width, height, gif.frames(file) if row.id == "gif" else frames, alpha


def opened(file: BinaryIO, row: Container) -> Any:
    """The picture, of which no pixel is read.

    `Image.open` would refuse sizes that take much memory to decode, and ask every plugin in turn.
    """
    from PIL import Image

    import_module(f"PIL.{row.pillow}ImagePlugin")
    factory, _ = Image.OPEN[row.pillow.upper()]
    file.seek(0)
    return factory(file, "")


def sides(picture: Any, row: Container) -> tuple[int, int, int, bool]:
    """What an open picture says of itself."""
    from PIL import Image

    width, height = picture.size
    if row.id == "tiff":
        width, height = picture.tag_v2[WIDTH], picture.tag_v2[HEIGHT]
    # The plugin's own `getexif` would decode a PNG that has none.
    if Image.Image.getexif(picture).get(ORIENTATION) in TURNED:
        width, height = height, width
    frames = getattr(picture, "n_frames", 1) if row.animated and row.id != "gif" else 1
    return width, height, frames, bool(picture.has_transparency_data)
