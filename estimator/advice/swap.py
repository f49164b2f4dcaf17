"""Other files in the place of a workflow's own: which of them work there, and the edits that do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any

import msgspec

from .. import facts
from ..models.rows import Role
from ..runtime import Machine
from ..runtime.capabilities import capability
from ..runtime.policy import version
from ..units import GIB
from ..workflow import Loaded
from ..workflow.definitions import definition
from ..workflow.edits import Edit
from ..workflow.graph import Node
from .case import Case
from .change import Change, Download
from .ladder import Rung, format_of, rungs
from .uses import Use, files

GGUF = "gguf"


class Swap(msgspec.Struct, frozen=True):
    """One file in the place of another, wherever the workflow loads that."""

    use: Use
    loaded: Loaded
    rung: Rung


def rule() -> dict[str, Any]:
    """What rules that swap files go by."""
    found: dict[str, Any] = facts.table("swaps")["swap"]
    return found


def swaps(case: Case, use: Use, role: Role) -> tuple[Swap, ...]:
    """The files that could be loaded in the place of one, on this machine, the best quality first."""
    loaded = use.of(role)
    if loaded is None:
        return ()
    return tuple(Swap(use, loaded, one) for one in rungs(case, loaded) if works(case, use, one))


def works(case: Case, use: Use, rung: Rung) -> bool:
    """Whether the nodes that load a file could load another in its place, and this machine takes it."""
    if (rung.folder == "checkpoints") != (use.folder == "checkpoints"):
        return False
    if not loads_here(rung.format, case.machine):
        return False
    return all(takes(case, node, use, rung) for node in use.loaders)


def loads_here(format: str, machine: Machine) -> bool:
    """Whether this ComfyUI loads a format on this backend."""
    row = facts.table("swaps")["formats"]
    if format.startswith(GGUF) or format in row["anywhere"]:
        return True
    new = version(machine.policy.comfy) >= version(row["since"].get(format, "0"))
    return new and machine.backend in row["backends"]


def takes(case: Case, node: Node, use: Use, rung: Rung) -> bool:
    """Whether a node, or the class that takes its place, loads the file beside what else the node loads.

    ComfyUI-GGUF refuses quantised files of ComfyUI's own beside a GGUF.
    """
    names = {name: rung.file for owner, name in use.inputs if owner.id == node.id}
    target = class_for(node, names, rung.loader)
    if target != node.class_type and (
        definition(target) is None or len(slots(node, target)) != len(slots(node, node.class_type))
    ):
        return False
    if not any(map(is_gguf, final(node, names).values())):
        return True
    plain = is_gguf(rung.file) or rung.format in facts.table("swaps")["formats"]["anywhere"]
    others = [one for one in case.loaded.values() if one.node == node.id and one.file != use.file]
    return plain and all(
        is_gguf(one.file) or not one.component or not one.component.layouts for one in others
    )


def is_gguf(name: str) -> bool:
    """Whether a file is a GGUF, by its ending."""
    return name.lower().endswith(f".{GGUF}")


def final(node: Node, names: dict[str, str]) -> dict[str, str]:
    """The files that a loader names once some are others."""
    own = {file.name: str(node.inputs[file.name]) for file in files(node)}
    return own | names


def class_for(node: Node, names: dict[str, str], loader: str) -> str:
    """The class that loads these files in the place of a node's: ComfyUI's own where none is a GGUF.

    `loader`: what takes a GGUF where the node's class has no counterpart.
    """
    known = facts.table("precisions")["loaders"]
    back = {packed: own for own, packed in known["gguf"].items()} | known["native"]
    own = str(back.get(node.class_type, node.class_type))
    if not any(map(is_gguf, final(node, names).values())):
        return own
    return node.class_type if node.class_type in back else str(known["gguf"].get(own, loader))


def lighter(found: Sequence[Swap]) -> list[Swap]:
    """Those that are lighter than what they replace, and than all of their kind that are as good.

    A file on disk and one to download, a native file and a GGUF, are each worth a try.
    """
    kept: list[Swap] = []
    least: dict[tuple[bool, bool], float] = {}
    for one in found:
        part = one.loaded.component
        kind = (one.rung.download is None, one.rung.format.startswith(GGUF))
        own = rule()["lighter"] * part.file_bytes if part else 0
        if one.rung.bytes < min(own, rule()["step"] * least.get(kind, inf)):
            kept.append(one)
            least[kind] = one.rung.bytes
    return kept


def change(case: Case, parts: Sequence[Swap], replaces: str = "instead") -> Change:
    """The change that makes all of these swaps."""
    return Change(
        title=title(parts, replaces),
        choice="+".join(dict.fromkeys(one.rung.file for one in parts)),
        edits=tuple(edit for one in merged(parts) for edit in one),
        harm=max(harm(one) for one in parts),
        quality="; ".join(dict.fromkeys(map(quality, parts))),
        effects=tuple(dict.fromkeys(effect for one in parts for effect in effects(case, one))),
        downloads=tuple(dict.fromkeys(one.rung.download for one in parts if one.rung.download)),
        needs=tuple(dict.fromkeys(pack for one in parts for pack in needed(one))),
    )


def quality(one: Swap) -> str:
    """How good a file is, in words: of a text encoder what that means for text."""
    if one.loaded.role != "text_encoder" or one.rung.rank <= rule()["whole"]:
        return one.rung.quality
    rows = facts.table("swaps")["encoder"]
    return str(next(row["words"] for row in rows if one.rung.rank <= row["rank"]))


def title(parts: Sequence[Swap], replaces: str) -> str:
    """What to do, in a line: the files, and where they are."""
    names = " and ".join(dict.fromkeys(one.rung.file for one in parts))
    return f"Load {names} {replaces} ({whence([one.rung.download for one in parts])})"


def whence(downloads: Sequence[Download | None]) -> str:
    """Where files are had from: `on disk`, or how much is to be downloaded."""
    size = sum(one.bytes for one in dict.fromkeys(filter(None, downloads)))
    return f"{size / GIB:.1f} GiB to download" if size else "on disk"


def of_row(row: dict[str, Any]) -> Download:
    """A file that a row of data says where to have from."""
    return Download(row["name"], row["url"], row["directory"], row["bytes"], row.get("exact", False))


def absent(case: Case, files: Iterable[Download]) -> tuple[Download, ...]:
    """Those that are not on disk, each once."""
    missing = (one for one in files if case.library.files(one.directory, one.file) is None)
    return tuple(dict.fromkeys(missing))


def merged(parts: Sequence[Swap]) -> Iterator[tuple[Edit, ...]]:
    """The edits of all swaps, node by node: a node that loads several of the files is edited once."""
    nodes = {node.id: node for one in parts for node in one.use.loaders}
    for key, node in nodes.items():
        own = {name: one.rung for one in parts for owner, name in one.use.inputs if owner.id == key}
        named = {name: rung.file for name, rung in own.items()}
        target = class_for(node, named, next((rung.loader for rung in own.values() if rung.loader), ""))
        if target != node.class_type:
            yield (replaced(node, target, named),)
        else:
            yield tuple(Edit("set", key, name, file) for name, file in named.items())


def replaced(node: Node, target: str, named: dict[str, str]) -> Edit:
    """A loader as one of another class: its files under that class's names, its widgets at their defaults."""
    old, new = slots(node, node.class_type), slots(node, target)
    renamed = {new[old.index(name)]: file for name, file in named.items()}
    kept = all_of(target)
    given = {name: value for name, value in kept.items() if value is not None and name not in node.inputs}
    drops = tuple(name for name in node.inputs if name not in kept)
    return Edit("replace", node.id, class_type=target, inputs={**given, **renamed}, drops=drops)


