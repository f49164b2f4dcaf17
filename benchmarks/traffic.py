"""FLOP and bytes of one pass of each reference of `gpus`: `COMFYUI_PATH=... traffic.py [NAME...]`.

What all operations but products, convolutions and attention read and write is counted on a pretended card,
each input and output once: what a card's memory moves beside what its matrix units compute, if no cache keeps
anything. The rows `pass` of data/charts/cards.toml are what this prints.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from estimator.costs.law import Shape
from estimator.trace.checkout import open_checkout

# The row of data/trace_grids that a reference's model is, its types, and the shape of one pass.
PASSES = {
    "sdxl": ("sdxl", ("F16", "F16"), Shape(2, 0, 1, 128, 128, 77, 0)),
    "flux-dev": ("flux", ("BF16", "BF16"), Shape(1, 0, 1, 128, 128, 256, 0)),
    "qwen-image": ("qwen-image", ("F8_E4M3", "BF16"), Shape(2, 0, 1, 166, 166, 30, 0)),
    "wan22-14b": ("wan-14b-t2v", ("F8_E4M3", "F16"), Shape(1, 0, 21, 60, 104, 512, 0)),
    "ltx2": ("ltx-2-19b", ("BF16", "BF16"), Shape(1, 0, 16, 22, 40, 1024, 0)),
}
COMPUTES = ("attention", "convolution")


def main() -> None:
    """Print a row for each reference named, or for all."""
    open_checkout(os.environ["COMFYUI_PATH"])
    for name in sys.argv[1:] or PASSES:
        flop, moved = traced(*PASSES[name])
        print(f'[[pass]]\nid = "{name}"\nflop = {flop:.4g}\nmoved = {moved:.4g}')


def traced(grid: str, dtypes: tuple[str, str], shape: Shape) -> tuple[float, float]:
    """FLOP and bytes of one pass, those of blocks that are left out reckoned as the traced ones."""
    from estimator.trace import run
    from estimator.trace.device import pretended
    from estimator.trace.grid import grids
    from estimator.trace.models import of_slug

    found = [one for one in grids(grid) if one.operation == "forward"][-1]
    met: list[Any] = []
    run.Meter = counting(met)
    with pretended("cuda"):
        subject = run.Subject(found, of_slug(found.row.headers[0]), dtypes, "cuda")
        flop = subject.trace(shape).flops
    whole, *fewer = [one.moved for one in met]
    more = (times for _, times in subject.cut[1:])
    return flop, whole + sum(count * (whole - less) for less, count in zip(fewer, more, strict=True))


def counting(met: list[Any]) -> type:
    """A meter that also adds up what operations move, and notes itself in `met`."""
    import torch
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import flop_registry

    from estimator.trace.meter import Meter

    class Traffic(Meter):
        def __init__(self, device: str) -> None:
            super().__init__(device)
            self.moved = 0
            met.append(self)

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = super().__torch_dispatch__(func, types, args, kwargs)
            computes = func._overloadpacket in flop_registry or any(one in func.name() for one in COMPUTES)
            if not computes and "empty" not in func.name():
                self.moved += moved(self.here((args, kwargs or {})), self.here(out), func._schema.is_mutable)
            return out

        def here(self, tree: Any) -> list[Any]:
            leaves = tree_leaves(tree)
            return [one for one in leaves if isinstance(one, torch.Tensor) and one.device.type == self.device]

    return Traffic


def moved(inputs: list[Any], outputs: list[Any], in_place: bool) -> int:
    """Bytes that an operation reads and writes; none for a view."""
    storages = {one.untyped_storage()._cdata for one in inputs}
    view = not in_place and all(one.untyped_storage()._cdata in storages for one in outputs)
    if not outputs or view:
        return 0
    read = sum(min(one.nbytes, one.untyped_storage().nbytes()) for one in inputs)
    return read + sum(one.nbytes for one in outputs)


if __name__ == "__main__":
    main()
