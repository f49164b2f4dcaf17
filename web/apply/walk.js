// Ways through the graphs of a canvas: from an id of the flat prompt to its node, and from an input up to
// what gives it its value. Reads only; the graphs are handed in.

/**
 * A node that is yet to be made: `tail` is the last part of its id in the wanted prompt.
 *
 * @typedef {{ id: string, tail: string, isNew: true }} NewNode
 */

/** A node and the subgraph hosts around it, the outermost first. @typedef {{ node: GraphNode, graph: Graph, hosts: GraphNode[] }} Place */

/**
 * An input on the way up; `node` null: of the graph's own outputs. `linked`: whether something is linked there.
 *
 * @typedef {{
 *   key: string, node: GraphNode | NewNode | null, graph: Graph, hosts: GraphNode[], name: string, linked: boolean,
 * }} Target
 */

/**
 * An output; `node` null: one of the inputs of the subgraph itself.
 *
 * @typedef {{ node: GraphNode | NewNode | null, slot: number }} Source
 */

/** @param {Graph} graph */
export function nameOf(graph) {
  return graph.inputNode ? String(graph.id) : "";
}

/** Whether a node stands for a subgraph. @param {GraphNode} node @returns {node is GraphNode & { subgraph: Graph }} */
export function isHost(node) {
  return Boolean(node.subgraph) && (node.isSubgraphNode?.() ?? true);
}

/**
 * A node by its id in the flat prompt: `306:268:75` lies in the host 268 of the host 306.
 *
 * @param {Graph} root
 * @param {string} id
 * @returns {Place | null}
 */
export function locate(root, id) {
  const inside = enter(root, id);
  const node = inside && nodeBy(inside.graph, id.slice(id.lastIndexOf(":") + 1));
  return node ? { ...inside, node } : null;
}

/**
 * The graph that a node of that id lies in, be it there or not.
 *
 * @param {Graph} root
 * @param {string} id
 * @returns {{ graph: Graph, hosts: GraphNode[] } | null}
 */
export function enter(root, id) {
  const hosts = [];
  let graph = root;
  for (const step of id.split(":").slice(0, -1)) {
    const host = nodeBy(graph, step);
    if (!host || !isHost(host)) return null;
    hosts.push(host);
    graph = host.subgraph;
  }
  return { graph, hosts };
}

/** @param {Graph} graph @param {string} id @returns {GraphNode | null} */
function nodeBy(graph, id) {
  return graph.getNodeById(id) ?? graph.getNodeById(Number(id)) ?? null;
}

/** The links of graphs by where they end; made once for a plan. */
export class Wires {
  /** @type {Map<Graph, Map<string, GraphLink>>} */
  #known = new Map();

  /** @param {Graph} graph */
  #of(graph) {
    const found = this.#known.get(graph) ?? new Map([...graph.links.values()].map((one) => [end(one), one]));
    this.#known.set(graph, found);
    return found;
  }

  /** What is linked to an input. @param {Graph} graph @param {number | string} id @param {number} slot */
  into(graph, id, slot) {
    return this.#of(graph).get(`${id}/${slot}`);
  }

  /** All links of a graph. @param {Graph} graph */
  all(graph) {
    return [...this.#of(graph).values()];
  }
}

/** @param {GraphLink} link */
function end(link) {
  return `${link.target_id}/${link.target_slot}`;
}

/** The place of an input among those of its node, -1 for none. @param {GraphNode} node @param {string} name */
export function slotOf(node, name) {
  return (node.inputs ?? []).findIndex((one) => one.name === name);
}

/** Whether two ids are of one node: they are numbers in some places and texts in others. @param {any} a @param {any} b */
export function alike(a, b) {
  return String(a) === String(b);
}

/**
 * The inputs that hand a value to an input of a node, itself first: those of hosts, of reroutes and of what
 * a subgraph hands out, and the widget of a primitive. What changes at one changes for all that is behind it.
 *
 * @param {Wires} wires
 * @param {Place} place
 * @param {string} name
 * @returns {Target[]}
 */
export function targets(wires, place, name) {
  /** @type {Target[]} */
  const found = [];
  /** @type {At | null} */
  let at = { ...place, name };
  while (at && found.length < DEEPEST) {
    const { node, graph, hosts } = at;
    const link = linkInto(wires, at);
    const key = `${nameOf(graph)}/${node ? node.id : "out"}/${at.name}`;
    found.push({ key, node, graph, hosts, name: at.name, linked: Boolean(link) });
    at = link ? above(at, link) : null;
  }
  return found;
}

