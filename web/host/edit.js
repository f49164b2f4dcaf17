// Steps of a plan (`apply/plan.js`) done on ComfyUI's canvas.
import { root } from "./comfy.js";

/**
 * @typedef {import("../apply/plan.js").Step} Step
 * @typedef {import("../apply/walk.js").NewNode} NewNode
 * @typedef {import("../apply/walk.js").Source} Source
 * @typedef {import("../apply/walk.js").Target} Target
 */

/** Whether a node type is installed. @param {string} type */
export function installed(type) {
  return type in window.LiteGraph.registered_node_types;
}

/** The steps of one plan on their way. */
export class Editing {
  /** What stands for a node of the plan by now. @type {Map<GraphNode | NewNode, GraphNode>} */
  #now = new Map();
  /** @type {{ graph: Graph, node: NewNode, made: GraphNode }[]} */
  #added = [];

  /** @param {(graph: Graph, node: NewNode, made: GraphNode) => [number, number]} place where a new node goes */
  constructor(place) {
    this.place = place;
  }

  /** What a node of the plan is by now. @param {GraphNode | NewNode} node @returns {GraphNode} */
  now(node) {
    return this.#now.get(node) ?? /** @type {GraphNode} */ (node);
  }

  /** @param {Step[]} steps */
  make(steps) {
    for (const step of steps) this[step.do](/** @type {any} */ (step));
  }

  /** @param {Extract<Step, { do: "add" }>} step */
  add({ graph, node, type }) {
    const made = create(type);
    made.pos = this.place(graph, node, made);
    graph.add(made);
    this.#now.set(node, made);
    this.#added.push({ graph, node, made });
  }

  /** Finds the places of new nodes once more, when the page has measured them: Vue draws them larger. */
  placeAgain() {
    for (const { graph, node, made } of this.#added) {
      const [x, y] = this.place(graph, node, made);
      if (x !== made.pos[0] || y !== made.pos[1]) made.pos = [x, y];
    }
  }

  /** @param {Extract<Step, { do: "replace" }>} step */
  replace({ graph, node, type }) {
    this.#now.set(node, replaced(graph, node, type));
  }

  /** @param {Extract<Step, { do: "remove" }>} step */
  remove({ graph, node }) {
    graph.remove(this.now(node));
  }

  /** @param {Extract<Step, { do: "cut" }>} step */
  cut({ to }) {
    if (!to.node) return;
    const node = this.now(to.node);
    const slot = node.inputs.findIndex((one) => one.name === to.name);
    if (slot >= 0) node.disconnectInput(slot);
  }

  /** @param {Extract<Step, { do: "link" }>} step */
  link({ graph, from, to }) {
    const source = from.node && this.now(from.node);
    const end = this.#end(graph, to);
    if (source && end.node) source.connect(from.slot, end.node, end.slot, end.reroute);
    else if (source) graph.outputNode?.slots[end.slot]?.connect(must(source.outputs[from.slot]), source, end.reroute);
    else if (end.node) graph.inputNode?.slots[from.slot]?.connect(must(end.node.inputs[end.slot]), end.node, end.reroute);
    else throw new RangeError("an input of a subgraph cannot be handed out of it");
  }

  /** @param {Graph} graph @param {Target} to */
  #end(graph, to) {
    const node = to.node && this.now(to.node);
    const slots = node ? node.inputs : (graph.outputNode?.slots ?? []);
    const slot = slots.findIndex((one) => one.name === to.name);
    if (slot < 0) throw new RangeError(`no input ${to.name}`);
    const id = node ? node.id : graph.outputNode?.id;
    const before = [...graph.links.values()].find((one) => String(one.target_id) === String(id) && one.target_slot === slot);
    return { node, slot, reroute: before?.parentId ?? undefined };
  }

  /** @param {Extract<Step, { do: "set" }>} step */
  set({ to, value }) {
    if (to.node) write(this.now(to.node), to.name, value);
  }
}

/**
 * Gives a widget a value, as a user would.
 *
 * @param {GraphNode} node
 * @param {string} name
 * @param {unknown} value
 */
export function write(node, name, value) {
  const widget = node.widgets?.find((one) => one.name === name);
  if (!widget) throw new RangeError(`no widget ${name}`);
  widget.value = value;
  widget.callback?.(value, undefined, node);
  if (widget.value !== value) widget.value = value; // numbers are rounded to the widget's step, which is too coarse
}

/** @param {string} type @returns {GraphNode} */
function create(type) {
  const made = window.LiteGraph.createNode(type);
  if (!made) throw new RangeError(`no node type ${type}`);
  return made;
}

/** @template T @param {T | undefined | null} value @returns {T} */
function must(value) {
  if (value == null) throw new RangeError("no such slot");
  return value;
}

