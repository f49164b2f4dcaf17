"""What a tracing process does: a request in, an answer in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import torch

from ..costs.law import Shape
from ..errors import InputError, one_line
from . import probe, samplers
from .autoencoders import build as build_vae
from .checkout import Checkout, open_checkout
from .device import pretendable, pretended
from .grid import Grid, Row, of_row, rows
from .models import DTYPES, METADATA
from .request import Answer, Pass, Request
from .run import Subject
from .study import study

NAMES = {dtype: name for name, dtype in DTYPES.items()}


def answer_to(request: bytes, written: str) -> None:
    """Answer one request, in a file; whatever goes wrong is in the answer."""
    asked = msgspec.json.decode(request, type=Request)
    try:
        answer = answered(asked)
    except Exception as error:
        said = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
        full = isinstance(error, MemoryError) or "can't allocate memory" in said
        answer = Answer(problem=one_line(said)[:500], why="memory" if full else "refused")
    Path(written).write_bytes(msgspec.json.encode(answer))


def answered(asked: Request) -> Answer:
    """The answer to a request."""
    checkout = open_checkout(asked.comfyui)
    with pretended(pretendable()):
        if asked.role == "vae":
            return autoencoder(asked, checkout)
        return sampler(asked, checkout)


def header_of(asked: Request) -> dict[str, Any]:
    """The request's tensors as a header; packed weights stand as what they hold, in 16 bits."""
    held = asked.tensors.items()
    plain = {name: (dtype if dtype in DTYPES else "BF16", shape) for name, (dtype, shape) in held}
    return {**plain, **({METADATA: asked.metadata} if asked.metadata else {})}


def sampler(asked: Request, checkout: Checkout) -> Answer:
    """A diffusion model: what ComfyUI says that it is, and its laws or one pass."""
    header = header_of(asked)
    config, _ = samplers.detected(header, "cpu")
    name, latent = type(config).__name__, config.latent_format
    types = [NAMES[dtype] for dtype in config.supported_inference_dtypes]
    half = next((one for one in types if one != "F32"), "F32")
    pairs = [(half, half), ("F8_E4M3", half), (half, "F32")] if half != "F32" else [("F32", "F32")]
    row = named(asked, name) or probe.probed(header, latent.latent_dimensions, pairs[0], pretendable())
    kind = {
        "role": "diffusion_model",
        "comfy_class": name,
        "latent": type(latent).__name__.lower(),
        "dtypes": types,
    }
    return whole(Answer(version=checkout.version, kind=kind, inputs=row.name), row, asked, checkout, pairs)


def autoencoder(asked: Request, checkout: Checkout) -> Answer:
    """A VAE: decode and encode."""
    vae = build_vae(Row(name=""), header_of(asked), torch.bfloat16, torch.bfloat16, pretendable())
    name = type(vae.first_stage_model).__name__
    row = named(asked, name)
    if row is None:
        raise InputError(f"ComfyUI {checkout.version} takes it for a `{name}`, whose shapes no row tells us")
    types = [NAMES[dtype] for dtype in vae.working_dtypes]
    pairs = [(one, one) for one in dict.fromkeys(("BF16" if "BF16" in types else types[0], "F32"))]
    kind = {"role": "vae", "comfy_class": name, "dtypes": types, "convolutional": True}
    return whole(Answer(version=checkout.version, kind=kind, inputs=row.name), row, asked, checkout, pairs)


def named(asked: Request, kind: str) -> Row | None:
    """The row that a request names, else the one that takes ComfyUI's class; None where there is neither."""
    row = rows().get(asked.row)
    return row if row and not row.template else probe.row_of(kind)


def whole(
    about: Answer, row: Row, asked: Request, checkout: Checkout, pairs: list[tuple[str, str]]
) -> Answer:
    """The answer with one pass in each pair of dtypes, and with laws where no shape was asked for."""
    shape = Shape(*(asked.shape or _usual(row)))
    shape = msgspec.structs.replace(shape, text_tokens=shape.text_tokens or row.text_default)
    grids = of_row(row)
    each = [] if asked.shape else [(grid, dtypes) for grid in grids for dtypes in pairs]
    found = tuple(study(*one, [header_of(asked)], checkout, list(asked.kept)).law for one in each)
    passes = tuple(one_pass(grids[0], dtypes, asked, shape) for dtypes in pairs)
    return msgspec.structs.replace(about, laws=found, passes=passes)


def _usual(row: Row) -> tuple[int, ...]:
    """A shape that the row's model is often run at: the first that no fit sees."""
    batch, *rest = row.held_out[0]
    return (batch, 0, *rest)


def one_pass(grid: Grid, dtypes: tuple[str, str], asked: Request, shape: Shape) -> Pass:
    """One forward, and ComfyUI's own estimate of it."""
    subject = Subject(grid, header_of(asked), dtypes, pretendable())
    meter = subject.trace(shape)
    return Pass(grid.operation, shape, *dtypes, meter.peak, meter.flops, reserved(subject.models[0], shape))


def reserved(model: Any, shape: Shape) -> int | None:
    """What ComfyUI reserves for a forward of this shape; None for other operations."""
    if not hasattr(model, "memory_required"):
        return None
    sides = (shape.frames, shape.height, shape.width)[-model.latent_format.latent_dimensions :]
    return int(model.memory_required([shape.batch, model.latent_format.latent_channels, *sides]))
