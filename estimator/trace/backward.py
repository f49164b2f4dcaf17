"""Backpropagation on a pretended card: torch's engine asks the driver for streams, so we walk the graph.

Each node's own backward runs, in the engine's order and with its rules (torch/csrc/autograd/engine.cpp,
input_buffer.cpp): the newest node that is ready first, gradients brought to the shape and type of what
they are of, a second one added into the first where nobody else holds that. A node goes when it is done,
and what it saved goes with it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import torch

# A graph task's number as `torch.utils.checkpoint` asks for it: one for all that a walk recomputes.
TASK = 1
ACCUMULATES = "torch::autograd::AccumulateGrad"


def of_last(run: Callable[[], Any]) -> None:
    """Run what ends in one `Tensor.backward`, and walk that tensor's graph when nothing else holds it."""
    roots: list[Any] = []
    with ExitStack() as stack:
        stack.enter_context(torch.enable_grad())
        stack.enter_context(patch.object(torch._C, "_current_graph_task_id", lambda: TASK))
        with patch.object(torch.Tensor, "backward", lambda loss: roots.append((loss.grad_fn, loss.detach()))):
            run()
        root, loss = roots.pop()
        Walk(root, torch.ones_like(loss)).run()


class Walk:
    """One backward pass from the root of a graph."""

    def __init__(self, root: Any, gradient: Any) -> None:
        """`root`: the node of a loss; `gradient`: that of the loss."""
        self.ready: list[tuple[int, int, Any]] = []
        self.waits: dict[Any, int] = {}
        self.held: dict[Any, list[Any]] = {}
        self.count = 0
        self._find(root)
        self.held[root] = [gradient]
        self._enter(root)

    def run(self) -> None:
        """Every node, until none is left."""
        with torch.no_grad():
            while self.ready:
                node = heapq.heappop(self.ready)[2]
                self._do(node)

    def _find(self, root: Any) -> None:
        """How many gradients' senders each node waits for."""
        seen, stack = {root}, [root]
        while stack:
            for node, _ in stack.pop().next_functions:
                if node is not None:
                    self.waits[node] = self.waits.get(node, 0) + 1
                    if node not in seen:
                        seen.add(node)
                        stack.append(node)

    def _enter(self, node: Any) -> None:
        """A node that waits for nothing more; leaves go first, then the newest."""
        self.count += 1
        first = -1 if node.name() == ACCUMULATES else 0
        heapq.heappush(self.ready, (first, -node._sequence_nr() if not first else self.count, node))

    def _do(self, node: Any) -> None:
        """One node's backward, and its gradients to those that wait for them."""
        given = self.held.pop(node, [None])
        call = node.apply if isinstance(node, torch.autograd.function.BackwardCFunction) else node
        found = call(*given)
        del given
        found = list(found) if isinstance(found, tuple) else [found]
        for at, (to, slot) in enumerate(node.next_functions):
            gradient, found[at] = found[at], None
            if to is None:
                continue
            if gradient is not None:
                self._hand(to, slot, gradient, found)
            del gradient
            self.waits[to] -= 1
            if not self.waits[to]:
                del self.waits[to]
                self._enter(to)

    def _hand(self, to: Any, slot: int, gradient: Any, rest: list[Any]) -> None:
        """A gradient for one of a node's inputs, added to what is there."""
        held = self.held.setdefault(to, [None] * len(to._input_metadata))
        gradient = fitting(gradient, to._input_metadata[slot])
        known = held[slot]
        if known is None:
            held[slot] = gradient
        elif self._alone(known, rest):
            known.add_(gradient)
        else:
            held[slot] = known + gradient

    def _alone(self, tensor: Any, rest: list[Any]) -> bool:
        """Whether no other gradient shares this one's storage."""
        key = tensor.untyped_storage()._cdata
        others = [one for some in (*self.held.values(), rest) for one in some if one is not None]
        return [one.untyped_storage()._cdata for one in others].count(key) == 1


def fitting(gradient: Any, of: Any) -> Any:
    """A gradient in the shape and the type of what it is of."""
    if gradient.shape != of.shape:
        gradient = gradient.sum_to_size(of.shape)
    return gradient if gradient.dtype == of.dtype else gradient.to(of.dtype)