/** @typedef {{ node: GraphNode | null, graph: Graph, hosts: GraphNode[], name: string }} At */

const DEEPEST = 100; // steps up; links that run in a circle end here

/** @param {Wires} wires @param {At} at */
function linkInto(wires, { node, graph, name }) {
  const out = graph.outputNode;
  const slot = node ? slotOf(node, name) : (out?.slots ?? []).findIndex((one) => one.name === name);
  return slot < 0 ? undefined : wires.into(graph, node ? node.id : (out?.id ?? ""), slot);
}

/** One step up from an input. @param {At} at @param {GraphLink} link @returns {At | null} */
function above({ graph, hosts }, link) {
  const host = hosts.at(-1);
  if (host && graph.inputNode && alike(link.origin_id, graph.inputNode.id)) {
    const name = graph.inputNode.slots[link.origin_slot]?.name;
    return name && host.graph ? { node: host, graph: host.graph, hosts: hosts.slice(0, -1), name } : null;
  }
  const node = graph.getNodeById(link.origin_id);
  if (!node || node.mode !== ALWAYS) return null;
  if (isHost(node)) {
    const name = node.subgraph.outputNode?.slots[link.origin_slot]?.name;
    return name ? { node: null, graph: node.subgraph, hosts: [...hosts, node], name } : null;
  }
  if (node.type === "Reroute" && node.inputs[0]) return { node, graph, hosts, name: node.inputs[0].name };
  if (node.type === "PrimitiveNode" && node.widgets?.[0]) return { node, graph, hosts, name: node.widgets[0].name };
  return null;
}

const ALWAYS = 0; // the mode of a node that is neither muted nor bypassed

/**
 * How an output of the flat prompt is had in the graph behind some hosts: directly, out of a subgraph that
 * hands it out, or as an input of the subgraph; null where it is not.
 *
 * @param {Wires} wires
 * @param {Source & { hosts: GraphNode[] }} from
 * @param {GraphNode[]} into
 * @returns {Source | null}
 */
export function sourceIn(wires, from, into) {
  const shared = common(from.hosts, into);
  /** @type {Source | null} */
  let at = { node: from.node, slot: from.slot };
  for (let depth = from.hosts.length; at && depth > shared; depth--) {
    const host = /** @type {GraphNode & { subgraph: Graph }} */ (from.hosts[depth - 1]);
    at = handedOut(wires, host, at);
  }
  for (let depth = shared; at && depth < into.length; depth++) {
    const host = /** @type {GraphNode & { subgraph: Graph }} */ (into[depth]);
    at = handedIn(wires, host, at);
  }
  return at;
}

/** @param {GraphNode[]} one @param {GraphNode[]} other */
function common(one, other) {
  const differ = one.findIndex((host, place) => host !== other[place]);
  return differ < 0 ? one.length : differ;
}

/**
 * @param {Wires} wires
 * @param {GraphNode & { subgraph: Graph }} host
 * @param {Source} at
 * @returns {Source | null}
 */
function handedOut(wires, host, at) {
  const out = host.subgraph.outputNode?.id;
  const link = wires.all(host.subgraph).find((one) => alike(one.target_id, out) && isFrom(host.subgraph, one, at));
  return link ? { node: host, slot: link.target_slot } : null;
}

/**
 * @param {Wires} wires
 * @param {GraphNode & { subgraph: Graph }} host
 * @param {Source} at
 * @returns {Source | null}
 */
function handedIn(wires, host, at) {
  const graph = /** @type {Graph} */ (host.graph);
  const link = wires.all(graph).find((one) => alike(one.target_id, host.id) && isFrom(graph, one, at));
  const name = link && host.inputs[link.target_slot]?.name;
  const slot = (host.subgraph.inputNode?.slots ?? []).findIndex((one) => one.name === name);
  return slot < 0 ? null : { node: null, slot };
}

/** @param {Graph} graph @param {GraphLink} link @param {Source} at */
function isFrom(graph, link, at) {
  const id = at.node ? at.node.id : graph.inputNode?.id;
  return alike(link.origin_id, id) && link.origin_slot === at.slot;
}
