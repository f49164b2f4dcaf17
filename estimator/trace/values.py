"""Numbers that models read back from tensors, which fake and meta tensors have not."""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.overrides import TorchFunctionMode

# What makes tensors of known numbers, and what is done with those before a number is read back.
MAKES = (torch.tensor, torch.linspace, torch.zeros)
KEEPS = (torch.Tensor.prod, torch.Tensor.max, torch.Tensor.unbind, torch.bincount)
# The numbers of larger tensors are no hyper-parameters.
FEW = 64


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
        twin = getattr(args[0], "twin", None) if args else None
        if twin is not None and func is torch.Tensor.item:
            with unset_fake_temporarily():
                return twin.item()
        if twin is not None and func is torch.Tensor.__iter__:
            return iter(_kept(torch.Tensor.unbind, twin, args, {}))
        if twin is not None and func in KEEPS:
            return _kept(func, twin, args, kwargs)
        out = func(*args, **kwargs)
        if func in MAKES and out.numel() <= FEW:
            with unset_fake_temporarily():
                out.twin = func(*args, **(kwargs | {"device": "cpu"}))
        return out


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
