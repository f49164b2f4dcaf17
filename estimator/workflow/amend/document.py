"""Which document of a file is amended: the drawn workflow where it is what ran, else the prompt that ran."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from ... import containers
from ...errors import InputError
from ..document import decode, from_document, unwrapped
from ..graph import Graph
from ..prompt import DO, Json
from ..read import NAMES, contents, inflated

DEEPEST = 4  # wrappings within wrappings


def document_of(source: Path | bytes | Json) -> Json:
    """The workflow of a file, of the bytes of one, or of decoded JSON, as ComfyUI can load it.

    Raises `InputError` for whatever cannot be read as a workflow.
    """
    if isinstance(source, dict):
        return loadable(source)
    try:
        with source.open("rb") if isinstance(source, Path) else BytesIO(source) as file:
            row = containers.kind(file)
            if row and row.id != "gzip":
                return of_texts(containers.texts(file, row), row.says)
            content = contents(file)
            return loadable(decode(inflated(content) if row else content))
    except OSError as error:
        raise InputError(error.strerror or "not readable", where=str(source)) from None


def of_texts(held: dict[str, str], says: str) -> Json:
    """The workflow of a picture's or video's texts."""
    found: Json = {}
    for name in NAMES:
        text = held.get(name, "").lstrip()
        if text.startswith(("{", '"')):
            try:
                one = decode(text)
                from_document(one)
            except InputError:
                continue
            found.setdefault("workflow" if is_drawn(one) else "prompt", one)
    if not found:
        raise InputError(f"{says} without a workflow in it", do=DO)
    return loadable(found if len(found) > 1 else next(iter(found.values())))


def loadable(document: Any) -> Json:
    """What a document wraps, down to a prompt or a drawn workflow."""
    ran = innermost(document)
    if is_drawn(ran):
        return ran
    drawn = drawing_beside(document)
    if drawn is not None and stands_for(drawn, from_document(ran)):
        return drawn
    return ran


def innermost(document: Any, depth: int = DEEPEST) -> Json:
    """The prompt or drawn workflow that is read of a document (document.py)."""
    if not isinstance(document, dict):
        from_document(document)  # says what is wrong with it
    if is_drawn(document) or is_prompt(document):
        found: Json = document
        return found
    held = unwrapped(document)
    if held is None or not depth:
        raise InputError("JSON, but neither a workflow nor a prompt", do=DO)
    return innermost(held, depth - 1)


def is_drawn(given: Any) -> bool:
    """Whether an object is a drawn workflow."""
    return isinstance(given, dict) and isinstance(given.get("nodes"), list)


def is_prompt(given: Json) -> bool:
    """Whether an object is a prompt."""
    return any(isinstance(one, dict) and "class_type" in one for one in given.values())


def drawing_beside(document: Any, depth: int = DEEPEST + 2) -> Json | None:
    """The drawn workflow that lies in the same wrapping as a prompt."""
    if isinstance(document, str) and document.lstrip().startswith("{"):
        document = decode(document)
    if is_drawn(document):
        found: Json = document
        return found
    if not depth:
        return None
    if isinstance(document, list):
        inside = [one for one in document if isinstance(one, dict)]
    elif isinstance(document, dict) and not is_prompt(document):
        names = ("workflow", "extra_pnginfo", "extra_data", "prompt")
        inside = [document[name] for name in names if name in document]
        inside += [one for one in document.values() if isinstance(one, dict) and "prompt" in one]
    else:
        return None
    return next((one for held in inside if (one := drawing_beside(held, depth - 1))), None)


def stands_for(drawn: Json, ran: Graph) -> bool:
    """Whether a drawn workflow is sent as the prompt that ran."""
    try:
        return from_document(drawn).prompt() == ran.prompt()
    except InputError:
        return False
