"""Sample in few steps with a distilled model.

## What it does
Puts the family's distilled file in the place of the model, or its distilled LoRA (Lightning, lightx2v,
turbo) behind the loader, and sets the sampler to the steps and the cfg that it was made for. Where the
workflow has such a LoRA behind a switch already, only the switch is turned on.

## Why it helps
Four or eight steps instead of twenty or fifty, and at cfg 1 each step evaluates one condition instead of
two.

## Quality
Another look, not only another precision: less variety, and at cfg 1 the negative prompt no longer counts.

## When it is left out
Models that are distilled already, and samplers whose steps are said in a way that cannot be set safely
(schedules written by hand, or split).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ... import facts
from ...models.published import published, row_of
from ...workflow.edits import Edit, Feed, apply, fresh
from ...workflow.graph import Link, Node
from ...workflow.rules import rules
from ...workflow.values import Step
from ..case import Case
from ..change import Change, Download
from ..names import holds, tells
from ..samplers import Few, evaluations, sampled, set_to
from ..swap import GGUF, absent, of_row, replaced, rule, whence
from ..switches import switches
from ..uses import Use, uses

CODE = "distilled"
APPLICABILITY = "lossy"
ROLE = "diffusion_model"
Matched = tuple[Use, dict[str, Any]]


def changes(case: Case) -> Iterator[Change]:
    """The workflow's own switches; without any the rows of `data/distilled.toml`, the mildest first."""
    steps = sampled(case)
    if not steps or is_distilled(case):
        return
    ways = switches(case)
    change = turned(case, ways) if ways else None
    if change and few_enough(case, change):
        yield change
        return
    rows = sorted(facts.table("distilled")["distilled"], key=lambda row: float(row["harm"]))
    for row in rows:
        parts = matched(case, row)
        change = made(case, row, parts) if parts else None
        if change and few_enough(case, change):
            yield change


def is_distilled(case: Case) -> bool:
    """Whether a model that is sampled, or a LoRA on it, is distilled already."""
    keys = {key for step in sampled(case) for key in (*step.components[:1], *step.loras)}
    return any(tells(one.file) for key, one in case.loaded.items() if key in keys)


def few_enough(case: Case, change: Change) -> bool:
    """Whether a change leaves fewer evaluations, and one condition in each step that it reaches."""
    before, after = evaluations(sampled(case)), evaluations(sampled(case.after(change)))
    return 0 < after < before


def matched(case: Case, row: dict[str, Any]) -> list[Matched]:
    """The sampled models that a row is about, each with its part of the row."""
    keys = {key for step in sampled(case) for key in step.components[:1]}
    found = []
    for use in uses(case, ROLE):
        loaded = use.of(ROLE)
        part = next((one for one in row["parts"] if holds(use.file, one)), None)
        component = loaded.component if loaded and loaded.key in keys else None
        if component and part and component.family == row["family"]:
            found.append((use, part))
    return found


def made(case: Case, row: dict[str, Any], parts: Sequence[Matched]) -> Change | None:
    """The change that a row stands for; None where a sampler cannot be set."""
    few = Few(row["steps"], row["cfg"], row.get("sampler", ""), row.get("scheduler", ""))
    keys = [one.key for use, _ in parts for one in use.loads if one.role == ROLE]
    steps = sampled(case, keys)
    settings = set_to(case, steps, few)
    files = [file_of(use, part) for use, part in parts]
    if settings is None or not all(files):
        return None
    downloads = absent(case, filter(None, files))
    names = " and ".join(dict.fromkeys(one.file for one in files if one))
    adds = "Add" if any("lora" in part for _, part in parts) else "Load"
    return Change(
        title=f"{adds} {names} and sample in {few.steps} steps at cfg {few.cfg:g} ({whence(downloads)})",
        choice=row["id"],
        edits=(*placed(case, parts, [one.file for one in files if one]), *settings),
        harm=row["harm"],
        quality=facts.table("distilled")["words"]["quality"],
        effects=(*row.get("effects", ()), *effects(case, parts, any(one.conditions > 1 for one in steps))),
        downloads=downloads,
    )


def effects(case: Case, parts: Sequence[Matched], guided: bool) -> Iterator[str]:
    """What else changes."""
    if guided:
        yield facts.table("distilled")["words"]["no_guidance"]
    if any("lora" in part and GGUF in use.loaders[0].class_type.lower() for use, part in parts):
        yield rule()["lora_gguf"]


