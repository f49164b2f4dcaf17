"""Bytes of a file that a row states beside those of the published file, or of what a recipe makes."""

from __future__ import annotations

import msgspec

from estimator.errors import InputError
from estimator.models.published import published, row_of
from estimator.models.variants import variant

from .judge import Judged
from .models import Unjudged, base_of, storages_said
from .reading import Row, table

NEAR = 0.01


def filesize(at: int, row: Row) -> Judged:
    """A row's bytes beside ours, MB of a million."""
    name = (row.model_file or "").rpartition("/")[2]
    base = Judged(at, row.kind, name)
    theirs = row.bytes or (row.number("gib") or 0) * 2**30
    try:
        if not theirs:
            raise Unjudged("a file's bytes are not stated, but rounded")
        ours = size(row, name)
    except (Unjudged, InputError) as error:
        return msgspec.structs.replace(base, theirs=theirs / 1e6 if theirs else None, why=str(error))
    slack = NEAR if row.bytes else NEAR + 0.005 * 2**30 / theirs
    right = abs(ours / theirs - 1) <= slack
    return msgspec.structs.replace(base, ours=ours / 1e6, theirs=theirs / 1e6, right=right)


def size(row: Row, name: str) -> int:
    """Bytes of the file by its header, or by the recipe of its storage."""
    for folder in table("words")["folders"].get(row.component or "", ()):
        known = row_of(folder, name)
        found = published(folder, name)
        if known and found:
            return found.file_bytes
    wanted = storages_said(row)
    if not wanted or not wanted[0].startswith("gguf-"):
        raise Unjudged("no header of this file is known")
    return variant(base_of(row), wanted[0]).file_bytes
