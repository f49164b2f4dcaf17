"""From a graph to the work it asks of the card: every node visited once, in execution order."""

from __future__ import annotations

from itertools import zip_longest

from msgspec.structs import replace

from ..models.library import Library
from .carry import carry
from .definitions import definition
from .graph import Graph
from .graph import Node as GraphNode
from .rules import Rule, rules
from .state import Here, State, is_real
from .values import Loaded, Many, Unknown, Value, Workload

LONGEST = 256  # items of a list that are worked through one by one


def lower(graph: Graph, library: Library) -> Workload:
    """The workload of `graph`, with the files of its loaders read from `library`.

    Raises `InputError` on a cycle, `FormatError` on a broken model file.
    """
    state = State(graph, library)
    order = graph.order()
    for node_id in order:
        visit(state, graph.nodes[node_id])
    run = needed(state)
    kept = [node_id for node_id in order if node_id in run]
    return Workload(
        loaded={load.key: as_used(state, load) for node_id in kept for load in state.loaded.get(node_id, ())},
        steps=tuple(step for node_id in kept for step in state.steps.get(node_id, ())),
        nodes=len(kept),
        unknown=tuple(state.unknown[node_id] for node_id in kept if node_id in state.unknown),
        assumed=tuple(state.assumed[node_id] for node_id in kept if node_id in state.assumed),
        missing=tuple(dict.fromkeys(name for node_id in kept for name in state.missing.get(node_id, ()))),
    )


def as_used(state: State, load: Loaded) -> Loaded:
    """A load as the steps leave it: with the legacy manager where a patch demands that."""
    return replace(load, legacy=True) if load.key in state.legacy else load


def visit(state: State, node: GraphNode) -> None:
    """Work out one node's outputs and steps, its inputs being known already."""
    twin = state.twin(node)
    if twin != node.id:
        state.outputs[node.id] = state.outputs[twin]
        state.unused[node.id] = state.unused.get(twin, set())
        if twin in state.unknown:
            state.unknown[node.id] = replace(state.unknown[twin], node=node.id)
        return
    rule = rules().get(node.class_type)
    outputs = worked(state, node, rule) if rule else carry(state, node)
    state.outputs[node.id] = tuple(
        value if is_real(value) else Unknown(node.id, "a side of it is not positive") for value in outputs
    )


def worked(state: State, node: GraphNode, rule: Rule) -> tuple[Value, ...]:
    """A node's outputs by its rule, worked out for each item where a list comes in."""
    given = {name: state.value(node, name) for name in node.links()}
    lists = {name: value.items for name, value in given.items() if isinstance(value, Many)}
    if rule.lists or not lists:
        return rule.work(Here(state, node))
    longest = max(len(items) for items in lists.values())
    if not 0 < longest <= LONGEST:
        return (Unknown(node.id, f"a list of {longest} items"),) * len(rule.gives)
    each = [
        rule.work(Here(state, node, {name: items[min(at, len(items) - 1)] for name, items in lists.items()}))
        for at in range(longest)
    ]
    return tuple(Many(items) for items in zip_longest(*each))


def needed(state: State) -> set[str]:
    """The nodes that ComfyUI will run: those that an output node needs, unused branches left out."""
    pending = [node.id for node in state.graph.nodes.values() if is_output(node)] or list(state.graph.nodes)
    run: set[str] = set()
    while pending:
        node_id = pending.pop()
        if node_id in run:
            continue
        run.add(node_id)
        pending.append(state.twins[node_id])
        unused = state.unused.get(node_id, set())
        links = state.graph.nodes[node_id].links()
        pending += [link.node for name, link in links.items() if name not in unused]
    return run


def is_output(node: GraphNode) -> bool:
    """Whether ComfyUI runs this node for its own sake; unknown types are taken to be such."""
    row = definition(node.class_type)
    return bool(row.get("output_node", False)) if row else True
