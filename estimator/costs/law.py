"""Laws of activation memory and FLOPs, read from `data/costs/`; evaluating one needs neither torch nor numpy.

A law is the maximum of a few affine pieces. Each piece is what is live at one program point of the traced
forward, in bytes per feature; a feature is a product of `batch`, `image` (frames x rows x columns of
patches), `plane` (rows x columns of patches), `edge` (rows + columns: padding), `frames`, `text` (tokens),
`reference` (patches of reference pictures), `joined` (1 where there are any, else 0), `tiles` (that a model
cuts a frame into by itself), `seams` (cells that a row of tiles keeps for the next), and where frames go
through in turns `turns` and `turns_conv` (bytes that are live, and that a convolution takes, at most).
"""

from __future__ import annotations

from math import isfinite, prod

import msgspec

from ..units import GIB
from . import turns
from .tiles import tiling

Pieces = tuple[tuple[float, ...], ...]
# A forward of a latent with a noise mask.
MASKED = "forward_masked"
# The memory of the card that traces pretend.
CARD = 24 * GIB
# Quantities that attention runs over.
LENGTHS = ("image", "plane", "text", "reference", "frames")
# Quantities that are no extent of a shape: how far they lie from what was traced says nothing.
COUNTED = ("turns", "turns_conv")


class Shape(msgspec.Struct, frozen=True):
    """What one pass works on, in latent units (also for `encode`); `text_tokens` 0 is the model's usual.

    An encoder's picture is in pixels, or in patches of a text encoder's vision tower; a sound is as wide as
    it has samples at 16 kHz. A text that is written (`prefill`) is as wide as the most tokens it may get.

    `reference`: latent cells of the pictures that an edit model is given beside the one it makes.
    """

    batch: int
    channels: int
    frames: int
    height: int
    width: int
    text_tokens: int = 0
    reference: int = 0


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """One row `[[law]]`: where it came from, what it says, how well it fits and how far it was tried.

    `commits` go with `versions`, empty where unknown; `cast` and the pieces are bytes; `range` is the least
    and most of each variable in the grid; `same_for` are headers whose traces came out the same. `heads`,
    `queries`, `keys` (coefficients of the `token_features`) and `attention_live` (bytes live with its output)
    are of the largest attention, of one latent; heads 0: no law was found of it. `tile`: latent cells of a
    side of the model's own tiles, and of the least overlap of two. `turns` names the way in
    `data/turns.toml` that frames go in turns, if they do.
    """

    operation: str
    storage: str
    compute_bytes: int
    versions: tuple[str, ...]
    commits: tuple[str, ...]
    torch: str
    device: str
    attention: str
    patch: int
    frame_patch: int = 1
    text_default: int = 0
    tile: tuple[int, int] = (0, 0)
    turns: str = ""
    features: tuple[str, ...]
    pieces: Pieces
    conv_pieces: Pieces = ()
    flops_features: tuple[str, ...]
    flops: tuple[float, ...]
    token_features: tuple[str, ...] = ()
    heads: int = 0
    head_channels: int = 0
    queries: tuple[float, ...] = ()
    keys: tuple[float, ...] = ()
    attention_live: tuple[float, ...] = ()
    cast: int = 0
    points: int
    worst_on_grid: float
    worst_held_out: float
    band: float
    band_per_doubling: float
    range: dict[str, tuple[int, int]]
    same_for: tuple[str, ...] = ()
    source: str


def sound(law: Law) -> bool:
    """Whether a law that was made here can be used: its peaks are finite and positive where it was tried."""
    try:
        ends = ({name: span[end] for name, span in law.range.items()} for end in (0, 1))
        shapes = [Shape(1, 0, 1, 64, 64), *(of_extents(law, one) for one in ends)]
        peaks = [activations(law, shape) for shape in shapes]
        work = [flops(law, shape) for shape in shapes]
        largest = [largest_conv(law, shape) for shape in shapes]
        return bool(law.versions) and all(map(isfinite, (*peaks, *work, *largest))) and min(peaks) > 0
    except (ArithmeticError, LookupError, ValueError):
        return False


def of_extents(law: Law, known: dict[str, int]) -> Shape:
    """A shape with these extents, as far as they tell of one: a square picture."""
    side = max(1, round(known.get("plane", known.get("image", 4096)) ** 0.5)) * law.patch
    return Shape(
        known.get("batch", 1), 0, known.get("frames", 1) * law.frame_patch, side, side, known.get("text", 0)
    )


def activations(law: Law, shape: Shape, card: int = CARD) -> int:
    """The law's peak for a shape, in bytes."""
    return highest(law.pieces, law.features, variables(law, shape, card))


def largest_conv(law: Law, shape: Shape, card: int = CARD) -> int:
    """Input plus output bytes of the largest convolution; 0 for a model without."""
    return highest(law.conv_pieces, law.features, variables(law, shape, card)) if law.conv_pieces else 0


def flops(law: Law, shape: Shape) -> float:
    """Floating point operations of one pass, two for each multiply-add, attention included."""
    known = extents(law, shape)
    return max(0.0, sum(c * feature(f, known) for f, c in zip(law.flops_features, law.flops, strict=True)))


def attention_flops(law: Law, shape: Shape) -> float:
    """Those of a pass's operations that grow with the product of two lengths: attention's."""
    known = extents(law, shape)
    pairs = zip(law.flops_features, law.flops, strict=True)
    return max(0.0, sum(c * feature(f, known) for f, c in pairs if squared(f)))


def squared(name: str) -> bool:
    """Whether a feature is a product of two lengths."""
    return sum(part in LENGTHS for part in name.split("*")) > 1


def variables(law: Law, shape: Shape, card: int = CARD) -> dict[str, int]:
    """The quantities that features are made of."""
    known = extents(law, shape)
    if law.turns:
        sides = (shape.batch, shape.frames, shape.height, shape.width)
        known["turns"], known["turns_conv"] = turns.most(
            law.turns, turns.Video(*sides, law.compute_bytes, card)
        )
    return known


def extents(law: Law, shape: Shape) -> dict[str, int]:
    """The quantities of a shape alone."""
    rows, columns = -(-shape.height // law.patch), -(-shape.width // law.patch)
    frames = -(-shape.frames // law.frame_patch)
    (down, shared), (across, _) = tiling(law.tile, shape.height), tiling(law.tile, shape.width)
    return {
        "batch": shape.batch,
        "frames": frames,
        "plane": rows * columns,
        "edge": rows + columns,
        "image": rows * columns * frames,
        "text": shape.text_tokens or law.text_default,
        "reference": -(-shape.reference // law.patch**2),
        "tiles": down * across,
        "seams": min(2, down - 1) * across * law.tile[0] * shared,
        "joined": int(shape.reference > 0),
    }


def feature(name: str, known: dict[str, int]) -> int:
    """The value of a feature: "1", or variables joined by `*`."""
    return 1 if name == "1" else prod(known[part] for part in name.split("*"))


def highest(pieces: Pieces, features: tuple[str, ...], known: dict[str, int]) -> int:
    """The highest of the pieces, in whole bytes; none is below 0, however far outside of its grid."""
    values = [feature(name, known) for name in features]
    return max(0, round(max(sum(c * v for c, v in zip(piece, values, strict=True)) for piece in pieces)))
