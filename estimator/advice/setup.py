"""Other set-ups of a machine: started with other flags, with more of the card free (`data/setup.toml`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from .. import facts
from ..runtime import Machine
from ..runtime.attention import kernels
from ..runtime.policy import policy, version
from .change import Change


def table() -> dict[str, Any]:
    """The rows of `data/setup.toml`."""
    return facts.table("setup")


def known(name: str, machine: Machine) -> str:
    """The flag for a purpose; empty where this ComfyUI does not know it yet."""
    row = table()["flags"][name]
    return str(row["flag"]) if version(machine.policy.comfy) >= version(row["since"]) else ""


def begun(machine: Machine, purpose: str, *words: str, **said: Any) -> Iterator[Change]:
    """The change of starting ComfyUI with the flag for a purpose; none where it does not know it yet."""
    if flag := known(purpose, machine):
        yield start(machine, [flag, *words], **said)


def split(flags: Sequence[str]) -> list[tuple[str, ...]]:
    """Flags, each with the words that follow it."""
    found: list[tuple[str, ...]] = []
    for word in flags:
        if word.startswith("--") or not found:
            found.append((word,))
        else:
            found[-1] += (word,)
    return found


def rivals(flag: str) -> set[str]:
    """Flags that must not be given beside this one, and itself."""
    return {flag}.union(*(group for group in table()["groups"]["groups"] if flag in group))


def restarted(machine: Machine, add: Sequence[str] = (), drop: Sequence[str] = ()) -> Machine:
    """The machine with ComfyUI started anew: with the flag `add` and its words, without those of `drop`."""
    gone = set(drop) | (rivals(add[0]) if add else set())
    kept = [one for one in split(machine.policy.flags) if one[0].partition("=")[0] not in gone]
    flags = (*(word for one in kept for word in one), *add)
    return updated(machine, flags=flags)


def updated(
    machine: Machine, comfy: str = "", torch: str = "", flags: tuple[str, ...] | None = None
) -> Machine:
    """The machine with another ComfyUI, torch or flags; whether dynamic VRAM is on follows from them.

    What passes were measured to take holds for the kernels that ran. Their pace is kept, being mostly the
    card's own: else a change would seem to win what was only learned.
    """
    own = machine.policy
    given = own.flags if flags is None else flags
    found = policy(comfy or own.comfy, torch or own.torch, machine.host.os, machine.device.vendor, given)
    other = replace(machine, policy=found)
    if passes(other) == passes(machine):
        return other
    return replace(other, corrections=tuple(replace(one, beside=None) for one in machine.corrections))


def passes(machine: Machine) -> tuple[str, str, str]:
    """What decides on a machine what a pass takes beside its weights."""
    return machine.policy.comfy, machine.policy.torch, kernels(machine)


def start(machine: Machine, add: Sequence[str] = (), drop: Sequence[str] = (), **said: Any) -> Change:
    """The change of starting ComfyUI so; `said` goes to the change."""
    gone = [one for one in drop if machine.policy.has(one)]
    rival = [one for one in sorted(rivals(add[0]) - {add[0]}) if machine.policy.has(one)] if add else []
    words = [f"with {' '.join(add)}"] if add else []
    words += [f"without {', '.join((*gone, *rival))}"] if gone or rival else []
    title = f"Start ComfyUI {' and '.join(words)}"
    choice = (add[0] if add else "+".join(gone)).replace("--", "")
    return Change(title=title, **{"choice": choice} | said, machine=restarted(machine, add, drop))
