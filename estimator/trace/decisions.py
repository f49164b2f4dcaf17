"""What ComfyUI's own functions decide on a pretended machine: types, devices, reserves; no card is needed.

`comfy/model_management.py` is run anew for each machine, since much is decided while it is imported: torch,
the driver, the system and the command line say what that machine's would. Whether `main.py` turns dynamic
VRAM on is asked of the condition that stands in it.
"""

from __future__ import annotations

import ast
import ctypes
import importlib
import importlib.machinery
import importlib.util
import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock, patch

import msgspec
import psutil
import torch

from .checkout import comfy
from .device import pretended
from .models import DTYPES


class Case(msgspec.Struct, frozen=True):
    """A machine. `gfx`: what an AMD card calls itself; `total` and `ram` in bytes."""

    name: str
    vendor: str
    total: int
    ram: int
    os: str = "linux"
    torch: str = "2.9.1+cu128"
    flags: tuple[str, ...] = ()
    major: int = 0
    minor: int = 0
    gfx: str = ""


class Model(msgspec.Struct, frozen=True):
    """A diffusion model: parameters (-1 for a ControlNet), preferred types, and the file's own or none."""

    parameters: int
    supported: tuple[str, ...]
    own: str


NAMES = {dtype: name for name, dtype in DTYPES.items()} | {
    torch.float64: "F64",
    torch.float8_e8m0fnu: "F8_E8M0",
    None: "",
}


def decide(root: Path, case: Case, models: list[Model], vaes: list[tuple[str, ...]]) -> dict[str, Any]:
    """All that ComfyUI decides on a machine, for diffusion models and for VAEs that may take some types."""
    with machine(case):
        own = management(root, case)
        has_build = case.vendor in ("nvidia", "amd") and case.os != "macos"
        dynamic = has_build and turns_on_dynamic(root, own)
        if dynamic:
            comfy("memory_management").aimdo_enabled = True
        try:
            return {"dynamic": dynamic, **general(own), **chosen(own, models, vaes)}
        finally:
            if dynamic:
                comfy("memory_management").aimdo_enabled = False


def general(own: Any) -> dict[str, Any]:
    """What it decides whichever model there is."""
    device = own.get_torch_device()
    return {
        "state": own.vram_state.name.removesuffix("_VRAM").lower(),
        "fp16": own.should_use_fp16(device),
        "fp16_slow": own.should_use_fp16(prioritize_performance=False),
        "bf16": own.should_use_bf16(device),
        "fp8": own.supports_fp8_compute(device),
        "reserved": int(own.extra_reserved_memory()),
        "minimum": int(own.minimum_inference_memory()),
        "weights": round(own.maximum_vram_for_weights()),
        "fused": own.xformers_enabled() or own.pytorch_attention_flash_attention(),
        "encoder": NAMES[own.text_encoder_dtype(device)],
        "encoders_on_card": own.text_encoder_device() == device and device.type != "cpu",
        "vaes_on_card": own.vae_device() == device and device.type != "cpu",
        "ratio": own.MIN_WEIGHT_MEMORY_RATIO,
        "streams": own.NUM_STREAMS if own.NUM_STREAMS > 1 else 0,  # one is none: 0.3.64 counts it so
    }


def chosen(own: Any, models: list[Model], vaes: list[tuple[str, ...]]) -> dict[str, Any]:
    """The types of each diffusion model (storage and cast), and of each VAE."""
    device = own.get_torch_device()
    types = []
    for model in models:
        supported = [DTYPES[dtype] for dtype in model.supported]
        storage = own.unet_dtype(None, model.parameters, supported, DTYPES.get(model.own))
        cast = own.unet_manual_cast(storage, device, supported)
        packed = own.unet_manual_cast(None, device, supported)
        types.append([NAMES[storage], NAMES[cast], NAMES[packed]])
    allowed = [[DTYPES[dtype] for dtype in one] for one in vaes]
    return {"types": types, "vaes": [NAMES[own.vae_dtype(own.vae_device(), one)] for one in allowed]}


