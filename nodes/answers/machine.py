"""The machine that this ComfyUI runs on, as the estimator has machines, and another one in its place."""

from collections.abc import Sequence
from typing import Any

from ..host import Seen
from .question import HERE, Other

THIS = "the one that this ComfyUI uses"


def machine(seen: Seen, corrections: Sequence[Any] = ()):
    """The estimator's machine: the host's own numbers, its card's known speed, and what was learned on it.

    What is held is measured, and this process's CUDA context is in it.
    """
    import msgspec

    from ...estimator import Host, Machine, Policy
    from ...estimator.runtime.cards import device_seen
    from ...estimator.runtime.machine import Holder
    from ...estimator.units import Estimate

    held = seen.vram_total - seen.vram_free
    device = msgspec.structs.replace(
        device_seen(card(seen), (seen.ram_total, seen.ram_free)),
        free=seen.vram_free,
        taken=Estimate(held, held, held, "measured"),
        compute_capability=seen.compute_capability,
        holders=None if seen.holders is None else tuple(Holder(*one) for one in seen.holders),
    )
    return Machine(
        device,
        Host(seen.os, seen.ram_total, seen.ram_free, seen.swap, seen.disk),
        Policy(seen.comfy, seen.dynamic_vram, seen.flags, seen.torch),
        tuple(corrections),
    )


def card(seen: Seen):
    """The card that the host sees, in the form of a driver's."""
    from ...estimator.runtime.probe import Card

    return Card(
        seen.device,
        seen.vendor,
        seen.vram_total,
        seen.vram_free,
        compute_capability=seen.compute_capability,
        unified=seen.vendor == "apple",
        told_by="ComfyUI",
    )


def other(seen: Seen, on: Other):
    """The machine that is asked about in place of this one: what is not named is as here.

    Nothing that was learned here holds for it. Raises `InputError` for a card that is not known, and for what
    is no amount of memory.
    """
    from ...estimator.errors import InputError
    from ...estimator.options import amounts

    amounts(vram=on.vram, free=on.free, ram=on.ram)
    if on.gpu and on.vram:
        raise InputError("names a card's size too", where="vram", do="Give gpu or vram.")
    return machine(with_memory(seen, on)) if not (on.gpu or on.vram) else with_card(seen, on)


def with_memory(seen: Seen, on: Other) -> Seen:
    """This machine with other amounts of memory. Of a device that works in RAM, they are the device's too."""
    from ...estimator.units import GIB

    ram, free = round(on.ram * GIB), round(on.free * GIB)
    if ram:
        seen = seen._replace(ram_total=ram, ram_free=ram)
        if seen.vendor in ("cpu", "apple"):
            seen = seen._replace(vram_total=ram, vram_free=ram)
    return seen._replace(vram_free=min(free, seen.vram_total), holders=None) if free else seen


def with_card(seen: Seen, on: Other):
    """This machine with another card, which ComfyUI then uses, whatever it uses now."""
    import shlex

    from msgspec.structs import replace

    from ...estimator import options
    from ...estimator.runtime.probe.recorded import Recorded, Recording

    told = Recording(1, "ComfyUI", (), seen.os, seen.ram_total, seen.ram_free, (), seen.swap or 0, seen.disk)
    found = options.machine(
        gpu=on.gpu,
        vram=on.vram,
        free=on.free,
        ram=on.ram,
        comfy=seen.comfy,
        torch=seen.torch,
        flags=shlex.join(flag for flag in seen.flags if flag != "--cpu"),
        asked=Recorded(told),
    )
    return found if on.ram else replace(found, host=replace(found.host, swap=seen.swap))


def asked_about(seen: Seen, on: Other, corrections: Sequence[Any] = ()):
    """The machine of a question: this one with what was learned on it, or another."""
    return machine(seen, corrections) if on == HERE else other(seen, on)


def described(seen: Seen):
    """This machine as the command `device` tells of one."""
    from ...estimator.runtime.choice import Choice, Described

    here, one = machine(seen), card(seen)
    return Described(here.host, (one,), Choice(one, THIS), here.device, here.policy)


def setup(machine):
    """What numbers measured on a machine hold for: by this the history keeps them, and learns from them."""
    from ...estimator.history.rows import Setup
    from ...estimator.runtime.attention import kernels

    device, policy = machine.device, machine.policy
    return Setup(device.name, device.total, policy.comfy, policy.torch, kernels(machine), policy.dynamic_vram)
