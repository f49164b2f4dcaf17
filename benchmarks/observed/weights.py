"""Megabytes that ComfyUI printed for a model beside what we say it holds."""

from __future__ import annotations

import msgspec

from estimator.errors import InputError
from estimator.models import Component
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
    main_encoder,
    model_of,
    storages_said,
    table_of,
)
from .models import made as made_of
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
        found = parts(row)
        if not found:
            raise Unjudged("no component of that class is known")
        held = sum(hold(one.id, one, machine).bytes for one in found)
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
    try:
        return list(made_of("text_encoders", own, "", "file"))
    except Unjudged:
        pass
    family = family_of(row)
    wanted = storages_said(row)
    if not wanted:
        raise Unjudged("no storage of the text encoder is stated")
    if "clip" not in family:
        return [one for one in components(Model(family, family["folder"], family["model"], wanted[0])) if one.role == "text_encoder"]
    main = main_encoder(family)
    found: list[Component] = []
    for name in family["clip"]["files"]:
        found += encoder(name, wanted[0] if name == main else "file")
    return [one for one in found if one.role == "text_encoder"]


def vaes(row: Row) -> list[Component]:
    """The VAE of a family, by its own file."""
    own = (row.model_file or "").rpartition("/")[2]
    if own:
        return [one for one in made_of("vae", own, "", "file") if one.role == "vae"]
    family = family_of(row)
    if not storages_said(row):
        raise Unjudged("no storage of the VAE is stated")
    if "vae" in family:
        return list(made_of("vae", family["vae"], "", "file"))
    return [one for one in components(Model(family, family["folder"], family["model"], "file")) if one.role == "vae"]


def others(row: Row) -> list[Component]:
    """Vision encoders, ControlNets and the like, by their file."""
    own = (row.model_file or "").rpartition("/")[2]
    for folder in table("words")["folders"].get(row.component or "", ()):
        try:
            return list(made_of(folder, own, "", "file"))
        except Unjudged:
            continue
    raise Unjudged("neither a file of ours nor a class and its storage are stated")


__all__ = ["table_of", "weights"]
