"""What is said of cards: a forecast for another one in this computer, two compared, what one unlocks."""

from typing import Any

from .. import host
from .files import ModelFiles, definitions
from .forecast import Workflow, spoken
from .machine import machine
from .refusal import NoForecast

# The flag with which ComfyUI has no card; who asks for a card means a ComfyUI without it.
NO_CARD = "--cpu"
SCHEMA = 1


def on_card(workflow: Workflow, card: str, suggestions: int | None = 0):
    """The forecast of a workflow if this computer had a card, an `estimator.Checked`. Raises `NoForecast`."""
    with spoken():
        from ... import estimator

        return estimator.check(
            workflow, with_card(card), ModelFiles(), definitions=definitions(), suggestions=suggestions
        )


def with_card(card: str):
    """This computer and this ComfyUI with another card. Raises `InputError` for one that is not known.

    Apple's are in Macs alone, and no other maker's are: such a computer is another one, but for its memory.
    """
    import msgspec

    from ...estimator.runtime.cards import card as row_of
    from ...estimator.runtime.cards import device_of
    from ...estimator.runtime.policy import policy

    here = machine(host.host().look())
    device, system = device_of(row_of(card), ram=here.host.ram_total), here.host.os
    if (device.vendor == "apple") != (system == "macos"):
        system = "macos" if device.vendor == "apple" else "linux"
    flags = tuple(flag for flag in here.policy.flags if flag != NO_CARD)
    how = policy(here.policy.comfy, here.policy.torch, system, device.vendor, flags)
    computer = msgspec.structs.replace(here.host, os=system)
    return msgspec.structs.replace(here, device=device, host=computer, policy=how, corrections=())


def row(card: str) -> dict[str, Any]:
    """The row of `data/gpus.json` of a card; without a name, of this machine's. Raises `NoForecast`."""
    from ...estimator.runtime.cards import card as row_of
    from ...estimator.runtime.cards import card_here

    if card:
        return row_of(card)
    seen = host.host().look()
    found = card_here(seen.device, seen.vram_total)
    if found is None:
        raise NoForecast(f"{seen.device} is no card that is known. Choose a card.", 400)
    return found


def listed() -> str:
    """The cards that were sold as JSON, by maker and name; `total` in bytes, null where that is the RAM."""
    with spoken():
        import msgspec

        from ...estimator.runtime.cards import cards, size_of, works_in_ram

        found = [
            {
                "id": row["id"],
                "name": row["name"],
                "vendor": row["vendor"],
                "segment": row["segment"],
                "total": None if works_in_ram(row) else size_of(row, 0),
            }
            for row in cards()
            if row["status"] == "released"
        ]
        found.sort(key=lambda one: (one["vendor"] != "nvidia", one["vendor"], one["name"]))
        return msgspec.json.encode({"schema": SCHEMA, "cards": found}).decode()


def compared(first: str, second: str):
    """Two cards side by side, an `estimator.charts.cards_beside.Beside`; without a name, this machine's."""
    with spoken():
        from ...estimator.charts.cards import rated
        from ...estimator.charts.cards_beside import Beside
        from ...estimator.options import usual_machine

        return Beside(*(rated(one, usual_machine(one)) for one in (row(first), row(second))))


def unlocks(card: str):
    """What a card unlocks in this computer: families of models, and the machine; without a name, this one."""
    with spoken():
        from ...estimator.charts.unlocked import unlocked

        if card:
            there = with_card(card)
        else:
            there = machine(host.host().look())
            if there.backend == "cpu":
                raise NoForecast("ComfyUI runs on the processor here. Choose a card.", 400)
        return unlocked(there), there
