"""Run the VAE in 16 bits.

## What it does
Where ComfyUI runs the VAE in 32 bits (NVIDIA cards before the RTX 30, AMD cards before RDNA 3), it is
started with `--fp16-vae`.

## Why it helps
Decoding takes half the memory, and on cards with 16-bit matrix units it is quicker.

## Quality
Almost the same. The VAE of SDXL makes black pictures in 16 bits, so a file of it that was tuned for them is
loaded as well.

## When it is left out
VAEs of which nobody has said that they hold out in F16. `--bf16-vae` is never suggested: cards that compute
in BF16 do so by themselves, and on others it is slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import facts
from ...workflow.edits import Edit, Feed, fresh
from ...workflow.values import Loaded
from ..case import Case
from ..change import Change
from ..setup import start
from ..swap import absent, of_row
from ..uses import Use, uses

CODE = "vae-type"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """Every VAE in F16."""
    rule = facts.table("swaps")["vae"]
    if change := in_f16(case, rule):
        yield change


def in_f16(case: Case, rule: dict[str, Any]) -> Change | None:
    """The change that has every VAE run in F16; None where none runs in 32 bits, or one would not bear it."""
    vaes = [
        (use, one) for use in uses(case, "vae") for one in use.loads if one.role == "vae" and one.component
    ]
    wide = [(use, one) for use, one in vaes if computed(case, one) == rule["wide"]]
    rows = [row_of(case, one) for _, one in wide]
    known = [row for row in rows if row]
    others = all(
        rule["type"] in one.component.dtypes for use, one in vaes if (use, one) not in wide and one.component
    )
    if not known or len(known) < len(wide) or not others:
        return None
    edits = [edit for (use, _), row in zip(wide, known, strict=True) for edit in replaced(case, use, row)]
    files = {row["file"]["name"]: row["file"] for row in known if "file" in row}
    begin = start(case.machine, [rule["flag"]])
    first = f"Load {' and '.join(files)} as the VAE and s" if files else "S"
    return Change(
        title=first + begin.title[1:],
        choice="f16",
        edits=tuple(edits),
        machine=begin.machine,
        harm=max(row["harm"] for row in known),
        quality="; ".join(dict.fromkeys(row["quality"] for row in known)),
        effects=("the flag holds for every workflow: SDXL's own VAE makes black pictures with it",),
        downloads=absent(case, map(of_row, files.values())),
    )


def computed(case: Case, one: Loaded) -> str:
    """The type in which a VAE computes."""
    return next((held.compute_dtype for held in case.forecast.components if held.key == one.key), "")


def row_of(case: Case, one: Loaded) -> dict[str, Any] | None:
    """What is known of a VAE in F16, by what the diffusion models beside it sample; None where nothing is."""
    models = [it.component for it in case.loaded.values() if it.role == "diffusion_model" and it.component]
    rows = [
        row for row in facts.table("swaps")["vae_in_f16"] if one.component and row["vae"] == one.component.id
    ]
    return next((row for row in rows if models and all(it.latent in row["latents"] for it in models)), None)


def replaced(case: Case, use: Use, row: dict[str, Any]) -> Iterator[Edit]:
    """The edits that put the row's file in the place of a VAE, if it has one."""
    if "file" not in row:
        return
    name, rule = row["file"]["name"], facts.table("swaps")["vae"]
    loader = rule["loader"]
    for node, own in use.inputs:
        if node.class_type == loader["class"]:
            yield Edit("set", node.id, own, name)
            continue
        feeds = [
            Feed(user.id, at)
            for user, at in case.graph.users_of(node.id)
            if user.links()[at].slot == rule["slot"]
        ]
        if feeds:
            new = fresh(case.graph, node.id)
            inputs = {loader["input"]: name}
            yield Edit("insert", new, class_type=loader["class"], inputs=inputs, feeds=tuple(feeds))
