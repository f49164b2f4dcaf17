"""What torch and ComfyUI tell of memory, and how ComfyUI is asked to give it back.

What torch's peak holds where ComfyUI manages VRAM dynamically (comfy-aimdo), as ComfyUI 0.33.0 has it:

* Weights in a model's VBAR are not torch's: aimdo asks the driver for their pages (`src/model-vbar.c:390`),
  and torch sees tensors over bare addresses (`comfy_aimdo/torch.py:8`, `comfy/ops.py:180`). Neither
  `allocated` nor `peak` nor `reserved` counts them; `used` does.
* Nor are the buffers that weights outside the VBAR stream through, one for each offload stream
  (`comfy/model_management.py:1411`, `comfy/ops.py:160`, `src/vrambuf.c:82`).
* torch's are: such weights where there is no offload stream (`comfy/ops.py:158`), their copies in another
  type (`:277`), what is dequantized or patched at its use (`:308`, `:310`), weights that cannot lie in a VBAR
  (`comfy/model_patcher.py:1981`, `:1990`), and the older cast buffers of modules without one
  (`comfy/model_management.py:1403`).

With dynamic VRAM all cast buffers are given up after each node's call, before it counts as finished
(`execution.py:547`). So with dynamic VRAM a node's peak less what is allocated after it is activations and
workspace, plus the cast, dequantized and patched copies of the layers in flight and any older cast buffers,
plus what else was alive at the peak and freed since. Without dynamic VRAM, that last part can hold whole
models: those on the card when the node began and evicted by it.
"""

import logging
from collections.abc import Callable
from typing import Any

from .protocol import Memory, Resident

logger = logging.getLogger("vram_forecast")
failed: set[str] = set()


def memory() -> Memory | None:
    """The memory of the card and the computer now; None for a figure that is not told, or fails.

    None altogether where not even the computer's is told. Never raises.
    """
    ram_used = told("RAM", read_ram_used)
    if ram_used is None:
        return None
    kind, backend, device = told("device", read_device) or ("", None, None)
    figures = read_mps(backend) if kind == "mps" else read_card(backend, device)
    return Memory(**figures, ram_used=ram_used)


def told(what: str, read: Callable[[], Any]) -> Any:
    """What a reader gives; None where it fails, which is logged the first time."""
    try:
        return read()
    except Exception as error:
        if what not in failed:
            failed.add(what)
            logger.warning("%s cannot be read, and stays unknown: %s", what, type(error).__name__)
        return None


def read_ram_used() -> int:
    """Bytes of the computer's memory that all programs use."""
    import psutil

    ram = psutil.virtual_memory()
    return ram.total - ram.available


def read_device() -> tuple[str, Any, Any]:
    """ComfyUI's device: its type, torch's module for that, and itself; no module for the CPU."""
    import comfy.model_management as management
    import torch

    device = management.get_torch_device()
    kind = getattr(device, "type", "")
    return kind, None if kind == "cpu" else getattr(torch, kind, None), device


def read_card(backend: Any, device: Any) -> dict[str, int | None]:
    """The figures of a card whose module keeps statistics as `torch.cuda` does; HIP's is that very module."""
    stats = {}
    if hasattr(backend, "memory_stats"):
        stats = told("the allocator's statistics", lambda: backend.memory_stats(device)) or {}
    return {
        "allocated": stats.get("allocated_bytes.all.current"),
        "peak": stats.get("allocated_bytes.all.peak"),
        "reserved": stats.get("reserved_bytes.all.current"),
        "retries": stats.get("num_alloc_retries") if counts_retries(backend) else None,
        "used": read_used(backend, device),
    }


def counts_retries(backend: Any) -> bool:
    """Whether the allocator counts retries: `cudaMallocAsync` leaves that at zero, whatever happens.

    By torch's note on `torch.cuda.memory_stats`: only its native allocator has such statistics.
    """
    name = getattr(backend, "get_allocator_backend", None)
    return name is None or told("the allocator's name", name) == "native"


def read_used(backend: Any, device: Any) -> int | None:
    """Bytes of the card that all programs use, as its driver says."""
    if not hasattr(backend, "mem_get_info"):
        return None
    sizes = told("the card's free memory", lambda: backend.mem_get_info(device))
    return sizes and sizes[1] - sizes[0]


def read_mps(backend: Any) -> dict[str, int | None]:
    """The figures of Apple's: of this process alone, with no peak; its driver's sum holds the cache."""

    def ask(name: str) -> int | None:
        return told(name, getattr(backend, name)) if hasattr(backend, name) else None

    allocated, reserved = ask("current_allocated_memory"), ask("driver_allocated_memory")
    return {"allocated": allocated, "peak": None, "reserved": reserved, "retries": None, "used": None}


def forget_peak() -> bool:
    """Begin to measure the peak anew, where one is kept; whether that was done. Never raises."""

    def forget() -> bool:
        backend.reset_peak_memory_stats(device)
        return True

    _, backend, device = told("device", read_device) or ("", None, None)
    return hasattr(backend, "reset_peak_memory_stats") and told("a new peak", forget) is True


def loaded() -> tuple[Resident, ...]:
    """The models that ComfyUI holds; those on the CPU hold nothing of the card."""
    import comfy.model_management as management

    held = [one for one in management.current_loaded_models if one.model is not None]
    return tuple(Resident(type(one.model.model).__name__, one.model_memory(), on_card(one)) for one in held)


def on_card(loaded) -> int:
    """Bytes of a loaded model that are on the card."""
    return 0 if getattr(loaded.device, "type", "") == "cpu" else loaded.model_loaded_memory()


def release() -> None:
    """Have ComfyUI unload its models, and give the card what torch's cache holds."""
    import comfy.model_management as management

    management.unload_all_models()
    management.soft_empty_cache()
