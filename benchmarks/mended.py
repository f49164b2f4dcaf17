"""Six workflows, what is advised, and what each suggestion comes to: `mended.py [--markdown]`.

Every suggestion is made in the workflow as it is saved, which is read again from nothing and forecast again:
the page says what that came to, beside what was promised. Nothing is on disk, so published files stand in.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from templates import folder

from estimator import facts
from estimator.advice import Case, Suggestion
from estimator.advice.search import Tried, search
from estimator.forecast import Forecast
from estimator.models.library import Library
from estimator.options import machine
from estimator.report import advice, words
from estimator.units import duration
from estimator.workflow import read
from estimator.workflow.amend import amend
from estimator.workflow.edits import Edit

Document = dict[str, Any]
RANK = 32


class Example(NamedTuple):
    """A workflow on a machine: a saved one, with what is set in it first."""

    title: str
    saved: str
    gpu: str
    ram: float
    comfy: str = ""
    first: tuple[Edit, ...] = ()


WIDE = tuple(
    Edit("set", f"128:{node}", "unet_name", f"wan2.2_t2v_{noise}_noise_14B_fp16.safetensors")
    for node, noise in (("75", "high"), ("76", "low"))
)
LARGE = (Edit("set", "128:74", "width", 1280), Edit("set", "128:74", "height", 720))
FLUX, LEGACY = "example_workflows/flux_dev_text_to_image.json", "0.3.75"
CROWDED = "benchmarks/workflows/sdxl_two_controlnets_four_loras.json"

EXAMPLES = (
    Example("FLUX.1 dev bf16 on 12 GB", FLUX, "rtx-3060-12gb", 16),
    Example("FLUX.1 dev bf16 on 12 GB, ComfyUI 0.3.75", FLUX, "rtx-3060-12gb", 32, LEGACY),
    Example(
        "Wan 2.2 14B fp16, 1280x720x81, on 16 GB",
        "video_wan2_2_14B_t2v",
        "rtx-5060-ti-16gb",
        32,
        first=WIDE + LARGE,
    ),
    Example("Qwen-Image-Edit on 16 GB", "image_qwen_image_edit", "rtx-5060-ti-16gb", 16),
    Example("SDXL with two ControlNets and four LoRAs on 8 GB", CROWDED, "rtx-4060", 16),
    Example(
        "SDXL with two ControlNets and four LoRAs on 8 GB, ComfyUI 0.3.75", CROWDED, "rtx-4060", 16, LEGACY
    ),
    Example("LTX-2 on 12 GB", "video_ltx2_t2v", "rtx-3060-12gb", 32),
    Example("LTX-2 on 12 GB, with less RAM", "video_ltx2_t2v", "rtx-3060-12gb", 16),
    Example("HunyuanVideo on 24 GB", "hunyuan_video_text_to_video", "rtx-3090", 32),
    Example("HunyuanVideo on 24 GB, ComfyUI 0.3.75", "hunyuan_video_text_to_video", "rtx-3090", 32, LEGACY),
)


@cache
def shelf() -> Path:
    """A folder with a LoRA for SDXL: all linear layers of its UNet, rank 32, in 16 bits."""
    model, start = facts.header("sd_xl_base_1.0")["tensors"], "model.diffusion_model."
    sides = {
        name.removeprefix(start).removesuffix(".weight").replace(".", "_"): shape
        for name, (_, shape) in model.items()
        if name.startswith(start) and name.endswith(".weight") and len(shape) == 2
    }
    tensors = {}
    for layer, (rows, columns) in sides.items():
        tensors[f"lora_unet_{layer}.lora_down.weight"] = [RANK, columns]
        tensors[f"lora_unet_{layer}.lora_up.weight"] = [rows, RANK]
    held = Path(tempfile.mkdtemp(prefix="mended-"))
    sparse(held / "lora.safetensors", tensors)
    return held


def sparse(path: Path, tensors: dict[str, list[int]]) -> None:
    """A safetensors file of 16-bit tensors that takes no room on disk."""
    header, end = {}, 0
    for name, shape in tensors.items():
        begin, end = end, end + 2 * prod(shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def files(kind: str, name: str) -> Path | None:
    """Any LoRA called `_xl` is the one on the shelf; nothing else is on disk."""
    return shelf() / "lora.safetensors" if kind == "loras" and name.endswith("_xl.safetensors") else None


def document(example: Example) -> Document:
    """The workflow as it is saved, with what is set in it first."""
    path = ROOT / example.saved if "/" in example.saved else folder() / f"{example.saved}.json"
    saved: Document = json.loads(path.read_text(encoding="utf-8"))
    return amend(saved, example.first) if example.first else saved


def case(example: Example, saved: Document) -> Case:
    """The same on its machine."""
    here = machine(gpu=example.gpu, ram=example.ram, system="linux", disk="nvme", comfy=example.comfy)
    return Case(read(saved), here, Library(files))


def kept(one: Tried, saved: Document) -> Forecast:
    """The forecast of the saved workflow with a suggestion made in it, from nothing.

    What is done by hand changes the machine, or leaves another workflow behind.
    """
    edits = one.suggestion().edits
    graph = read(amend(saved, edits)) if edits else one.after.graph
    return Case(graph, one.after.machine, Library(files)).forecast


def outcome(found: Forecast) -> str:
    """`streams · 38 s`."""
    word = words.SIGNS[found.verdict] + (", tight" if found.tight else "")
    return word + (f" · {duration(found.seconds.best)}" if found.seconds and found.verdict != "oom" else "")


def as_promised(promise: Suggestion, found: Forecast) -> bool:
    """Whether it came to what was promised."""
    seconds = found.seconds.best if found.seconds else None
    return (promise.verdict_after, promise.tight_after, promise.seconds_after) == (
        found.verdict,
        found.tight,
        seconds,
    )


def section(example: Example) -> Iterator[str]:
    """One workflow as a part of the page."""
    saved = document(example)
    before = case(example, saved)
    device, ram = before.machine.device.name, f"{example.ram:g} GiB of RAM"
    yield from ("", f"## {example.title}", "")
    yield f"`{example.saved}`, {device}, {ram}. {words.sentence(before.forecast)}"
    found = search(before)
    if not found:
        yield from ("", "Nothing is advised.")
        return
    yield from ("", "| change | how | saves | said to come to | comes to |", "|---|---|---|---|---|")
    for one in found:
        promise, after = one.suggestion(), kept(one, saved)
        same = "the same" if as_promised(promise, after) else outcome(after)
        yield " | ".join(
            (
                "",
                told(promise),
                promise.applicability,
                advice.saving(promise),
                outcome(one.after.forecast),
                same,
                "",
            )
        ).strip()


def told(promise: Suggestion) -> str:
    """What a suggestion says of itself."""
    needs = f"needs {', '.join(promise.needs)}" if promise.needs else ""
    quality = f"quality: {promise.quality}" if promise.quality else ""
    return f"{'; '.join(filter(None, (promise.title, *promise.effects, needs, quality)))} `{promise.code}`"


def page() -> str:
    """All of it as docs/mended.md."""
    lines = [
        "# What to change in six workflows",
        "",
        *(__doc__ or "").splitlines()[2:],
        "Written by `python benchmarks/mended.py --markdown > docs/mended.md`.",
    ]
    return "\n".join([*lines, *(line for example in EXAMPLES for line in section(example))])


if __name__ == "__main__":
    if sys.argv[1:] != ["--markdown"]:
        raise SystemExit(__doc__)
    print(page())