def management(root: Path, case: Case) -> ModuleType:
    """`comfy.model_management`, run anew for a machine and its command line."""
    comfy("options").args_parsing = True
    with patch.object(sys, "argv", ["main.py", *case.flags]):
        importlib.reload(comfy("cli_args"))
    loader = importlib.machinery.SourceFileLoader("asked", str(root / "comfy" / "model_management.py"))
    spec = importlib.util.spec_from_loader("asked", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def turns_on_dynamic(root: Path, own: Any) -> bool:
    """Whether the condition in `main.py` turns dynamic VRAM on; false for a ComfyUI that has none."""
    arguments = comfy("cli_args")
    known = {
        "args": arguments.args,
        "enables_dynamic_vram": getattr(arguments, "enables_dynamic_vram", None),
        "comfy": SimpleNamespace(model_management=own),
    }
    tree = ast.parse((root / "main.py").read_text(encoding="utf-8"))
    defined: list[ast.stmt] = [
        part for part in tree.body if isinstance(part, ast.FunctionDef) and "dynamic_vram" in part.name
    ]
    exec(compile(ast.Module(defined, []), "main.py", "exec"), known)
    for part in tree.body:
        if isinstance(part, ast.If) and "init_device" in ast.unparse(part):
            refused = part.body[0].test if isinstance(part.body[0], ast.If) else ast.Constant(False)
            asked = "init_device" not in ast.unparse(refused)
            return bool(value(part.test, known)) and not (asked and value(refused, known))
    return False


def value(expression: ast.expr, known: dict[str, Any]) -> Any:
    """What an expression of `main.py` comes to."""
    return eval(compile(ast.Expression(expression), "main.py", "eval"), known)


def answers_of(case: Case) -> dict[Any, dict[str, Any]]:
    """What torch, the driver and the system say of a machine: by who says it, and by name."""
    build = re.search(r"\+(cu|rocm)(\d+\.?\d*)", case.torch)
    on_card = "--directml" not in case.flags  # which comes with a torch for the processor
    is_cuda, is_amd = case.vendor == "nvidia" and on_card, case.vendor == "amd" and on_card
    level = gfx_level(case.gfx) if case.gfx else case.major
    card = SimpleNamespace(
        name=case.name,
        major=level,
        minor=case.minor,
        total_memory=case.total,
        gcnArchName=case.gfx,
        has_fp16=True,
    )
    stats = {"active_bytes.all.current": 0, "reserved_bytes.all.current": 0}
    answers: dict[Any, dict[str, Any]] = {
        torch.version: {
            "__version__": case.torch,
            "cuda": "12.8" if is_cuda else None,
            "hip": (build[2] if build else "6.-1") if is_amd else None,
        },
        torch.cuda: {
            "get_device_properties": lambda *_: card,
            "get_device_name": lambda *_: case.name,
            "mem_get_info": lambda *_: (case.total, case.total),
        },
        torch.backends.cuda: {
            "is_flash_attention_available": lambda: True,
            "can_use_flash_attention": lambda *_: True,
        },
        torch.xpu: {
            "is_available": lambda: case.vendor == "intel",
            "device_count": lambda: 1,
            "current_device": lambda: 0,
            "get_device_properties": lambda *_: card,
            "get_device_name": lambda *_: case.name,
            "memory_stats": lambda *_: stats,
            "is_bf16_supported": lambda *_: True,
        },
        torch.backends.mps: {"is_available": lambda: case.vendor == "apple"},
        psutil: {"virtual_memory": lambda: SimpleNamespace(total=case.ram, available=case.ram)},
        platform: {
            "win32_ver": lambda *_: ("11", "", "", "") if case.os == "windows" else ("", "", "", ""),
            "mac_ver": lambda *_: (
                ("15.0", ("", "", ""), "arm64") if case.os == "macos" else ("", ("", "", ""), "")
            ),
            "uname": lambda: SimpleNamespace(
                release="5.15.0-microsoft-standard-WSL2" if case.os == "wsl" else "6.8.0", system="Linux"
            ),
        },
        os: {"listdir": lambda path=".": [f"amd-{case.gfx}"]},
        importlib.util: {"find_spec": lambda name, *_: name},
        ctypes: {"WinDLL": MagicMock()},
    }
    return answers


@contextmanager
def machine(case: Case) -> Iterator[None]:
    """Inside, torch, the driver and the system seem to be that machine's."""
    with ExitStack() as stack:
        stack.enter_context(pretended("cuda"))
        for place, said in answers_of(case).items():
            for name, answer in said.items():
                stack.enter_context(patch.object(place, name, answer, create=True))
        directml = SimpleNamespace(
            device=lambda *_: torch.device("privateuseone", 0), device_name=lambda *_: case.name
        )
        stack.enter_context(patch.dict(sys.modules, {"torch_directml": directml}))
        yield


def gfx_level(gfx: str) -> int:
    """The number that torch calls an AMD card's major version: `gfx1100` is of 11."""
    return int(gfx.removeprefix("gfx")[:-2] or 0)
