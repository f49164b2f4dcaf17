"""What this process tells of its card, its computer and its ComfyUI, as plain values."""

import platform
import sys
from functools import lru_cache
from pathlib import Path

from . import holders
from .protocol import Seen
from .serving import busy

# What a device type of torch says about its maker ("cuda" is AMD's too, in a HIP build).
VENDORS = {"cuda": "nvidia", "mps": "apple", "xpu": "intel", "cpu": "cpu"}


def look() -> Seen:
    """What is true now. With `--cpu` the device is the CPU, and its memory is RAM, as ComfyUI has it."""
    import comfy.model_management as management
    import comfyui_version
    import torch

    device, cpu = management.get_torch_device(), torch.device("cpu")
    kind = getattr(device, "type", "")
    vendor = "amd" if kind == "cuda" and torch.version.hip else VENDORS.get(kind, "unknown")
    return Seen(
        device=device_name(device),
        vendor=vendor,
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
        swap=probe().swap(),
        disk=disk_of(models_folder()),
        holders=holders.holders(device, vendor),
    )


def probe():
    """Who tells of the computer what ComfyUI does not ask."""
    from ...estimator.runtime.probe import Here

    return Here()


@lru_cache(maxsize=4)
def disk_of(folder: Path | None) -> str:
    """What kind of disk a folder lies on; empty where it is not known."""
    return probe().disk(folder)


def models_folder() -> Path | None:
    """The first folder of diffusion models that there is."""
    import folder_paths

    kinds = ("diffusion_models", "checkpoints")
    paths = (Path(path) for kind in kinds for path in folder_paths.get_folder_paths(kind))
    return next((path for path in paths if path.is_dir()), None)


def free_for_models(device) -> int:
    """The device's free memory, counting what ComfyUI holds there and gives up for another prompt.

    That is the models that it has loaded and, while a prompt runs, all that torch has given it for that.
    """
    import comfy.model_management as management

    free = management.get_free_memory(device)
    if getattr(device, "type", "") == "cpu":
        return free
    models = [(one, one.model) for one in list(management.current_loaded_models) if one.device == device]
    # Under dynamic VRAM weights lie outside torch's allocator (comfy/model_patcher.py:1809 of 0.33.0).
    outside = sum(on_device(one) for one, model in models if is_dynamic(model))
    inside = sum(on_device(one) for one, model in models if not is_dynamic(model))
    return free + outside + max(inside, active(device) if busy() else 0)


def is_dynamic(model) -> bool:
    """Whether a model's weights are held by dynamic VRAM; versions that cannot do not know the word."""
    return hasattr(model, "is_dynamic") and bool(model.is_dynamic())


def on_device(loaded) -> int:
    """Bytes of a loaded model on its device; 0 for one that another thread has unloaded meanwhile."""
    try:
        return loaded.model_loaded_memory()
    except AttributeError:
        return 0


def active(device) -> int:
    """Bytes of the tensors that torch's allocator holds for this process; 0 where it does not tell."""
    import torch

    told = getattr(getattr(torch, device.type, None), "memory_stats", None)
    return told(device).get("active_bytes.all.current", 0) if told else 0


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
