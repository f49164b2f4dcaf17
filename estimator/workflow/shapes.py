"""Verbs of nodes that hand values on or make sizes: latents, images, numbers, switches."""

from __future__ import annotations

import math

from .graph import Link, Node
from .state import Rule, State
from .values import Image, Latent, Sigmas, Unknown, Value

FUNCTIONS = {
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "min": min,
    "max": max,
    "abs": abs,
    "int": int,
    "float": float,
    "sqrt": math.sqrt,
    "pow": pow,
    "log": math.log,
}


def hand_on(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """Each output is an input, unchanged."""
    return tuple(state.value(node, name) for name in rule.gives)


def nothing(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """A node without work for the card, whose outputs nobody needs to know."""
    return ()


def switch(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """One of two inputs; what only the other one needs is never run."""
    chosen = state.value(node, "switch")
    if isinstance(chosen, Unknown):
        return (chosen,)
    taken, other = ("on_true", "on_false") if chosen else ("on_false", "on_true")
    state.unused.setdefault(node.id, set()).add(other)
    return (state.value(node, taken),)


def expression(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """An arithmetic expression of named inputs, by an evaluator that knows nothing but arithmetic."""
    from simpleeval import InvalidExpression, SimpleEval

    text = state.value(node, "expression")
    names = {name.removeprefix("values."): state.value(node, name) for name in node.inputs if "." in name}
    unknown = next((value for value in names.values() if isinstance(value, Unknown)), None)
    if unknown or not isinstance(text, str):
        return (unknown or Unknown(node.id, "`expression` is no text"),) * 3
    try:
        result = SimpleEval(names=names, functions=FUNCTIONS).eval(text.strip())
        return (float(result), int(result), bool(result))
    except (InvalidExpression, SyntaxError, ArithmeticError, TypeError, ValueError) as error:
        return (Unknown(node.id, f"`{text}` cannot be worked out ({error})"),) * 3


def numbers(state: State, node: Node, *names: str) -> list[int] | Unknown:
    """Whole numbers from inputs; the first that is unknown stands for all."""
    values = [state.number(node, name) for name in names]
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    return unknown or [int(value) for value in values if not isinstance(value, Unknown)]


def latent_frames(length: int, temporal: int) -> int:
    """Latent frames of a video: the first frame stands alone, the others share."""
    return (length - 1) // temporal + 1


def empty_latent(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """An empty latent from width, height, batch and, for video, length in frames."""
    sizes = numbers(state, node, "width", "height", "batch_size")
    length = numbers(state, node, "length") if rule.temporal > 1 else [1]
    if isinstance(sizes, Unknown) or isinstance(length, Unknown):
        return (sizes if isinstance(sizes, Unknown) else length,)
    width, height, batch = sizes
    frames = latent_frames(length[0], rule.temporal)
    return (Latent(batch, frames, height // rule.spatial, width // rule.spatial),)


def scale_latent(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """A latent made larger or smaller by a factor."""
    latent, factor = state.value(node, "samples"), state.number(node, "scale_by")
    if not isinstance(latent, Latent) or isinstance(factor, Unknown):
        return (factor if isinstance(factor, Unknown) else unknown_like(latent, node),)
    height, width = round(latent.height * factor), round(latent.width * factor)
    return (Latent(latent.batch, latent.frames, height, width),)


def resize_latent(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """A latent brought to a size in pixels; a side of 0 keeps the aspect."""
    latent, sizes = state.value(node, "samples"), numbers(state, node, "width", "height")
    if not isinstance(latent, Latent) or isinstance(sizes, Unknown):
        return (sizes if isinstance(sizes, Unknown) else unknown_like(latent, node),)
    width, height = keep_aspect(
        sizes[0] // rule.spatial, sizes[1] // rule.spatial, latent.width, latent.height
    )
    return (Latent(latent.batch, latent.frames, height, width),)


def keep_aspect(width: int, height: int, old_width: int, old_height: int) -> tuple[int, int]:
    """A wanted size, where a side of 0 follows the other; both 0 keep the old size."""
    if not width and not height:
        return old_width, old_height
    return width or round(old_width * height / old_height), height or round(old_height * width / old_width)


def load_image(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """An image from a file, whose size is not read yet."""
    return (Unknown(node.id, "the size of the input image is not known"),) * 2


def empty_image(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """A plain image of a given size."""
    sizes = numbers(state, node, "width", "height", "batch_size")
    return (sizes if isinstance(sizes, Unknown) else Image(sizes[2], sizes[1], sizes[0]),)


def resize_image(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """Images brought to a size in pixels; one image where their number is not known."""
    image, sizes = state.value(node, "image"), numbers(state, node, "width", "height")
    if isinstance(sizes, Unknown):
        return (sizes,)
    if isinstance(image, Image):
        width, height = keep_aspect(sizes[0], sizes[1], image.width, image.height)
        return (Image(image.count, height, width),)
    return (Image(1, sizes[1], sizes[0]) if all(sizes) else unknown_like(image, node),)


def scale_image(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """Images made larger or smaller by a factor."""
    image, factor = state.value(node, "image"), state.number(node, "scale_by")
    if not isinstance(image, Image) or isinstance(factor, Unknown):
        return (factor if isinstance(factor, Unknown) else unknown_like(image, node),)
    return (Image(image.count, round(image.height * factor), round(image.width * factor)),)


def sigmas(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """A schedule: its steps, of which `denoise` below 1 drops none (the schedule is stretched instead)."""
    steps = numbers(state, node, "steps")
    return (steps if isinstance(steps, Unknown) else Sigmas(steps[0]),)


def unknown_like(value: Value, node: Node) -> Unknown:
    """The unknown that a value is, or a new one for a value of the wrong kind."""
    return value if isinstance(value, Unknown) else Unknown(node.id, "an input is of an unexpected kind")


def linked(node: Node, name: str) -> bool:
    """Whether an input is connected."""
    return isinstance(node.inputs.get(name), Link)
