"""What a VAE and an upscale model do in tiles: as a node asks, and by themselves when memory runs out.

Rows of data/managers/vae.toml, by ComfyUI version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .. import facts
from ..costs import Shape
from ..runtime.policy import row_of, version
from ..workflow.latents import LatentFormat
from ..workflow.values import Step
from .tiles import Pieces, Tile, flat, pieces

TABLE = "managers/vae"
SOUND_SAMPLES = 2048  # latent cells of sounds are counted in so many samples


def asked(step: Step, cell: LatentFormat) -> Pieces:
    """The tiles that a node asks for, of one latent of a step's."""
    assert step.shape is not None
    if step.law == "upscale":
        return pieces(step.shape, Tile(step.tile, step.tile, step.overlap or 0))
    if takes_no_tiles(cell):
        return pieces(step.shape, Tile(0, 0, 0))
    if cell.dimensions == 3:
        overlap = step.tile // 4 if step.overlap is None else step.overlap
        shared = 1 if step.overlap_frames is None else step.overlap_frames
        frames = 0 if takes_all_frames(cell) else step.tile_frames
        return pieces(step.shape, Tile(step.tile, step.tile, overlap, frames, shared))
    if is_sound(cell):
        overlap = rule("sound")["overlap"] if step.overlap is None else step.overlap
        return pieces(step.shape, Tile(0, step.tile, overlap))
    overlap = rule("flat")["overlap"] if step.overlap is None else step.overlap
    return flat(step.shape, step.tile, overlap)


def retried(
    step: Step, cell: LatentFormat, comfy: str, total: int, estimate: Callable[[Shape], int | None]
) -> Pieces:
    """The tiles of the automatic retry of a VAE's step that was whole.

    `total`: the card's memory; `estimate`: what ComfyUI thinks decoding a shape takes, bytes.
    """
    assert step.shape is not None
    decodes = step.law == "decode"
    if is_sound(cell):
        row = rule("sound" if decodes else "sound_encode")
        scale = 1 if decodes else max(1, SOUND_SAMPLES // max(1, cell.temporal))
        return pieces(step.shape, Tile(0, row["tile"] * scale, row["overlap"] * scale))
    if cell.dimensions == 3:
        return pieces(step.shape, video_tile(step, cell, comfy, total, estimate))
    if decodes:
        return flat(step.shape, rule("flat")["tile"], rule("flat")["overlap"])
    row = rule("flat_encode")
    return flat(step.shape, row["tile_pixels"] // cell.spatial, row["overlap_pixels"] // cell.spatial)


def video_tile(
    step: Step, cell: LatentFormat, comfy: str, total: int, estimate: Callable[[Shape], int | None]
) -> Tile:
    """The tile of a video VAE's retry: of a fixed side, or the largest that ComfyUI thinks will fit."""
    row, whole = row_of(facts.table(TABLE)["video"], comfy), step.shape
    assert whole is not None
    side, frames = max(1, row["tile_pixels"] // cell.spatial), whole.frames
    used = estimate(whole) if row["search"] and step.law == "decode" else None
    if used is not None:
        budget = min(used, int(total * row["total_share"]))

        def fits(tile_frames: int, tile: int) -> bool:
            return (estimate(cut(whole, tile, tile_frames)) or 0) <= budget

        while frames > row["least_frames"] and not fits(frames, side):
            frames = -(-frames // 2)
        while side * 2 <= max(whole.height, whole.width) and fits(frames, side * 2):
            side *= 2
    return Tile(side, side, side // row["overlap_divisor"], frames, row["frames_overlap"])


def smaller(step: Step) -> list[Tile]:
    """The tiles that an upscale model is tried again in, each half of the one before."""
    row = rule("upscale")
    sides = [step.tile or row["tile"]]
    while sides[-1] // 2 >= row["least_tile"]:
        sides.append(sides[-1] // 2)
    overlap = row["overlap"] if step.overlap is None else step.overlap
    return [Tile(side, side, overlap) for side in sides[1:]]


def reserved_shape(step: Step, comfy: str) -> Shape:
    """The shape that ComfyUI reserves for: one tile's where its version thinks of tiles, else the whole."""
    assert step.shape is not None
    since: str = rule("tiled_nodes")[f"{step.law}_reserves_tile"]
    if not step.tile or not since or version(comfy) < version(since):
        return step.shape
    return cut(step.shape, step.tile, step.tile_frames)


def cut(shape: Shape, side: int, frames: int = 0) -> Shape:
    """A shape bounded by one tile of `side` cells and `frames` frames; 0 leaves it whole."""
    return msgspec.structs.replace(
        shape,
        height=min(shape.height, side or shape.height),
        width=min(shape.width, side or shape.width),
        frames=min(shape.frames, frames or shape.frames),
    )


def cuts_itself(kind: str) -> bool:
    """Whether a VAE of this kind cuts by itself, into tiles of the side that ComfyUI gives it."""
    return kind in rule("own_tiles")["families"]


def takes_no_tiles(cell: LatentFormat) -> bool:
    """Whether a VAE works as it always does, whatever tiles a node asks for."""
    return cell.id in rule("asked_tiles")["deaf"]


def takes_all_frames(cell: LatentFormat) -> bool:
    """Whether a VAE takes tiles' sides from a node, and always all frames."""
    return cell.id in rule("asked_tiles")["all_frames"]


def is_sound(cell: LatentFormat) -> bool:
    """Whether latents are cut along one dimension: sequences, and flat latents of sound."""
    return cell.dimensions == 1 or cell.id in rule("sound")["flat_latents"]


def rule(name: str) -> dict[str, Any]:
    """A table of the facts."""
    found: dict[str, Any] = facts.table(TABLE)[name]
    return found