def file_of(use: Use, part: dict[str, Any]) -> Download | None:
    """The LoRA of a part, or its file in the precision of the one that is loaded, else its first."""
    if "lora" in part:
        return of_row(part["lora"])
    tags = [tag for tag in ("bf16", "fp8", "int8", "mxfp8") if tag in use.file.lower()]
    names: list[str] = part["files"]
    name = next((one for one in names if any(tag in one for tag in tags)), names[0])
    table, listed = published(use.folder, name), (row_of(use.folder, name) or {}).get("bytes", 0)
    if table is None:
        return None
    return Download(name, part["at"] + name, use.folder, listed or table.file_bytes, bool(listed))


def placed(case: Case, parts: Sequence[Matched], files: Sequence[str]) -> Iterator[Edit]:
    """The edits that put the LoRAs behind their loaders, or the files in their place."""
    graph = case.graph
    for (use, part), name in zip(parts, files, strict=True):
        for node in use.loaders:
            edit = inserted(case, node, part["lora"], fresh(graph, node.id)) if "lora" in part else None
            edit = edit or in_place(use, node, name)
            graph = apply(graph, [edit])
            yield edit


def inserted(case: Case, node: Node, row: dict[str, Any], new: str) -> Edit:
    """The LoRA between a loader and all that take its model."""
    slot = rules()[node.class_type].gives.index("model")
    users = [(user, at) for user, at in case.graph.users_of(node.id) if user.links()[at].slot == slot]
    wires = facts.table("distilled")["wires"]
    return Edit(
        "insert",
        new,
        class_type=wires["inserted"],
        inputs={
            "model": Link(node.id, slot),
            wires["loras"][wires["inserted"]]: row["name"],
            "strength_model": row.get("strength", 1.0),
        },
        feeds=tuple(Feed(user.id, at) for user, at in users),
    )


def in_place(use: Use, node: Node, file: str) -> Edit:
    """Another file in a loader, which is ComfyUI's own for it."""
    name = next(at for owner, at in use.inputs if owner.id == node.id)
    if GGUF in node.class_type.lower():
        native = facts.table("precisions")["loaders"]["own"]["diffusion_models"]
        return replaced(node, native, {name: file})
    return Edit("set", node.id, name, file)


def turned(case: Case, ways: dict[tuple[str, str], tuple[str, ...]]) -> Change:
    """The change that turns on the workflow's own switches for its distilled LoRAs."""
    names = list(dict.fromkeys(name for some in ways.values() for name in some))
    edits = tuple(Edit("set", node, name, True) for node, name in ways)
    words = facts.table("distilled")["words"]
    before, after = fewer(case, case.after(Change("", edits=edits)))
    guided = any(one.conditions > 1 for one in before) and all(one.conditions == 1 for one in after)
    known = {name: found for name in names if (found := of_lora(name))}
    gone = [name for name in names if case.library.files("loras", name) is None]
    switch = " and ".join(dict.fromkeys(f"node {node}" for node, _ in ways))
    return Change(
        title=f"Turn on {' and '.join(names)} by the workflow's own switch ({switch}): "
        f"{counted(before, after)}",
        choice=names[0],
        edits=edits,
        harm=max((harm for _, harm in known.values()), default=words["harm"]),
        quality=words["quality"],
        effects=(
            *((words["no_guidance"],) if guided else ()),
            *(f"{name} is not on disk" for name in gone if name not in known),
        ),
        downloads=absent(case, (file for file, _ in known.values())),
    )


def fewer(case: Case, after: Case) -> tuple[list[Step], list[Step]]:
    """The steps that sample in fewer evaluations than before, and what they become."""
    new = {one.node: one for one in sampled(after)}
    pairs = [(one, new[one.node]) for one in sampled(case) if one.node in new]
    changed = [pair for pair in pairs if evaluations([pair[0]]) != evaluations([pair[1]])]
    return [one for one, _ in changed], [one for _, one in changed]


def counted(before: Sequence[Step], after: Sequence[Step]) -> str:
    """How many steps there are, and were."""
    now, then = sum(one.repeats for one in after), sum(one.repeats for one in before)
    return f"{now} steps instead of {then}" if now != then else "half of the evaluations"


def of_lora(name: str) -> tuple[Download, float] | None:
    """A LoRA that a row has, and what it harms."""
    for row in facts.table("distilled")["distilled"]:
        for part in row["parts"]:
            if part.get("lora", {}).get("name") == name:
                return of_row(part["lora"]), row["harm"]
    return None
