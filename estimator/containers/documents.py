"""Texts of files that hold JSON or XML: GLB, safetensors, SVG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .source import Broken, Source, plain

UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


class Asset(msgspec.Struct):
    """What a glTF says of itself."""

    extras: dict[str, Any] = {}


class Gltf(msgspec.Struct):
    """The beginning of a glTF, without the scene."""

    asset: Asset = msgspec.field(default_factory=Asset)


class Header(msgspec.Struct, rename={"values": "__metadata__"}):
    """The free-form strings of a safetensors header, without the tensors."""

    values: dict[str, str] = {}


def glb(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of a GLB, in the extras of its asset."""
    source.skip(12)
    size = int.from_bytes(source.take(4), "little")
    if source.take(4) == b"JSON":
        yield from strings(decoded(source.take(size), Gltf).asset.extras)


def safetensors(source: Source) -> Iterator[tuple[str, str]]:
    """The metadata of a safetensors file: a latent's, or a model's that ComfyUI saved."""
    size = int.from_bytes(source.take(8), "little")
    yield from strings(decoded(source.take(size), Header).values)


def decoded(text: bytes, kind: Any) -> Any:
    """JSON as a type of this module; what that leaves out is passed over."""
    try:
        return msgspec.json.decode(text, type=kind)
    except UNREADABLE:
        raise Broken("not readable") from None


def strings(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each value as text: some programs put an object where ComfyUI puts its JSON."""
    for name, value in values.items():
        yield name, value if isinstance(value, str) else msgspec.json.encode(value).decode()


def svg(source: Source) -> Iterator[tuple[str, str]]:
    """The `CDATA` of an SVG's `metadata` elements, as comments: the XML around them is not parsed."""
    text = plain(source.take(source.size))
    at = 0
    while (at := text.find("<metadata", at)) >= 0:
        end = text.find("</metadata", at)
        held = text[at : end if end >= 0 else len(text)]
        found = held.partition("<![CDATA[")[2].partition("]]>")[0].strip()
        if found:
            yield "comment", found
        at += len(held) + 1
