"""From the command line's options to a machine and a finder of model files."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from . import facts
from .errors import InputError
from .media.inputs import in_input_folders
from .models.library import Files, Folders
from .runtime import Device, Host, Machine, Policy
from .runtime.cards import card, device_of, device_of_size, device_seen
from .runtime.choice import Described, choose
from .runtime.machine import Disk, Os
from .runtime.policy import newest, policy, version
from .runtime.probe import Card, Probe, probe
from .units import GIB
from .workflow import Definitions, from_server

NEWEST_TORCH = "2.9"
ASK_FOR_ONE = "Name one with --gpu rtx-4090 or --vram 12; `vram-forecast gpus` lists them."
MOST_GIB = 1 << 20


def machine(
    *,
    gpu: str = "",
    vram: float = 0,
    free: float = 0,
    ram: float = 0,
    system: str = "",
    comfy: str = "",
    torch: str = "",
    flags: str = "",
    number: int | None = None,
    swap: float | None = None,
    disk: str = "",
    models: Sequence[Path] = (),
    asked: Probe | None = None,
) -> Machine:
    """The machine that the options describe; what they leave out is this machine's own.

    `number`: which of its cards. `models`: where models lie, whose disk counts. `asked` answers for the
    machine in place of its drivers. Raises `InputError` for a card or a system that is not known, or no
    card at all.
    """
    amounts(vram=vram, free=free, ram=ram, swap=swap or 0)
    given, asked = split(flags), asked or probe()
    row = card(gpu) if gpu else None
    its_system = "macos" if row and row["vendor"] == "apple" else ""
    host = host_of(asked, ram, swap, system or its_system, disk, models)
    held = round(free * GIB) if free else None
    if number is not None and (row or vram):
        raise InputError(
            "names one of this machine's cards", where="--device", do="Leave out --gpu and --vram."
        )
    if row:
        device = device_of(row, held, round(ram * GIB))
    elif vram:
        device = device_of_size(round(vram * GIB), held)
    else:
        device = own_device(asked, given, number, held, host)
    return Machine(device, host, policy_of(comfy, torch, host, device, given))


def usual_machine(row: dict[str, Any]) -> Machine | None:
    """The computer that charts put a card's row in (`data/charts/references.toml`).

    A chip that works in RAM has its own, where it comes with one size. None for a card that is not released.
    """
    if row["status"] != "released":
        return None
    around = facts.table("charts/references")["machine"]
    system = "macos" if row["vendor"] == "apple" else around["os"]
    ram = row.get("vram_gb") or around["ram_gib"] if row["segment"] == "unified" else around["ram_gib"]
    return machine(gpu=row["id"], ram=ram, system=system, disk=around["disk"])


def amounts(**values: float) -> None:
    """Refuse what is no amount of memory."""
    for name, value in values.items():
        if not 0 <= value < MOST_GIB:
            where = f"--{name}"
            raise InputError(f"{value:g} is no amount of memory", where=where, do=f"Give GiB: {where} 12.")


def policy_of(comfy: str, torch: str, host: Host, device: Device, flags: tuple[str, ...]) -> Policy:
    """The policy of a ComfyUI of these versions and flags. Raises `InputError` for what is no version."""
    for option, text in (("--comfy", comfy), ("--torch", torch)):
        if text and not version(text):
            raise InputError(f"`{text}` is no version", where=option, do=f"Give numbers: {option} 0.33.0.")
    return policy(comfy or newest(), torch or NEWEST_TORCH, host.os, device.vendor, flags)


def split(flags: str) -> tuple[str, ...]:
    """ComfyUI's flags as its own command line would take them."""
    try:
        return tuple(shlex.split(flags))
    except ValueError as error:
        raise InputError(f"cannot be split ({error})", where="--flags", do="Close the quotation.") from None


def own_device(
    asked: Probe, flags: tuple[str, ...], number: int | None, free: int | None, host: Host
) -> Device:
    """This machine's own card, that ComfyUI would use. Raises `InputError` where there is none."""
    cards = asked.cards()
    found = choose(cards, flags, asked.variable, number)
    if found is None:
        raise InputError(no_card(cards), where="check", do=ASK_FOR_ONE)
    seen = found.card if free is None else msgspec.structs.replace(found.card, free=free)
    return device_seen(seen, (host.ram_total, host.ram_free))


def no_card(cards: Sequence[Card]) -> str:
    """Why there is no card to forecast for."""
    names = ", ".join(one.name for one in cards)
    others = f" ({names} is in the processor: ComfyUI would compute on the CPU)" if names else ""
    return f"no card was found on this machine{others}"


def host_of(
    asked: Probe, ram: float, swap: float | None, system: str, disk: str, models: Sequence[Path]
) -> Host:
    """The computer around the card. With `ram` given it is another, with a disk and a swap not known."""
    systems, disks = (tuple(get_args(kind)) for kind in (Os, Disk))
    for option, value, known in (("--os", system, systems), ("--disk", disk, disks)):
        if value and value not in known:
            do = f"Use {', '.join(filter(None, known))}."
            raise InputError(f"`{value}` is not known", where=option, do=do)
    total, free = (round(ram * GIB),) * 2 if ram else asked.ram()
    moved = round(swap * GIB) if swap is not None else None if ram else asked.swap()
    own = "" if ram else disk_of(asked, models)
    return Host(system or asked.system(), total, free, moved, disk or own)  # type: ignore[arg-type]


