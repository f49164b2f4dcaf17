"""What this process tells of its card, its computer and its ComfyUI, as plain values."""

import platform
import sys

from .protocol import Seen

# What a device type of torch says about its maker ("cuda" is AMD's too, in a HIP build).
VENDORS = {"cuda": "nvidia", "mps": "apple", "xpu": "intel", "cpu": "cpu"}


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
