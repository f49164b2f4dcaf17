"""Models that look at pictures: what cuts out, measures or finds, as ComfyUI's own nodes call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import torch
from torch.nn.functional import interpolate

from ..costs.law import Shape
from . import inputs, samplers
from .checkout import comfy
from .encoders import loaded, named
from .grid import Row
from .models import Header, state_dict
from .values import Values


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """What the row names makes it of a header, in the types that ComfyUI takes itself; else a `BaseModel`."""
    if not row.encoder:
        found = samplers.of_header(header, storage, compute, device)
        found.diffusion_model.to(device)  # some make their buffers in RAM
        return found
    found = named(row.encoder)(state_dict(header, "cpu"))
    found.model.to(device=device)
    found.load_device = torch.device(device)
    return found


def predict(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """One call on pictures from RAM; the shape is in pixels of what the node is given."""
    picture = torch.empty(shape.batch, shape.height, shape.width, 3, device="cpu")
    given = inputs.made(row.inputs, shape, header, device)
    look = LOOKS[type(model).__name__]

    def call() -> Any:
        with Values():
            return look(model, picture, given, device)

    return call


def cut_out(model: Any, picture: Any, given: dict[str, Any], device: str) -> Any:
    """A mask of what is no background (nodes_bg_removal.py:44)."""
    return loaded(model.encode_image, picture)


def measure(model: Any, picture: Any, given: dict[str, Any], device: str) -> Any:
    """Points, depth and normals (nodes_moge.py:246); the focal length is found on the processor."""
    found = lambda points, *_, **__: (points.new_empty(len(points)), points.new_empty(len(points)))  # noqa: E731
    with patch.object(comfy("ldm.moge.model"), "recover_focal_shift", found):
        return loaded(model.infer, picture.movedim(-1, -3).contiguous(), **given)


def depth(model: Any, picture: Any, given: dict[str, Any], device: str) -> Any:
    """Depth of one picture (nodes_depth_anything_3.py:164-206)."""
    shrink = comfy("ldm.depth_anything_3.preprocess").preprocess_image
    net, single = model.diffusion_model, picture[:1].to(device)
    with patch.object(comfy("utils"), "lanczos", in_ram):
        small = shrink(single, **given).to(net.dtype)
    found = net(small)
    sides = picture.shape[1:3]
    return [
        interpolate(one.unsqueeze(1).float(), size=sides, mode="bilinear", align_corners=False).cpu()
        for one in found.values()
    ]


def in_ram(picture: Any, width: int, height: int) -> Any:
    """Pictures scaled by Pillow, in place of it."""
    return picture.new_empty(*picture.shape[:2], height, width)


def find(model: Any, picture: Any, given: dict[str, Any], device: str) -> Any:
    """Boxes of what is in up to 32 pictures, each shrunk in RAM (nodes_rtdetr.py:34-42)."""
    return model.diffusion_model(torch.empty(len(picture), 3, 640, 640, device="cpu"), picture.shape[2:0:-1])


def segment(model: Any, picture: Any, given: dict[str, Any], device: str) -> Any:
    """Masks of what a text names, and a second look at one of them (nodes_sam3.py:205-229, 76-80)."""
    net, dtype = model.diffusion_model, model.get_dtype()
    frame = torch.empty(1, 3, 1008, 1008).to(device=device, dtype=dtype)
    sides = tuple(picture.shape[1:3])
    text, mask = (given[name].to(dtype) for name in ("text_embeddings", "text_mask"))
    found = net(frame, text_embeddings=text, text_mask=mask, threshold=0.5, orig_size=sides)
    one = found["masks"][0][:1].unsqueeze(0)
    coarse = interpolate(one, size=frame.shape[2:], mode="bilinear", align_corners=False)
    return found, net.forward_segment(frame, mask_inputs=coarse)


# How each of ComfyUI's classes is called.
LOOKS: dict[str, Callable[[Any, Any, dict[str, Any], str], Any]] = {
    "BackgroundRemovalModel": cut_out,
    "MoGeModel": measure,
    "DepthAnything3": depth,
    "RT_DETR_v4": find,
    "SAM3": segment,
}
