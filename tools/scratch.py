"""Counts the bytes a pixel that light nodes take on the card: `python tools/scratch.py COMFYUI`.

The nodes run on a CPU; a storage counts from where it is made to where it dies, in blocks of 512 bytes as the
card's allocator has them, the picture's copy on the card included.
"""

from __future__ import annotations

import importlib
import sys
import weakref
from collections.abc import Callable
from typing import Any

CASES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("canny", "Canny", {"low_threshold": 0.4, "high_threshold": 0.8}),
    ("post_processing", "Blur", {"blur_radius": 5, "sigma": 1.0}),
    ("post_processing", "Blur", {"blur_radius": 31, "sigma": 1.0}),
    ("post_processing", "Sharpen", {"sharpen_radius": 5, "sigma": 1.0, "alpha": 1.0}),
    ("post_processing", "Sharpen", {"sharpen_radius": 31, "sigma": 1.0, "alpha": 1.0}),
)
SHAPES = ((1, 256, 256, 3), (2, 480, 832, 3), (9, 480, 832, 3), (1, 1080, 1920, 3))
BLOCK = 512


def main(comfyui: str) -> None:
    """Print each node's figure at each shape."""
    sys.argv = ["scratch", "--cpu"]
    sys.path.insert(0, comfyui)
    importlib.import_module("comfy.options").enable_args_parsing()
    import torch

    for module, name, widgets in CASES:
        node = getattr(importlib.import_module(f"comfy_extras.nodes_{module}"), name)
        for shape in SHAPES:
            picture = torch.rand(shape)
            taken = peak(
                lambda node=node, picture=picture, more=widgets: node.execute(picture.clone(), **more)
            )
            print(f"{name} {widgets} {shape}: {taken / (shape[0] * shape[1] * shape[2]):.2f}")


def peak(work: Callable[[], Any]) -> int:
    """The most bytes of storages that live at once while `work` runs."""
    from torch import Tensor
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    class Meter(TorchDispatchMode):
        def __init__(self) -> None:
            super().__init__()
            self.live = self.most = 0
            self.known: set[int] = set()

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            for one in tree_leaves(out):
                if isinstance(one, Tensor):
                    self.count(one.untyped_storage())
            return out

        def count(self, storage: Any) -> None:
            key, size = storage._cdata, -(-storage.nbytes() // BLOCK) * BLOCK
            if key not in self.known:
                self.known.add(key)
                self.live += size
                self.most = max(self.most, self.live)
                weakref.finalize(storage, self.gone, key, size)

        def gone(self, key: int, size: int) -> None:
            self.known.discard(key)
            self.live -= size

    with Meter() as meter:
        work()
    return meter.most


if __name__ == "__main__":
    main(sys.argv[1])
