"""The only file that touches ComfyUI's internals and torch: what this process knows, as plain values.

Whatever a version of ComfyUI or a device does not tell is None or absent here, never guessed.
"""

import json
import logging
import platform
import sys
from pathlib import Path
from typing import Any, NamedTuple

logger = logging.getLogger("vram_forecast")

# What a device type of torch says about its maker ("cuda" is AMD's too, in a HIP build).
VENDORS = {"cuda": "nvidia", "mps": "apple", "xpu": "intel", "cpu": "cpu"}
# Packs that load GGUF files keep folder lists of their own for them, beside ComfyUI's.
GGUF_FOLDERS = {"diffusion_models": "unet_gguf", "text_encoders": "clip_gguf"}


class Seen(NamedTuple):
    """This machine and this ComfyUI; sizes in bytes."""

    device: str
    vendor: str
    vram_total: int
    vram_free: int
    compute_capability: float | None
    os: str
    ram_total: int
    ram_free: int
    comfy: str
    torch: str
    flags: tuple[str, ...]
    dynamic_vram: bool


def look() -> Seen:
    """What is true now. With `--cpu` the device is the CPU, and its memory is RAM, as ComfyUI has it."""
    import comfy.model_management as management
    import comfyui_version
    import torch

    device, cpu = management.get_torch_device(), torch.device("cpu")
    kind = getattr(device, "type", "")
    return Seen(
        device=device_name(device),
        vendor="amd" if kind == "cuda" and torch.version.hip else VENDORS.get(kind, "unknown"),
        vram_total=management.get_total_memory(device),
        vram_free=free_for_models(device),
        compute_capability=compute_capability(device),
        os=system(),
        ram_total=management.get_total_memory(cpu),
        ram_free=management.get_free_memory(cpu),
        comfy=comfyui_version.__version__,
        torch=str(torch.__version__),
        flags=tuple(sys.argv[1:]),
        dynamic_vram=dynamic_vram(),
    )


def free_for_models(device) -> int:
    """The device's free memory, counting what ComfyUI has loaded there and would evict for another prompt."""
    import comfy.model_management as management

    free = management.get_free_memory(device)
    if getattr(device, "type", "") == "cpu":
        return free
    held = [loaded for loaded in management.current_loaded_models if loaded.model is not None]
    return free + sum(loaded.model_loaded_memory() for loaded in held if loaded.device == device)


def device_name(device) -> str:
    """The card's name as its driver gives it, without an index or an allocator; `CPU` for the CPU."""
    import torch

    kind = getattr(device, "type", "")
    if kind in ("cuda", "xpu"):
        return getattr(torch, kind).get_device_name(device)
    return "CPU" if kind == "cpu" else str(device)


def compute_capability(device) -> float | None:
    """`8.6` and the like for an NVIDIA card, else None."""
    import torch

    if getattr(device, "type", "") != "cuda" or torch.version.hip:
        return None
    major, minor = torch.cuda.get_device_capability(device)
    return float(f"{major}.{minor}")


def dynamic_vram() -> bool:
    """Whether this ComfyUI manages VRAM dynamically; versions that cannot have no such module."""
    try:
        from comfy import memory_management
    except ImportError:
        return False
    return bool(getattr(memory_management, "aimdo_enabled", False))


def system() -> str:
    """`linux`, `wsl`, `windows` or `macos`."""
    name = {"Darwin": "macos", "Windows": "windows"}.get(platform.system(), "linux")
    return "wsl" if name == "linux" and "microsoft" in platform.release().lower() else name


def resolve(folder: str, name: str) -> Path | None:
    """The file that a loader's widget names, by ComfyUI's folder name; None where there is none."""
    import folder_paths

    if folder == "input":
        return resolve_input(name)
    for known in (folder, GGUF_FOLDERS.get(folder)):
        try:
            path = folder_paths.get_full_path(known, name) if known else None
        except ValueError:  # another drive, on Windows: no name of a file in a model folder
            return None
        if path:
            return Path(path)
    return None


def resolve_input(name: str) -> Path | None:
    """The picture, video or sound that a node names, by ComfyUI's input folder or the one that it adds."""
    import folder_paths

    plain, base = folder_paths.annotated_filepath(name)
    root = Path(base or folder_paths.get_input_directory()).resolve()
    try:
        path = (root / plain).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, ValueError):  # names that no file can have
        return None


def describe(class_type: str) -> dict[str, Any] | None:
    """A node type as ComfyUI's `GET /object_info` describes it; None for one that is not installed."""
    import nodes

    known = getattr(nodes, "NODE_CLASS_MAPPINGS", {}).get(class_type)
    if known is None:
        return None
    try:
        if hasattr(known, "GET_NODE_INFO_V1"):
            return json.loads(json.dumps(known.GET_NODE_INFO_V1()))
        told = {"input": known.INPUT_TYPES(), "output": known.RETURN_TYPES}
        return json.loads(json.dumps(told | {"output_node": getattr(known, "OUTPUT_NODE", False) is True}))
    except Exception:  # another pack's code
        logger.debug("VRAM Forecast: %s does not describe itself", class_type, exc_info=True)
        return None
