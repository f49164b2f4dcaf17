"""From the command line's options to a machine and a finder of model files."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from .errors import InputError
from .media.inputs import in_input_folders
from .models.library import Files, in_folders
from .runtime import Device, Host, Machine
from .runtime.cards import card, card_here, device_of, device_of_size
from .runtime.machine import Os
from .runtime.policy import newest, policy, version
from .units import GIB
from .workflow import Definitions, from_server

NEWEST_TORCH = "2.9"
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
) -> Machine:
    """The machine that the options describe; what they leave out is this machine's own.

    Raises `InputError` for a card or a system that is not known, or no card at all.
    """
    for option, value in (("--vram", vram), ("--free", free), ("--ram", ram)):
        if not 0 <= value < MOST_GIB:
            raise InputError(f"{value:g} is no amount of memory", where=option, do=f"Give GiB: {option} 12.")
    for option, text in (("--comfy", comfy), ("--torch", torch)):
        if text and not version(text):
            raise InputError(f"`{text}` is no version", where=option, do=f"Give numbers: {option} 0.33.0.")
    host = host_of(ram, system)
    device = device_of_options(gpu, vram, round(free * GIB) if free else None)
    known_torch = torch or NEWEST_TORCH
    return Machine(device, host, policy(comfy or newest(), known_torch, host.os, device.vendor, split(flags)))


def split(flags: str) -> tuple[str, ...]:
    """ComfyUI's flags as its own command line would take them."""
    try:
        return tuple(shlex.split(flags))
    except ValueError as error:
        raise InputError(f"cannot be split ({error})", where="--flags", do="Close the quotation.") from None


def device_of_options(gpu: str, vram: float, free: int | None) -> Device:
    """The card named, the card of a size, or this machine's own."""
    if gpu:
        return device_of(card(gpu), free)
    if vram:
        return device_of_size(round(vram * GIB), free)
    own = own_card()
    if own is None:
        raise InputError(
            "no card was found on this machine",
            where="check",
            do="Name one with --gpu rtx-4090 or --vram 12; `vram-forecast gpus` lists them.",
        )
    return own


def own_card() -> Device | None:
    """The first NVIDIA card of this machine by NVML, with what is free on it now; None without one."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        name, memory = pynvml.nvmlDeviceGetName(handle), pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError:
        return None
    return own_device(name if isinstance(name, str) else name.decode(), int(memory.total), int(memory.free))


def own_device(name: str, total: int, free: int) -> Device:
    """A device by the driver's word, with the rates of its row where its name is known."""
    import msgspec

    row, base = card_here(name, total), device_of_size(total, free)
    if row is None:
        return msgspec.structs.replace(base, name=name)
    known = device_of(row, free)
    return msgspec.structs.replace(
        base,
        name=name,
        compute_capability=known.compute_capability,
        tflops=known.tflops,
        tflops_narrow=known.tflops_narrow,
        pcie_gbs=known.pcie_gbs,
        bandwidth_gbs=known.bandwidth_gbs,
    )


def host_of(ram: float, system: str) -> Host:
    """The computer around the card."""
    systems: tuple[Any, ...] = get_args(Os)
    if system and system not in systems:
        raise InputError(f"no system is called `{system}`", where="--os", do=f"Use {', '.join(systems)}.")
    total, free = own_ram()
    if ram:
        total = free = round(ram * GIB)
    name: Os = system or own_system()  # type: ignore[assignment]
    return Host(name, total, free)


def own_ram() -> tuple[int, int]:
    """Total and available RAM of this machine, bytes."""
    import psutil

    memory = psutil.virtual_memory()
    return int(memory.total), int(memory.available)


def own_system() -> Os:
    """This machine's system, as ComfyUI tells them apart."""
    if os.name == "nt":
        return "windows"
    if platform.system() == "Darwin":
        return "macos"
    return "wsl" if "microsoft" in platform.release().lower() else "linux"


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
    found = in_folders(tuple(models))
    others = extra_folders(extra) if extra else {}
    beside = inputs or [root.resolve().parent / "input" for root in models]
    taken_in = in_input_folders((*beside, *([workflow.parent] if workflow else [])))

    def find(folder: str, name: str) -> Path | None:
        if folder == "input":
            return taken_in(name)
        inside = (path / name for path in others.get(folder, ()))
        return found(folder, name) or next((path for path in inside if path.is_file()), None)

    return find


def default_roots() -> list[Path]:
    """The models folder of the ComfyUI that the pack lies in, `COMFYUI_PATH`'s, and the current one's."""
    here = Path(__file__).resolve().parent.parent
    roots = [here.parent.parent / "models"] if here.parent.name == "custom_nodes" else []
    if os.environ.get("COMFYUI_PATH"):
        roots.append(Path(os.environ["COMFYUI_PATH"]) / "models")
    return [*roots, Path("models")]


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