def slots(node: Node, class_type: str) -> list[str]:
    """The inputs by which a node names its files, as it is or as one of another class."""
    same = class_type == node.class_type
    inputs = node.inputs if same else all_of(class_type)
    return [file.name for file in files(msgspec.structs.replace(node, class_type=class_type, inputs=inputs))]


def all_of(class_type: str) -> dict[str, Any]:
    """The inputs of a node type with their defaults, None where one has none."""
    row = definition(class_type) or {}
    return {one["name"]: one.get("default") for one in row.get("inputs", ())}


def needed(one: Swap) -> tuple[str, ...]:
    """The packs that a swap needs and that the workflow does not use already."""
    return () if GGUF in one.loaded.class_type.lower() else one.rung.needs


def harm(one: Swap) -> float:
    """How much worse a swap makes the result: the ranks between both files' qualities."""
    part = one.loaded.component
    own = precision_rank(format_of(part, one.loaded.file)) if part else rule()["whole"]
    first = 0 if own <= rule()["whole"] else own
    lost: float = max(0, one.rung.rank - first) if one.rung.rank > rule()["whole"] else 0
    lost *= rule()["encoder"] if one.loaded.role == "text_encoder" else 1
    return lost + (0 if one.rung.pure else rule()["impure"])


def precision_rank(format: str) -> int:
    """The rank of a format's quality; that of 16 bits where it is not known."""
    row = facts.table("precisions")["format"].get(format)
    return int(row["quality_rank"]) if row else int(rule()["whole"])


