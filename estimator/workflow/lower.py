"""From a graph to the work it asks of the card: every node visited once, in execution order."""

from __future__ import annotations

from .. import facts
from ..models.library import Library
from .graph import Graph
from .graph import Node as GraphNode
from .rules import VERBS, rules
from .state import State, is_real
from .values import Node, Unknown, Workload


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
        loaded={load.key: load for node_id in kept for load in state.loaded.get(node_id, ())},
        steps=tuple(step for node_id in kept for step in state.steps.get(node_id, ())),
        nodes=len(kept),
        unknown=tuple(state.unknown[node_id] for node_id in kept if node_id in state.unknown),
        missing=tuple(dict.fromkeys(name for node_id in kept for name in state.missing.get(node_id, ()))),
    )


def visit(state: State, node: GraphNode) -> None:
    """Work out one node's outputs and steps, its inputs being known already."""
    rule = rules().get(node.class_type)
    if rule:
        outputs = VERBS[rule.does](state, node, rule)
        state.outputs[node.id] = tuple(
            value if is_real(value) else Unknown(node.id, "a side of it is not positive") for value in outputs
        )
        return
    known = definition(node.class_type).get("outputs", ())
    slots = [user.links()[name].slot for user, name in state.graph.users_of(node.id)]
    count = max([len(known), *(slot + 1 for slot in slots)])
    state.outputs[node.id] = (Unknown(node.id, f"{node.class_type} is not understood"),) * count
    if not harmless(node):
        state.unknown[node.id] = Node(node.id, node.class_type, "no rule for this node type")


def harmless(node: GraphNode) -> bool:
    """Whether a node without a rule can do nothing with a model: no model comes in, none goes out."""
    row = definition(node.class_type)
    if not row:
        return False
    types = {one["type"] for one in row["inputs"]} | set(row["outputs"])
    return not types & set(facts.table("node_types")["heavy"])


def definition(class_type: str) -> dict[str, list[dict[str, str]]]:
    """A node type's row in the node definitions, empty where there is none."""
    row: dict[str, list[dict[str, str]]] = facts.table("nodes/core")["nodes"].get(class_type, {})
    return row


def needed(state: State) -> set[str]:
    """The nodes that ComfyUI will run: those that an output node needs, unused branches left out."""
    pending = [node.id for node in state.graph.nodes.values() if is_output(node)] or list(state.graph.nodes)
    run: set[str] = set()
    while pending:
        node_id = pending.pop()
        if node_id in run:
            continue
        run.add(node_id)
        unused = state.unused.get(node_id, set())
        links = state.graph.nodes[node_id].links()
        pending += [link.node for name, link in links.items() if name not in unused]
    return run


def is_output(node: GraphNode) -> bool:
    """Whether ComfyUI runs this node for its own sake; unknown types are taken to be such."""
    row = definition(node.class_type)
    return bool(row.get("output_node", False)) if row else True
