"""Which other file holds the same model: published ones, and those in the user's own folders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from .. import facts
from ..models import Component
from ..models.editions import Edition, alike_name, bases, edition, expert, own_name, precision
from ..models.library import Brief, Library, absent
from ..models.published import published, row_of
from ..workflow import Loaded
from .case import Case
from .change import Download

FINE_TUNE = "another fine-tune of the same model"
CHECKPOINTS, GGUF = "checkpoints", "gguf"


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A file that holds the same model as another, in another precision.

    `file`: as a node's widget names it, in ComfyUI's `folder`; `format`: a key of `data/precisions.toml`,
    `label` its name and `rank` its rank of quality there, 1 being 16 bit; `bytes`: of the whole file.
    `pure`: the same weights in another precision. `effects`: what else changes or is needed, in half
    sentences.
    `loader`: the class that it needs in place of the workflow's own, empty where that one takes it; `needs`:
    packs that must be installed for it. `download`: None for a file that is on disk.
    `min_capability`: from which compute capability on an NVIDIA card computes in it (0: any card); below, a
    card only holds it.
    """

    file: str
    folder: str
    format: str
    label: str
    bytes: int
    rank: int
    quality: str
    pure: bool = True
    effects: tuple[str, ...] = ()
    loader: str = ""
    needs: tuple[str, ...] = ()
    download: Download | None = None
    min_capability: float = 0


def rungs(case: Case, loaded: Loaded) -> tuple[Rung, ...]:
    """The other files of a loaded model, the best quality first, then those on disk, then the smallest.

    Published ones are among them where the file's name is that of a published file and its header agrees.
    """
    if loaded.component is None or (loaded.folder == CHECKPOINTS and loaded.role != "diffusion_model"):
        return ()
    own = own_edition(loaded, loaded.component)
    found = {
        (one.folder, own_name(one.file)): one for one in offered(case.library, loaded, loaded.component, own)
    }
    for one in on_disk(case.library, loaded, loaded.component, own):
        found[one.folder, own_name(one.file)] = one
    found.pop((loaded.folder, own_name(loaded.file)), None)
    return tuple(sorted(found.values(), key=order))


def order(one: Rung) -> tuple[float | bool | str, ...]:
    """What sorts the best first."""
    return one.rank, not one.pure, one.download is not None, one.bytes, one.file


def own_edition(loaded: Loaded, component: Component) -> Edition | None:
    """The published file that a loaded one is: by its name, where its header says nothing else."""
    found = edition(loaded.folder, loaded.file)
    if found is None or bases()[found.base].role != component.role:
        return None
    return (
        found if any(alike(one, component) for one in absent(found.folder, found.file).components) else None
    )


def alike(one: Component | Brief, other: Component) -> bool:
    """Whether two components are the same model, whatever they are stored in."""
    return (one.role, one.family, one.variant, one.hyper) == (
        other.role,
        other.family,
        other.variant,
        other.hyper,
    )


def offered(library: Library, loaded: Loaded, component: Component, own: Edition | None) -> Iterator[Rung]:
    """The published files of the same model; not those that only a checkpoint loader takes, for others."""
    for one in bases()[own.base].editions if own else ():
        size, exact = size_of(one)
        fits = one.folder == loaded.folder or one.folder != CHECKPOINTS
        changes = one.effects if own and not own.effects else ()
        if not size or not fits or (own and own.effects and own.effects != one.effects):
            continue
        there = library.files(one.folder, one.file)
        if there and not any(alike(held, component) for held in library.briefs(one.folder, one.file)):
            continue  # something else goes by its name
        download = None if there else Download(one.file, one.url, one.folder, size, exact, one.gated)
        yield rung(loaded, one.file, one.folder, one.format, size, changes, one.asks, download)


@cache
def size_of(one: Edition) -> tuple[int, bool]:
    """Bytes of an edition, and whether its publisher lists them; 0 where its header is not known."""
    row = row_of(one.folder, one.file) or {}
    if not ("header" in row or "like" in row):
        return 0, False
    if listed := one.bytes or row.get("bytes", 0):
        return listed, True
    table = published(one.folder, one.file)
    return (table.file_bytes, False) if table else (0, False)