/**
 * A node as one of another type: at its place, with its id, looks, values and links. While they change places
 * a third one holds the links, so that reroutes and what hosts show stay where they are.
 *
 * @param {Graph} graph
 * @param {GraphNode} old
 * @param {string} type
 */
function replaced(graph, old, type) {
  const links = linksOf(graph, old);
  const shown = hostValues();
  const keeper = create(type);
  graph.add(keeper);
  for (const link of links) connect(graph, keeper, link);
  const made = create(type);
  look(old, made);
  graph.remove(old);
  made.id = old.id;
  graph.add(made);
  for (const link of links) connect(graph, made, link);
  graph.remove(keeper);
  for (const { name, value } of old.widgets ?? []) give(made, name, value);
  for (const [host, name, value] of shown) give(host, name, value);
  return made;
}

/** Writes a value where a widget of that name has another. @param {GraphNode} node @param {string} name @param {unknown} value */
function give(node, name, value) {
  const widget = node.widgets?.find((one) => one.name === name);
  if (widget && widget.value !== value) write(node, name, value);
}

const OWN = ["Node name for S&R", "cnr_id", "aux_id", "ver"]; // properties that say of which type a node is

/** What a user gave a node, given to another. @param {GraphNode} old @param {GraphNode} made */
function look(old, made) {
  made.pos = [old.pos[0], old.pos[1]];
  made.size = [Math.max(old.size[0], made.size[0]), Math.max(old.size[1], made.size[1])];
  made.mode = old.mode;
  const { color, bgcolor, boxcolor, shape } = old;
  const looks = Object.entries({ color, bgcolor, boxcolor, shape });
  Object.assign(made, Object.fromEntries(looks.filter(([, value]) => value !== undefined)));
  if (old.title !== /** @type {any} */ (old.constructor).title) made.title = old.title;
  Object.assign(made.flags, copy(old.flags));
  for (const [name, value] of Object.entries(old.properties))
    if (!OWN.includes(name)) made.properties[name] = copy(value);
}

/** What is saved of a value, apart from it: some are proxies of the frontend's. @template T @param {T} value @returns {T} */
function copy(value) {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}

/** @typedef {{ link: GraphLink, name: string | null }} Held a link of a node; `name`: of the input that it ends at */

/** The links of a node, those into it first. @param {Graph} graph @param {GraphNode} node @returns {Held[]} */
function linksOf(graph, node) {
  const id = String(node.id);
  const all = [...graph.links.values()].map(copied);
  const into = all.filter((link) => String(link.target_id) === id);
  const out = all.filter((link) => String(link.origin_id) === id);
  return [
    ...into.map((link) => ({ link, name: node.inputs[link.target_slot]?.name ?? "" })),
    ...out.map((link) => ({ link, name: null })),
  ];
}

/** What a link is, apart from the link. @param {GraphLink} link @returns {GraphLink} */
function copied({ id, type, origin_id, origin_slot, target_id, target_slot, parentId }) {
  return { id, type, origin_id, origin_slot, target_id, target_slot, parentId: parentId ?? undefined };
}

/** @param {Graph} graph @param {GraphNode} node @param {Held} held */
function connect(graph, node, { link, name }) {
  if (name === null) {
    if (link.origin_slot < node.outputs.length) leadOut(graph, node, link);
    return;
  }
  const slot = node.inputs.findIndex((one) => one.name === name);
  const input = node.inputs[slot];
  if (!input) return;
  const port = isOwn(graph.inputNode, link.origin_id) && graph.inputNode?.slots[link.origin_slot];
  if (port) port.connect(input, node, link.parentId);
  else graph.getNodeById(link.origin_id)?.connect(link.origin_slot, node, slot, link.parentId);
}

/** @param {Graph} graph @param {GraphNode} node @param {GraphLink} link */
function leadOut(graph, node, link) {
  const port = isOwn(graph.outputNode, link.target_id) && graph.outputNode?.slots[link.target_slot];
  const target = graph.getNodeById(link.target_id);
  if (port) port.connect(must(node.outputs[link.origin_slot]), node, link.parentId);
  else if (target) node.connect(link.origin_slot, target, link.target_slot, link.parentId);
}

/** @param {{ id: number } | undefined} port @param {number | string} id */
function isOwn(port, id) {
  return port !== undefined && String(port.id) === String(id);
}

/** The values that all hosts of subgraphs show. @returns {[GraphNode, string, unknown][]} */
function hostValues() {
  const graphs = [root(), ...(root().subgraphs?.values() ?? [])];
  const hosts = graphs.flatMap((graph) => graph.nodes.filter((node) => node.subgraph));
  return hosts.flatMap((host) =>
    (host.widgets ?? []).map((one) => /** @type {[GraphNode, string, unknown]} */ ([host, one.name, one.value])),
  );
}
