"""What torch and ComfyUI tell of memory, and how ComfyUI is asked to give it back."""

from .protocol import Memory, Resident


def memory() -> Memory | None:
    """The card's memory now; None for a device of which torch keeps no statistics."""
    import comfy.model_management as management
    import psutil
    import torch

    device = management.get_torch_device()
    if getattr(device, "type", "") != "cuda":
        return None
    told = torch.cuda.memory_stats(device)
    free, total = torch.cuda.mem_get_info(device)
    ram = psutil.virtual_memory()
    return Memory(
        allocated=told.get("allocated_bytes.all.current", 0),
        peak=told.get("allocated_bytes.all.peak", 0),
        reserved=told.get("reserved_bytes.all.current", 0),
        retries=told.get("num_alloc_retries", 0),
        used=total - free,
        ram_used=ram.total - ram.available,
    )


def forget_peak() -> None:
    """Begin to measure the peak anew."""
    import comfy.model_management as management
    import torch

    device = management.get_torch_device()
    if getattr(device, "type", "") == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


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
