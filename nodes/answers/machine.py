"""The machine that this ComfyUI runs on, as the estimator has machines, and what was learned on it."""

from ..host import Seen


def machine(seen: Seen):
    """The estimator's machine: the host's own numbers, and its card's known speed; no corrections.

    What is held is measured, and this process's CUDA context is in it.
    """
    import msgspec

    from ...estimator import Host, Machine, Policy
    from ...estimator.runtime.cards import device_seen
    from ...estimator.runtime.probe import Card
    from ...estimator.units import Estimate

    held = seen.vram_total - seen.vram_free
    device = msgspec.structs.replace(
        device_seen(
            Card(seen.device, seen.vendor, seen.vram_total, seen.vram_free, unified=seen.vendor == "apple"),
            (seen.ram_total, seen.ram_free),
        ),
        free=seen.vram_free,
        taken=Estimate(held, held, held, "measured"),
        compute_capability=seen.compute_capability,
    )
    return Machine(
        device,
        Host(seen.os, seen.ram_total, seen.ram_free),
        Policy(seen.comfy, seen.dynamic_vram, seen.flags, seen.torch),
    )


def setup(machine):
    """What numbers measured on a machine hold for: by this the history keeps them, and learns from them."""
    from ...estimator.history.rows import Setup
    from ...estimator.runtime.attention import kernels

    device, policy = machine.device, machine.policy
    return Setup(device.name, device.total, policy.comfy, policy.torch, kernels(machine), policy.dynamic_vram)
