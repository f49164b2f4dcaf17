"""What changes by itself from one run of a prompt to the next."""

from __future__ import annotations

from functools import lru_cache

from .. import facts
from .definitions import definition
from .graph import Graph, Link, Node


def changing(graph: Graph) -> set[str]:
    """The nodes that are another in the next run: those whose seed moves on after each.

    A saved workflow says so. An API prompt does not: there a seed is taken to move on. Where no seed does,
    they are taken to be changed by hand; where there is no seed, everything is taken to be new.
    """
    seeded = {key: node for key, node in graph.nodes.items() if has_seed(node)}
    real = real_seeds(graph) & seeded.keys()
    moving = facts.table("execution")["again"]["changing"]
    told = {key for key, node in seeded.items() if node.after in moving}
    return told | {key for key in real if seeded[key].after is None} or real or set(graph.nodes)


def always(graph: Graph) -> set[str]:
    """The nodes that run each time whatever is kept (`IS_CHANGED`)."""
    rule = facts.table("execution")["again"]
    files: dict[str, str] = rule["reads_file"]
    return {
        key
        for key, node in graph.nodes.items()
        if node.class_type in rule["always"]
        or isinstance(node.inputs.get(files.get(node.class_type, "")), Link)
    }


@lru_cache(maxsize=4096)
def seeds(class_type: str) -> tuple[str, ...]:
    """The inputs of a node type that a control widget may change after each run."""
    control, row = facts.table("frontend")["control"], definition(class_type)
    if row is None:
        return tuple(control["names"])
    return tuple(one["name"] for one in row["inputs"] if control["place"] in one.get("after", ()))


def has_seed(node: Node) -> bool:
    """Whether a control widget has something to change; of a type that no table knows, it has where it is."""
    names = seeds(node.class_type)
    return any(is_constant(node, name) for name in names) or bool(
        node.after and not definition(node.class_type)
    )


def is_constant(node: Node, name: str) -> bool:
    """Whether an input is given, and not by a link."""
    return name in node.inputs and not isinstance(node.inputs[name], Link)


def real_seeds(graph: Graph) -> set[str]:
    """The nodes that hold a seed, for themselves or for another; a control widget may be on any number."""
    names = facts.table("frontend")["control"]["names"]
    own = {key for key, node in graph.nodes.items() if any(is_constant(node, name) for name in names)}
    links = (node.inputs.get(name) for node in graph.nodes.values() for name in names)
    return own | {link.node for link in links if isinstance(link, Link)}