def disk_of(asked: Probe, models: Sequence[Path]) -> Disk:
    """The disk of the first models folder that there is; empty where it is not known."""
    return asked.disk(next((path for path in models if path.is_dir()), None))


def finder(
    roots: list[Path], extra: Path | None, inputs: Sequence[Path] = (), workflow: Path | None = None
) -> Files:
    """A finder over the folders given, those of an `extra_model_paths.yaml`, or ComfyUI's own nearby.

    What a workflow takes in is looked for in `inputs`, or else beside the models, and where it lies itself.
    """
    for folders, option in (
        (roots, "models folder to --models-dir"),
        (inputs, "input folder to --input-dir"),
    ):
        for root in folders:
            if not root.is_dir():
                raise InputError("no such folder", where=str(root), do=f"Give ComfyUI's {option}.")
    models = roots or default_roots()
    beside = inputs or [root.resolve().parent / "input" for root in models]
    taken_in = in_input_folders((*beside, *([workflow.parent] if workflow else [])))

    return Finder(models, extra_folders(extra) if extra else {}, taken_in)


class Finder(Folders):
    """Folders of models, and what a workflow takes in."""

    def __init__(
        self,
        roots: Iterable[Path],
        others: Mapping[str, Sequence[Path]],
        taken_in: Callable[[str], Path | None],
    ) -> None:
        """`taken_in` finds an input by its name."""
        super().__init__(roots, others)
        self.taken_in = taken_in

    def __call__(self, folder: str, name: str) -> Path | None:
        """The file of a name, or None."""
        return self.taken_in(name) if folder == "input" else super().__call__(folder, name)


def default_roots() -> list[Path]:
    """The models folder of the ComfyUI that the pack lies in, `COMFYUI_PATH`'s, and the current one's."""
    return [place / "models" for place in comfyui_places()]


def comfyui_places() -> list[Path]:
    """Where ComfyUI may lie: around the pack, where `COMFYUI_PATH` says, and the current folder."""
    here = Path(__file__).resolve().parent.parent
    named = os.environ.get("COMFYUI_PATH")
    around = [here.parent.parent] if here.parent.name == "custom_nodes" else []
    return [*around, *([Path(named)] if named else []), Path()]


def history_files(user: Path | None = None) -> list[Path]:
    """Where the past runs may lie: in ComfyUI's user folder, or those of the ComfyUIs nearby."""
    users = [user] if user else [place / "user" for place in comfyui_places()]
    return [one / "__vram_forecast" / "history.sqlite" for one in users]


def extra_folders(path: Path) -> dict[str, list[Path]]:
    """Folders by kind from an `extra_model_paths.yaml`: sections with a base path and a folder per kind."""
    import yaml

    try:
        sections = yaml.safe_load(path.read_text(encoding="utf-8"))
        found: dict[str, list[Path]] = {}
        for section in sections.values():
            base = Path(os.path.expandvars(section.get("base_path", "."))).expanduser()
            for kind, lines in section.items():
                if kind not in ("base_path", "is_default"):
                    found.setdefault(kind, []).extend(
                        path.parent / base / one for one in lines.split("\n") if one
                    )
        return found
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"cannot be used ({reason})", where=str(path), do="Check the file.") from None


def comfyui_path() -> str:
    """The ComfyUI checkout that COMFYUI_PATH names. Raises `InputError` where it names none."""
    named = os.environ.get("COMFYUI_PATH", "")
    if not Path(named or "?", "comfyui_version.py").is_file():
        where = named or "COMFYUI_PATH"
        raise InputError("no ComfyUI here", where=where, do="Set COMFYUI_PATH to a ComfyUI checkout.")
    return named


def latent(shape: str, text: int = 0) -> tuple[int, ...]:
    """`1x16x128x128` or `1x16x21x60x104` as (batch, channels, frames, height, width, text tokens).

    Of a sequence, `1x64x1024`, the length is the width. Empty for no shape. Raises `InputError` for others.
    """
    if not shape:
        return ()
    sides = [int(side) for side in shape.split("x") if side.isdecimal()]
    if len(sides) not in (3, 4, 5) or shape.count("x") != len(sides) - 1 or not all(sides):
        raise InputError(f"`{shape}` is no latent", where="--shape", do="Write it as 1x16x128x128.")
    batch, channels, *space = sides
    frames, height, width = [1] * (3 - len(space)) + space
    return (batch, channels, frames, height, width, text)


def definitions(object_info: Path | None) -> Definitions | None:
    """The node definitions in a file, as a server answers `GET /object_info`; None without a file."""
    if object_info is None:
        return None
    where = f"--object-info {object_info}"
    try:
        decoded = msgspec.json.decode(object_info.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise InputError(error.strerror or "not readable", where=where) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        do = "Save what GET /object_info answers."
        raise InputError("not a server's node definitions", where=where, do=do) from None
    return from_server(decoded.get)


def described(
    flags: str, number: int | None, comfy: str, torch: str, models: Sequence[Path], asked: Probe | None = None
) -> Described:
    """This machine as `device` tells of it, with a card or without. Raises `InputError` as `machine` does."""
    given, asked = split(flags), asked or probe()
    host, cards = host_of(asked, 0, None, "", "", models), asked.cards()
    found = choose(cards, given, asked.variable, number)
    if found is None:
        return Described(host, cards, missing=f"{no_card(cards)}. {ASK_FOR_ONE}")
    device = device_seen(found.card, (host.ram_total, host.ram_free))
    return Described(host, cards, found, device, policy_of(comfy, torch, host, device, given))