def effects(case: Case, one: Swap) -> Iterator[str]:
    """What else changes with a swap."""
    yield from one.rung.effects
    device, narrow = case.machine.device, one.rung.rank > rule()["whole"]
    samples = device.vendor == "nvidia" and one.loaded.role == "diffusion_model"
    if samples and narrow and capability(device) < one.rung.min_capability:
        yield rule()["widened"]
    if one.rung.format.startswith(GGUF) and has_loras(case, one.loaded.key):
        yield rule()["lora_gguf"]


def has_loras(case: Case, key: str) -> bool:
    """Whether LoRAs lie on a model where it is used."""
    return any(step.loras and key in step.components for step in case.workload.steps)


def grouped(case: Case, found: Iterable[Use], role: Role) -> list[list[Use]]:
    """Files of one kind of model together, such as two experts."""
    groups: dict[tuple[Any, ...], list[Use]] = {}
    for one in found:
        loaded = one.of(role)
        if loaded and loaded.component:
            part = loaded.component
            groups.setdefault((part.id, tuple(part.hyper.items())), []).append(one)
    return list(groups.values())


def alike(group: Sequence[Sequence[Swap]]) -> Iterator[list[Swap]]:
    """One swap for each file of a group, all into the same format: of two experts both or none."""
    first, *others = group
    for one in first:
        same = [next((it for it in other if it.rung.format == one.rung.format), None) for other in others]
        if all(same):
            yield [one, *(it for it in same if it)]


def all_at_once(found: Sequence[Sequence[list[Swap]]]) -> Iterator[list[Swap]]:
    """A swap in each of several models, as light as a rank of quality allows."""
    ranks = sorted({parts[0].rung.rank for group in found for parts in group})
    seen: list[list[Swap]] = []
    for rank in ranks:
        best = [[parts for parts in group if parts[0].rung.rank <= rank] for group in found]
        if not all(best):
            continue
        chosen = [one for group in best for one in group[-1]]
        if chosen not in seen and not mixed(chosen):
            seen.append(chosen)
            yield chosen


def mixed(parts: Sequence[Swap]) -> bool:
    """Whether a node would have to load a GGUF beside a quantised file of ComfyUI's own."""
    plain = facts.table("swaps")["formats"]["anywhere"]
    kinds: dict[str, set[bool]] = {}
    for one in parts:
        if one.rung.format not in plain:
            for node in one.use.loaders:
                kinds.setdefault(node.id, set()).add(one.rung.format.startswith(GGUF))
    return any(len(some) > 1 for some in kinds.values())
