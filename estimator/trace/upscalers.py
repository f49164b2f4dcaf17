"""Upscale models: one tile, as ComfyUI's node "Upscale Image (using Model)" runs it through spandrel."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch

from ..costs.law import Shape
from ..errors import InputError
from .grid import Row
from .models import Header, state_dict
from .values import Values


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """spandrel's descriptor of a header, in 32 bits whatever the file has.

    Raises `InputError` where spandrel knows no architecture of these names.
    """
    spandrel = importlib.import_module("spandrel")
    try:
        with Values():
            found = spandrel.ModelLoader(torch.device("cpu")).load_from_state_dict(state_dict(header, "cpu"))
    except spandrel.UnsupportedModelError as error:
        raise InputError("spandrel detects no upscale model in this header") from error
    found.model.eval()
    found.model.to(device)
    return found


def upscale(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """The model on a tile of the picture, which lies on the card; the shape is in pixels.

    spandrel's call, without the inference mode around it: in that, convolutions do not show as such.
    """
    tile = torch.empty(shape.batch, 3, shape.height, shape.width, device=device)
    run: Any = type(model).__call__
    run = run.__wrapped__

    def call() -> Any:
        with Values():
            return run(model, tile.float())

    return call
