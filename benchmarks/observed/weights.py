"""Megabytes that ComfyUI printed for a model beside what we say it holds."""

from __future__ import annotations

import msgspec

from estimator.errors import InputError
from estimator.models import Component
from estimator.models.published import published, row_of
from estimator.options import machine as machine_of
from estimator.runtime import Machine, hold
from estimator.runtime.policy import newest

from .judge import Judged
from .machines import machines
from .models import (
    Model,
    Unjudged,
    components,
    encoder,
    family_of,
    made,
    main_encoder,
    main_of,
    model_of,
    storages_said,
)
from .reading import Row, table

MIB = 2**20
VAE_FLAGS = {"F32": "--fp32-vae", "BF16": "--bf16-vae", "F16": "--fp16-vae"}


def weights(at: int, row: Row) -> Judged:
    """A row's megabytes beside ours."""
    base = Judged(at, row.kind, row.class_name or row.model_family or "", theirs=row.mb)
    try:
        if not row.mb:
            raise Unjudged("no megabytes are stated")
        machine = somewhere(row)
        held = stated_bytes(row) or sum(hold(one.id, one, machine).counted for one in parts(row))
        if not held:
            raise Unjudged("no component of that class is known")
    except (Unjudged, InputError) as error:
        return msgspec.structs.replace(base, why=str(error))
    ours = held / MIB
    return msgspec.structs.replace(base, ours=round(ours, 2), right=abs(ours / row.mb - 1) <= 0.01)


def somewhere(row: Row) -> Machine:
    """The machine of a row; where no card is stated, a common one, since weights hardly depend on it."""
    flags = VAE_FLAGS.get(next(iter(storages_said(row)), ""), "") if row.component == "vae" else ""
    try:
        found = machines(row, "")[-1]
    except Unjudged:
        found = machine_of(vram=24, ram=64, system="linux", comfy=row.comfy_version or newest())
    kept = msgspec.structs.replace(found.policy, flags=(*found.policy.flags, *([flags] if flags else [])))
    return msgspec.structs.replace(found, policy=kept)


def parts(row: Row) -> list[Component]:
    """The components of a row's class."""
    if row.component == "diffusion" or row.component == "checkpoint":
        return [one for one in components(model_of(row, by_size=False)) if one.role == "diffusion_model"]
    if row.component == "text_encoder":
        return encoders(row)
    if row.component == "vae":
        return vaes(row)
    return others(row)


def encoders(row: Row) -> list[Component]:
    """The text encoders: the largest in the row's storage, the others as they are published."""
    own = (row.model_file or "").rpartition("/")[2]
    if own and published("text_encoders", own):
        return list(made("text_encoders", own, "", "file"))
    family, wanted = family_of(row), storages_said(row)
    if not wanted:
        raise Unjudged("no storage of the text encoder is stated")
    if "clip" not in family:
        whole = components(Model(family, family["folder"], family["model"], wanted[0]))
        return [one for one in whole if one.role == "text_encoder"]
    main = main_encoder(row)
    names = [name for name in family["clip"]["files"] if name != main_of(family)]
    found = [*encoder(main, wanted[0]), *(one for name in names for one in encoder(name, "file"))]
    return [one for one in found if one.role == "text_encoder"]


def vaes(row: Row) -> list[Component]:
    """The VAE of a family, by its own file."""
    own = (row.model_file or "").rpartition("/")[2]
    if own:
        return [one for one in made("vae", own, "", "file") if one.role == "vae"]
    family = family_of(row)
    if not storages_said(row):
        raise Unjudged("no storage of the VAE is stated")
    if "vae" in family:
        return list(made("vae", family["vae"], "", "file"))
    whole = components(Model(family, family["folder"], family["model"], "file"))
    return [one for one in whole if one.role == "vae"]


def others(row: Row) -> list[Component]:
    """Vision encoders, ControlNets and the like, by their file or the name that stands for it."""
    own = (row.model_file or f"{row.model_family}.safetensors").rpartition("/")[2]
    for folder in table("words")["folders"].get(row.component or "", ()):
        if published(folder, own):
            return list(made(folder, own, "", "file"))
    raise Unjudged("neither a file of ours nor a class and its storage are stated")


def stated_bytes(row: Row) -> int | None:
    """The bytes of the row's file, where they are published and its header is not."""
    own = (row.model_file or "").rpartition("/")[2]
    rows = (row_of(folder, own) for folder in table("words")["folders"].get(row.component or "", ()))
    found = next((one for one in rows if one and "bytes" in one), None)
    return found["bytes"] if found and not ("header" in found or "like" in found) else None
