"""The errors that every reader has: cut short, of no layout that can be read, broken."""

from __future__ import annotations

from ..errors import FormatError
from ..units import amount

AGAIN = "Download it again."


def cut_short(found: int, expected: int, where: str) -> FormatError:
    """The error of a file that ends before what its header promises; sizes in bytes."""
    return FormatError(
        "cut-short", f"is cut short: {amount(found)} of {amount(expected)}", where=where, do=AGAIN
    )


def invalid(what: str, where: str) -> FormatError:
    """The error of a header that contradicts itself or its format."""
    return FormatError("header-invalid", what, where=where, do=AGAIN)


def too_large(what: str, where: str) -> FormatError:
    """The error of a header that claims more than any model has."""
    return FormatError("header-too-large", what, where=where, do=AGAIN)


def unsupported(what: str, where: str, do: str = "Use a safetensors file.") -> FormatError:
    """The error of a sound file in a layout that is not read."""
    return FormatError("unsupported", what, where=where, do=do)


def unknown_type(name: str, kind: object, where: str) -> FormatError:
    """The error of a tensor whose element type has no row in `data/`."""
    what = f"tensor `{name}` has the unknown type {kind}"
    return FormatError("dtype-unknown", what, where=where, do="A newer version may know it.")


def wrong_size(name: str, where: str) -> FormatError:
    """The error of a tensor whose shape and bytes disagree."""
    what = f"tensor `{name}` does not have the size that its shape says"
    return FormatError("shape", what, where=where, do=AGAIN)
