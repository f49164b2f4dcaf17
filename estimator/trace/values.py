"""Numbers that models read back from tensors, which fake and meta tensors have not."""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

# What makes tensors of known numbers, and what is done with those before a number is read back.
MAKES = (torch.tensor, torch.as_tensor, torch.linspace, torch.zeros)
KEEPS = (torch.Tensor.prod, torch.Tensor.max, torch.Tensor.unbind, torch.bincount)
# The numbers of larger tensors are no hyper-parameters.
FEW = 64
# Whole numbers may be more: the windows of a picture.
MANY = 4096


class Values(TorchFunctionMode):
    """Inside, a small tensor of known numbers has a real twin beside it, and `item` answers from the twin.

    ACE-Step's classes ask for such: the product of a quantizer's levels, the steps of a `linspace`, the
    count of pictures or sounds that each row of a batch refers to.
    """

    def __torch_function__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ):
        """The function as it is; its twin's result beside the result."""
        kwargs = kwargs or {}
        if _counts((args, kwargs)):
            return _counted(func, args, kwargs)
        if func is torch.repeat_interleave and len(args) > 1 and hasattr(args[1], "twin"):
            with unset_fake_temporarily():
                kwargs = {**kwargs, "output_size": int(args[1].twin.sum())}
        twin = getattr(args[0], "twin", None) if args else None
        if twin is not None and func is torch.Tensor.item:
            with unset_fake_temporarily():
                return twin.item()
        if twin is not None and func is torch.Tensor.__iter__:
            return iter(_kept(torch.Tensor.unbind, twin, args, {}))
        if twin is not None and func in KEEPS:
            return _kept(func, twin, args, kwargs)
        out = func(*args, **kwargs)
        if func in MAKES and out.numel() <= (FEW if out.is_floating_point() else MANY):
            with unset_fake_temporarily():
                out.twin = func(*args, **(kwargs | {"device": "cpu"}))
        return out


def _counts(tree: Any) -> bool:
    """Whether all tensors in arguments are known whole numbers: sides of windows, lengths of parts."""
    tensors = [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]
    twins = [getattr(one, "twin", None) for one in tensors]
    return bool(twins) and all(one is not None and not one.is_floating_point() for one in twins)


def _counted(func: Any, args: Any, kwargs: Any) -> Any:
    """What is done with whole numbers that are known, and its result with twins beside it."""
    with unset_fake_temporarily():
        given = tree_map(_twin, (args, {**kwargs, **({"device": "cpu"} if "device" in kwargs else {})}))
        twins = func(*given[0], **given[1])
    if not isinstance(twins, torch.Tensor | tuple | list) or not any(
        isinstance(leaf, torch.Tensor) for leaf in tree_leaves(twins)
    ):
        return twins
    leaves = tree_leaves((args, kwargs))
    asked = [kwargs.get("device"), *(leaf for leaf in leaves if isinstance(leaf, torch.device))]
    own = [leaf.device for leaf in leaves if isinstance(leaf, torch.Tensor)]
    device = next(one for one in asked + own if one is not None)
    return tree_map(lambda one: _beside(one, device), twins)


def _twin(leaf: Any) -> Any:
    """What stands for an argument where numbers are real: on the processor."""
    return torch.device("cpu") if isinstance(leaf, torch.device) else getattr(leaf, "twin", leaf)


def _beside(twin: Any, device: Any) -> Any:
    """A fake tensor like this one, which stands beside it where it is small."""
    if not isinstance(twin, torch.Tensor):
        return twin
    made = torch.empty(twin.shape, dtype=twin.dtype, device=device)
    if twin.numel() <= FEW or (twin.numel() <= MANY and not twin.is_floating_point()):
        made.twin = twin
    return made


def _kept(func: Any, twin: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The twin's result, and tensors like it where the first argument is."""
    with unset_fake_temporarily():
        twins = func(twin, *args[1:], **kwargs)
    several = not isinstance(twins, torch.Tensor)
    found = []
    for one in twins if several else [twins]:
        made = torch.empty(one.shape, dtype=one.dtype, device=args[0].device)
        made.twin = one
        found.append(made)
    return tuple(found) if several else found[0]
