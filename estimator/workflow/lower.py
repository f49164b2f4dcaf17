"""From a graph to the work it asks of the card: every node visited once, in execution order."""

from __future__ import annotations

from itertools import zip_longest

from msgspec.structs import replace

from ..models.library import Library
from .carry import carry
from .graph import Graph
from .graph import Node as GraphNode
from .order import order
from .rules import Rule, rules
from .state import NOT_REAL, Here, State, is_real
from .streams import LONGEST
from .values import Loaded, Many, Unknown, Value, Workload


def lower(graph: Graph, library: Library) -> Workload:
    """The workload of `graph`, with the files of its loaders read from `library`.

    Raises `InputError` on a cycle, `FormatError` on a broken model file.
    """
    state = State(graph, library)
    for node_id in state.twins:
        visit(state, graph.nodes[node_id])
    ran = order(graph, unused=state.unused, signatures=state.twins)
    kept = list(dict.fromkeys(state.twins[node_id] for node_id in ran))
    return Workload(
        loaded={load.key: as_used(state, load) for node_id in kept for load in state.loaded.get(node_id, ())},
        steps=tuple(step for node_id in kept for step in state.steps.get(node_id, ())),
        nodes=len(ran),
        unknown=tuple(state.unknown[node_id] for node_id in ran if node_id in state.unknown),
        assumed=tuple(state.assumed[node_id] for node_id in kept if node_id in state.assumed),
        missing=tuple(dict.fromkeys(name for node_id in kept for name in state.missing.get(node_id, ()))),
        order=tuple(ran),
        graph=graph,
        signer=state.signer,
    )


def before(graph: Graph, library: Library, node_id: str) -> State:
    """What is known of a node and of those before it, without the others; raises as `lower` does."""
    state = State(graph.only([node_id]), library)
    for one in state.twins:
        visit(state, state.graph.nodes[one])
    return state


def as_used(state: State, load: Loaded) -> Loaded:
    """A load as the steps leave it: with what takes it from the dynamic manager, in parts if swapped."""
    return replace(
        load, taken=tuple(state.taken.get(load.key, ())), whole=load.whole and load.key not in state.swaps
    )


def visit(state: State, node: GraphNode) -> None:
    """Work out one node's outputs and steps, its inputs being known already."""
    twin = state.twins[node.id]
    if twin != node.id:
        state.outputs[node.id] = state.outputs[twin]
        state.unused[node.id] = state.unused.get(twin, set())
        if twin in state.unknown:
            state.unknown[node.id] = replace(state.unknown[twin], node=node.id)
        return
    rule = rules().get(node.class_type)
    outputs = worked(state, node, rule) if rule else carry(state, node)
    state.outputs[node.id] = tuple(
        value if is_real(value) else Unknown(node.id, NOT_REAL) for value in outputs
    )


def worked(state: State, node: GraphNode, rule: Rule) -> tuple[Value, ...]:
    """A node's outputs by its rule, worked out for each item where a list comes in."""
    given = {name: state.value(node, name) for name in node.links()}
    lists = {name: value.items for name, value in given.items() if isinstance(value, Many)}
    if rule.lists or not lists:
        return rule.work(Here(state, node))
    longest = max(len(items) for items in lists.values())
    if not (min(len(items) for items in lists.values()) and longest <= LONGEST):
        return (Unknown(node.id, f"a list of {longest} items"),) * len(rule.gives)
    each = [
        rule.work(Here(state, node, {name: items[min(at, len(items) - 1)] for name, items in lists.items()}))
        for at in range(longest)
    ]
    return tuple(one_list(items) for items in zip_longest(*each))


def one_list(items: tuple[Value, ...]) -> Many:
    """The items of a list, with those of lists within it."""
    opened = (one.items if isinstance(one, Many) else (one,) for one in items)
    return Many(tuple(inner for some in opened for inner in some))
