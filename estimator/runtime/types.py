"""In which element type ComfyUI keeps a component's weights, in which it computes, and on which device.

`unet_dtype`, `unet_manual_cast`, `vae_dtype` and `text_encoder_device` follow the functions of these names in
comfy/model_management.py (0.33.0: lines 1106-1273); who asks them is in comfy/sd.py and comfy/controlnet.py.
"""

from __future__ import annotations

from math import inf

from .. import facts
from ..formats import bits
from ..models import Component
from . import gguf
from .capabilities import (
    gfx,
    maximum_vram_for_weights,
    prioritize_fp16,
    rules,
    should_use_bf16,
    should_use_fp16,
    supports_fp8_compute,
)
from .machine import Machine, Policy
from .policy import constants, has_torch

# What ComfyUI handles as it does text encoders (comfyui-memory.md 5): computed in 32 bits, off slow cards.
ENCODERS = ("text_encoder", "text_projection", "clip_vision", "audio_encoder", "background_removal")
# What is kept in the first type that the card computes in, whatever the file has; flags speak of the former.
VAES = ("vae", "latent_upscale_model")
HELPERS = ("upscale_model", "frame_interpolation_model", "t2i_adapter")
ALL = ("F16", "BF16", "F32")  # what a model may compute in that says nothing of it, in ComfyUI's order


def types(component: Component, machine: Machine, widget: str = "", paired: bool = False) -> tuple[str, str]:
    """The storage and the compute type of a component's weights, with a loader's `weight_dtype`.

    `paired`: its loader loads other text encoders with it.
    """
    if component.role in ENCODERS:
        packed = gguf.is_gguf(component)
        return component.majority if packed else text_encoder_storage(
            component, machine.policy, paired
        ), "F32"
    if component.role in (*VAES, *HELPERS):
        dtype = vae_dtype(component, machine)
        return dtype, dtype
    if component.role == "model_patch":
        return component.majority, unet_manual_cast(machine, component.majority) or component.majority
    storage, compute = diffusion_types(component, machine, widget_type(widget))
    return component.majority if component.quantization else storage, compute


def diffusion_types(component: Component, machine: Machine, forced: str = "") -> tuple[str, str]:
    """Storage and compute type of what is not quantised in a model; `forced` by a widget, or empty."""
    supported = supported_types(component, machine)
    control = component.role == "controlnet"
    parameters = inf if control else component.parameters
    own = "" if component.quantization or gguf_blocks(component) else component.majority
    choose = unet_dtype if control or component.role == "diffusion_model" else preferred_dtype
    storage = forced or choose(machine, parameters, supported, own)
    known = not component.quantization or gguf.is_gguf(component)
    cast = unet_manual_cast(machine, storage if known else "", ALL if control else supported)
    widens = component.comfy_class in facts.table("dtypes")["classes"]["widens_fp16"]
    if widens and storage == "F16" and not cast and should_use_bf16(machine):
        return storage, "BF16"
    return storage, cast or storage


def gguf_blocks(component: Component) -> bool:
    """Whether ComfyUI finds raw bytes for weights: GGUF's blocks, of which BF16 is one."""
    return gguf.is_gguf(component) and gguf.dequantised(component.majority)


def unpacked_types(component: Component, machine: Machine) -> gguf.Unpacked:
    """How a GGUF model is made: the type of what is not packed, and what weights are taken to be cast to."""
    own, cast = "F16" if component.family in gguf.rule()["narrow"] else "F32", "F32"
    if component.role not in ENCODERS:
        own, compute = diffusion_types(component, machine)
        cast = compute if compute != own else ""
    return gguf.Unpacked("" if machine.policy.dynamic_vram else own, cast)


def supported_types(component: Component, machine: Machine) -> tuple[str, ...]:
    """What a component may compute in, in its order of preference."""
    late = component.comfy_class in facts.table("dtypes")["classes"]["needs_extended_fp16"]
    if late and not has_torch(machine.policy, rules()["torch"]["extended_fp16"]):
        return tuple(dtype for dtype in component.dtypes if dtype != "F16")
    return component.dtypes or ALL


def unet_dtype(machine: Machine, parameters: float, supported: tuple[str, ...], own: str = "") -> str:
    """The type that a diffusion model's weights are kept in; `own`: of most weights in its file."""
    forced = flag_type("diffusion_model", machine.policy)
    return forced or preferred_dtype(machine, parameters, supported, own)


def preferred_dtype(machine: Machine, parameters: float, supported: tuple[str, ...], own: str = "") -> str:
    """The type of weights that no flag speaks of.

    Files of 8 bits stay so where the card multiplies in them, or where twice their size would not fit.
    """
    if own.startswith("F8_") and (
        supports_fp8_compute(machine) or parameters * 2 > maximum_vram_for_weights(machine)
    ):
        return own
    prefers = prioritize_fp16(machine) or own == "F16"
    if prefers and "F16" in supported and computes(machine, "F16", parameters):
        return "F16"
    for cast in (False, True):
        for dtype in supported:
            if computes(machine, dtype, parameters, cast):
                return dtype
    return "F32"


