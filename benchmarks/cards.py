"""The same workflows on five cards and three sizes of RAM: `cards.py [--markdown]`.

Official templates with nothing on disk, so that published files stand in; ComfyUI as it is set up by default;
the files on an NVMe disk. Each cell is the verdict of the forecast and the seconds of a run.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from templates import folder, nowhere

from estimator import check
from estimator.forecast import Forecast
from estimator.options import machine
from estimator.report.words import SIGNS
from estimator.units import duration, gib

WORKFLOWS = {
    "FLUX.1 dev": "flux_dev_full_text_to_image",
    "SDXL": "sdxl_simple_example",
    "Qwen-Image": "image_qwen_image",
    "Wan 2.2 14B": "video_wan2_2_14B_t2v",
    "LTX-2.3": "video_ltx2_3_t2v",
    "HunyuanVideo": "hunyuan_video_text_to_video",
}
CARDS = {
    "RTX 4060, 8 GB": "rtx-4060",
    "RTX 3060, 12 GB": "rtx-3060-12gb",
    "RTX 4060 Ti, 16 GB": "rtx-4060-ti-16gb",
    "RTX 4090, 24 GB": "rtx-4090",
    "RTX 5090, 32 GB": "rtx-5090",
}
RAM = (16, 32, 64)
SAID = """
Nothing here runs out of memory: what does not fit on the card streams to it in every pass. From RAM that
costs next to nothing, since the card computes on a pass for longer than the next weights take to arrive.
What costs is too little RAM: with 16 GiB the larger models do not stay there, every pass reads them from
disk, and FLUX.1 on an 8 GB card takes about twice as long, on a fast disk. So where the card is small, 32
GiB of RAM come first; 64 GiB change nothing in these workflows. A larger card is faster mostly because it
computes faster, not because it holds more.
"""


def forecast(template: str, gpu: str, ram: int) -> Forecast:
    """The forecast of one template on one machine."""
    here = machine(gpu=gpu, ram=ram, system="linux", disk="nvme")
    return check(folder() / f"{template}.json", here, nowhere).forecast


def cell(found: Forecast) -> str:
    """The verdict, and what it costs."""
    word = SIGNS[found.verdict] + (", tight" if found.tight else "")
    streamed = max((step.streamed for step in found.steps), default=0)
    size = {"streamed": streamed, "disk": found.disk_bytes}.get(found.verdict, 0)
    time = duration(found.seconds.best) if found.seconds and found.verdict not in ("oom", "spill") else ""
    slower = f"{found.slowdown.best:.1f}x" if size and time and found.slowdown else ""
    return " · ".join(filter(None, (f"{word} {gib(size)}" if size else word, time, slower)))


def described(found: Forecast) -> str:
    """What a workflow loads and samples: `FLUX.1 dev BF16 22.2 GiB, ...; latent 1x16x128x128, 20 passes`."""
    parts = [f"{one.title} {one.storage_dtype} {gib(one.bytes)}" for one in found.components]
    sampled = [step for step in found.steps if step.kind == "sample"]
    shapes = [f"latent {'x'.join(map(str, step.shape))}, {step.passes} passes" for step in sampled]
    return f"{', '.join(dict.fromkeys(parts))}; {', then '.join(shapes)}."


def page() -> str:
    """All of it as docs/cards.md."""
    lines = [
        "# The same workflows on five cards",
        "",
        *(__doc__ or "").splitlines()[2:],
        "Written by `python benchmarks/cards.py --markdown > docs/cards.md`.",
        "",
        "*fits*: all weights stay on the card. *streams*: so much of them moves over PCIe in every pass.",
        "*disk*: RAM does not hold what a run touches, so much is read again from disk in every run.",
        "The last number: how many times as long it takes as with all weights on the card.",
        SAID.rstrip(),
    ]
    for title, template in WORKFLOWS.items():
        rows = {ram: [forecast(template, gpu, ram) for gpu in CARDS.values()] for ram in RAM}
        lines += ["", f"## {title}", "", f"`{template}`: {described(rows[RAM[-1]][-1])}", ""]
        lines += [f"| RAM | {' | '.join(CARDS)} |", "|---" * (len(CARDS) + 1) + "|"]
        lines += [f"| {ram} GiB | {' | '.join(map(cell, found))} |" for ram, found in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:] != ["--markdown"]:
        raise SystemExit(__doc__)
    print(page())