def on_disk(library: Library, loaded: Loaded, component: Component, own: Edition | None) -> Iterator[Rung]:
    """The files in the user's folders whose headers hold the same model in another precision."""
    least = round(component.parameters * facts.table("precisions")["names"]["least_bits"] / 8)
    layer = telling(component)
    here = own.format if own else format_of(component, loaded.file)
    for folder in folders_for(loaded):
        for name in library.names(folder):
            if expert(name) != expert(loaded.file):
                continue
            briefs = library.briefs(folder, name, least, layer)
            same = next((one for one in briefs if alike(one, component)), None)
            known = edition(folder, name)
            if same is None or (known and own and known.base != own.base):
                continue
            kin = known if own and known else None
            held = kin.format if kin else format_of(same, name)
            path = library.files(folder, name)
            if path and held and held != here:
                effects = kin.effects if kin else () if alike_name(name, loaded.file) else (FINE_TUNE,)
                asks = kin.asks if kin else ()
                yield rung(loaded, name, folder, held, path.stat().st_size, effects, asks, None)


def telling(component: Component) -> str:
    """The name of a layer that all files of the same model have; empty where some name it otherwise."""
    if component.role != "diffusion_model":
        return ""  # GGUF has its own names for a text encoder's
    return max(component.tensors, key=lambda one: one.parameters).name.rpartition(".")[0]


def folders_for(loaded: Loaded) -> tuple[str, ...]:
    """ComfyUI's folders in which another file for it may lie."""
    both = loaded.folder == CHECKPOINTS
    return (loaded.folder, "diffusion_models") if both else (loaded.folder,)


def format_of(one: Component | Brief, name: str) -> str:
    """The format of `data/precisions.toml` that a header is in; empty where it is in none.

    Of formats with the same type, as Q4_K_S and Q4_K_M, it is the one that the name says, or the lower.
    """
    gguf = one.format == GGUF
    known = facts.table("precisions")["format"]
    found = [
        key
        for key, row in known.items()
        if key.startswith(GGUF) == gguf
        and (
            one.quantization in row.get("layouts", ())
            if one.quantization and not gguf
            else one.majority in row.get("stored", ())
        )
    ]
    said = (key for key in found if key.removeprefix("gguf_") in name.lower())
    return next(said, found[-1] if found else "")


def rung(
    loaded: Loaded,
    file: str,
    folder: str,
    format: str,
    size: int,
    effects: tuple[str, ...],
    asks: tuple[str, ...],
    download: Download | None,
) -> Rung:
    """A rung for a file, with what its precision's row says."""
    row = precision(format)
    loader = loader_of(loaded, file, folder)
    known = facts.table("precisions")["loaders"]
    return Rung(
        file=file,
        folder=folder,
        format=format,
        label=row["label"],
        bytes=size,
        rank=row["quality_rank"],
        quality=quality(row),
        pure=not effects,
        effects=effects + asks,
        loader=loader,
        needs=(known["pack"],) if loader in known["gguf"].values() else (),
        download=download,
        min_capability=row.get("native_min_cc", 0),
    )


def quality(row: dict[str, object]) -> str:
    """How good a precision is, in words, with what was measured of it."""
    known = facts.table("precisions")
    if "lpips" not in row:
        return str(row["words"])
    of, noise = known["lpips"]["of"], known["noise"]["words"]
    return f"{row['words']} (LPIPS {row['lpips']} on {of}; {noise})"


def loader_of(loaded: Loaded, file: str, folder: str) -> str:
    """The class that takes a file, empty where the workflow's own does."""
    known = facts.table("precisions")["loaders"]
    gguf, native = known["gguf"], known["native"]
    own = loaded.class_type if folder == loaded.folder else known["own"][folder]
    changed = own if own != loaded.class_type else ""
    if not file.lower().endswith(f".{GGUF}"):
        return str(native.get(own, changed))
    if own in (*gguf.values(), *native):
        return changed
    return str(gguf.get(own, gguf[known["own"][folder]]))