def computes(machine: Machine, dtype: str, parameters: float = 0, cast: bool = False) -> bool:
    """Whether ComfyUI would compute in a type of 16 bits here; never said of 32."""
    if dtype == "F16":
        return should_use_fp16(machine, parameters, manual_cast=cast)
    return dtype == "BF16" and should_use_bf16(machine, parameters, manual_cast=cast)


def unet_manual_cast(machine: Machine, storage: str, supported: tuple[str, ...] = ALL) -> str:
    """The type that weights are cast to for each use; empty where they are used as they are."""
    bf16 = should_use_bf16(machine)
    as_it_is = (
        storage in ("F32", "F64")
        or (storage == "F16" and should_use_fp16(machine, performance=False))
        or (storage == "BF16" and bf16)
    )
    if as_it_is:
        return ""
    fp16 = should_use_fp16(machine)
    if prioritize_fp16(machine) and fp16 and "F16" in supported:
        return "F16"
    can = {"F16": fp16, "BF16": bf16}
    return next((dtype for dtype in supported if can.get(dtype)), "F32")


def vae_dtype(component: Component, machine: Machine) -> str:
    """The type of a VAE's (or helper's) weights and of what it computes: the file's own does not matter."""
    if component.role == "vae":
        return first_vae_type(component.dtypes, machine)
    forced = flag_type("vae", machine.policy) if component.role in VAES else ""
    return forced or first_computed(component.dtypes, machine)


def first_vae_type(allowed: tuple[str, ...], machine: Machine) -> str:
    """The type of a VAE that may compute in some types."""
    forced = flag_type("vae", machine.policy)
    on_cpu = machine.policy.has("--cpu-vae")
    return forced or ("F32" if on_cpu else first_computed(allowed, machine))


def first_computed(allowed: tuple[str, ...], machine: Machine) -> str:
    """The first type that the card computes in, as ComfyUI goes through those of a VAE; else 32 bits."""
    return next((one for one in allowed if computes(machine, one) and vae_takes(one, machine)), "F32")


def vae_takes(dtype: str, machine: Machine) -> bool:
    """Whether this version of ComfyUI lets VAEs compute in BF16 on an AMD card."""
    least = constants(machine.policy.comfy)["amd_vae_bf16"]
    if dtype != "BF16" or machine.backend != "rocm" or not least:
        return True
    name = gfx(machine.device)
    return len(name) == len("gfx1100") and int(name[4]) + 2 >= least


def text_encoder_storage(component: Component, policy: Policy, paired: bool = False) -> str:
    """An encoder's storage type: a flag's or that of its kind, or the file's own.

    What is loaded beside another encoder is narrowed to the flag's type, or to 16 bits (`pick_weight_dtype`).
    """
    forced, own = flag_type("text_encoder", policy), component.majority
    if component.storage != "file":
        return forced or component.storage
    most = forced or "F16"
    picks = paired and component.id in facts.table("dtypes")["classes"]["picks_beside_others"]
    return most if picks and bits()[own] > bits()[most] else own


def runs_on_cpu(component: Component, machine: Machine, storage: str, device: str = "") -> bool:
    """Whether ComfyUI keeps this component off the card altogether; `device`: a loader's widget."""
    if machine.backend == "cpu" or device == "cpu":
        return True
    if component.role == "vae":
        return machine.policy.has("--cpu-vae")
    if component.role not in ENCODERS:
        return False
    return not (encoders_on_card(machine) and supports_cast(machine, component, storage))


def encoders_on_card(machine: Machine) -> bool:
    """Whether text encoders run on the card (`text_encoder_device`)."""
    policy = machine.policy
    if policy.has("--gpu-only"):
        return True
    spared = policy.dynamic_vram and constants(policy.comfy)["low_vram_encoders"] == "cpu-if-legacy"
    allowed = machine.vram_state in ("high", "normal") or spared
    return allowed and should_use_fp16(machine, performance=False)


def supports_cast(machine: Machine, component: Component, storage: str) -> bool:
    """Whether the device can cast from the type that an encoder is kept in (`supports_cast`)."""
    if gguf.is_gguf(component) or component.quantization:
        return True
    if machine.backend == "directml":
        return storage in ("F32", "F16")
    return machine.backend != "mps" or bits()[storage] > 8


def widget_type(widget: str) -> str:
    """The element type a `weight_dtype` widget asks for; empty for `default`."""
    rows = facts.table("dtypes")["widget"]
    return next((row["dtype"] for row in rows if row["name"] == widget), "")


def flag_type(role: str, policy: Policy) -> str:
    """The element type that a flag forces on components of a role; empty without one."""
    rows = facts.table("dtypes")["flag"]
    return next((row["dtype"] for row in rows if row["role"] == role and policy.has(row["name"])), "")
