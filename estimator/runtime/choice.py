"""Which of several cards ComfyUI would use: the first that its torch sees, in the order torch has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from .. import facts
from ..errors import InputError
from .cards import card_here
from .machine import Device, Host, Policy
from .probe.readings import Card

Variable = Callable[[str], str]


class Choice(msgspec.Struct, frozen=True):
    """The card that was taken, and why; `sure` is false where the order of the cards had to be guessed."""

    card: Card
    why: str
    sure: bool = True


class Described(msgspec.Struct, frozen=True):
    """A machine as it was found; without a card, `missing` says so and what to do about it."""

    host: Host
    cards: tuple[Card, ...]
    choice: Choice | None = None
    device: Device | None = None
    policy: Policy | None = None
    missing: str = ""


def choose(
    cards: Sequence[Card], flags: Sequence[str], variable: Variable, wanted: int | None = None
) -> Choice | None:
    """The card that a ComfyUI with these flags uses; None where there is none that it could use.

    `wanted`: the place in `cards` that the user asks for, which wins. `variable` reads the environment.
    Raises `InputError` for a place that there is not, and where the flags or the environment hide all cards.
    """
    if wanted is not None:
        if not 0 <= wanted < len(cards):
            many = f"there are {len(cards)}" if len(cards) != 1 else "there is 1"
            do = "`vram-forecast device` lists them, counted from 0."
            raise InputError(f"no card {wanted}: {many}", where="--device", do=do)
        return Choice(cards[wanted], f"--device {wanted}")
    ours = of_first_maker([one for one in cards if usable(one)])
    if not ours:
        return None
    ordered, sure = in_torchs_order(ours, variable)
    seen, because = visible(ordered, flags, variable)
    if not seen:
        raise InputError("hides every card from ComfyUI", where=because, do="Name one that is there.")
    return Choice(seen[0], reason(ours, because, sure), sure)


def usable(one: Card) -> bool:
    """Whether ComfyUI would compute on a card: on graphics inside a processor only if a row names them."""
    return not one.integrated or card_here(one.name, 0) is not None


def of_first_maker(cards: Sequence[Card]) -> list[Card]:
    """The cards of one maker: a torch is built for one."""
    makers: list[str] = facts.table("probe")["choice"]["vendors"]
    present = [maker for maker in makers if any(one.vendor == maker for one in cards)]
    return [one for one in cards if present and one.vendor == present[0]]


def in_torchs_order(cards: list[Card], variable: Variable) -> tuple[list[Card], bool]:
    """Cards as torch counts them, and whether that is sure.

    CUDA counts the fastest first, by a measure of its own, unless it is told to go by the bus, as NVML does.
    """
    order = facts.table("probe")["choice"]["order"]
    if len({one.name for one in cards}) == 1:
        return cards, True
    if cards[0].vendor != "nvidia":
        return cards, False
    if variable(order["name"]) == order["by_bus"]:
        return cards, True
    return sorted(cards, key=speed, reverse=True), False


def speed(one: Card) -> tuple[float, float, int]:
    """How fast a card is taken to be: by its row's highest rate, else by its generation and its size."""
    row = card_here(one.name, one.total) or {}
    return row.get("fp16_tensor_tflops_fp16acc") or 0, one.compute_capability or 0, one.total


def visible(ordered: list[Card], flags: Sequence[str], variable: Variable) -> tuple[list[Card], str]:
    """The cards that are left to ComfyUI, in its order, and what says so; all where nothing does."""
    rule = facts.table("probe")["choice"]
    maker = ordered[0].vendor
    only, first, selector = (given(flags, rule[name]) for name in ("only", "first", "selector"))
    if maker == "intel":
        number = selector.rpartition(":")[2]
        chosen = named(ordered, [number]) if number.isdecimal() else ordered
        return chosen, f"{rule['selector']} {selector}" if selector else ""
    if only and maker in rule["visible"]:
        return named(ordered, only.split(",")), f"{rule['only']} {only}"
    if first and maker in rule["visible"]:
        return named(ordered, [first]) or ordered, f"{rule['first']} {first}"
    name = rule["visible"].get(maker, "")
    shown = variable(name) if name else ""
    return (named(ordered, shown.split(",")), f"{name}={shown}") if shown else (ordered, "")


def named(ordered: list[Card], names: Sequence[str]) -> list[Card]:
    """Cards by number or by the start of their uuid, as CUDA reads such a list: up to the first bad one."""
    found: list[Card] = []
    for name in (one.strip() for one in names):
        if name.isdecimal():
            match = ordered[int(name) :][:1] if len(name) < 4 else []
        else:
            match = [one for one in ordered if name and one.uuid.startswith(name)][:1]
        if not match:
            break
        found += match
    return found


def given(flags: Sequence[str], name: str) -> str:
    """What a flag is set to, in either of the ways that ComfyUI's command line takes; empty without it."""
    for place, flag in enumerate(flags):
        if flag == name:
            return flags[place + 1] if place + 1 < len(flags) else ""
        if flag.startswith(f"{name}="):
            return flag.partition("=")[2]
    return ""


def reason(cards: Sequence[Card], because: str, sure: bool) -> str:
    """Why a card was taken: what says so, else its place, and whether that place is a guess."""
    if len(cards) == 1:
        return because or "the only one that ComfyUI would use"
    why = because or f"the first of {len(cards)}"
    if sure:
        return why
    order = (
        "CUDA counts the fastest first" if cards[0].vendor == "nvidia" else "they are counted by their slots"
    )
    return f"{why}, if {order}; --device names another"
