// What to do on the canvas so that it stands for another prompt: checked as a whole before anything is done.
import { isLink } from "./edits.js";
import { enter, locate, nameOf, slotOf, sourceIn, targets, Wires } from "./walk.js";

/**
 * @typedef {import("./walk.js").Place} Place
 * @typedef {import("./walk.js").Source} Source
 * @typedef {import("./walk.js").Target} Target
 * @typedef {import("./walk.js").NewNode} NewNode
 */

/**
 * One thing to do. `ids`: those that a new node has in the wanted prompt, one for each use of its subgraph.
 * `feeds`: the nodes that took what the one that goes gave.
 *
 * @typedef {{ do: "add", graph: Graph, node: NewNode, type: string, ids: string[] }
 *   | { do: "replace", graph: Graph, node: GraphNode, type: string }
 *   | { do: "remove", graph: Graph, node: GraphNode, feeds: unknown[] }
 *   | { do: "link", graph: Graph, from: Source, to: Target }
 *   | { do: "cut", graph: Graph, to: Target }
 *   | { do: "set", to: Target, value: unknown }} Step
 */

/** It cannot be done on this canvas: `reason` is the end of a key of the texts. */
export class Unmapped extends Error {
  /** @param {"shared" | "lost" | "unmapped"} reason @param {string} id */
  constructor(reason, id) {
    super(`${reason}: ${id}`);
    this.reason = reason;
    this.id = id;
  }
}

/**
 * What to do, in this order, so that the graph stands for `wanted` and no more for `prompt`.
 * Throws `Unmapped` where something else would change as well, or where there is no place for it.
 *
 * @param {Graph} root
 * @param {Prompt} prompt
 * @param {Prompt} wanted
 * @returns {Step[]}
 */
export function plan(root, prompt, wanted) {
  return new Plan(root, prompt, wanted).steps();
}

class Plan {
  wires = new Wires();
  /** @type {Step[]} */
  made = [];
  /** What is done at a target already, as text. @type {Map<string, string>} */
  done = new Map();
  /** The places of all ids of both prompts. @type {Map<string, Place | (Omit<Place, "node"> & { node: NewNode })>} */
  places = new Map();
  /** The inputs of the wanted prompt that are behind a target. @type {Map<string, [string, string][]>} */
  readers = new Map();
  /** @type {Map<string, Target[]>} */
  ways = new Map();

  /** @param {Graph} root @param {Prompt} prompt @param {Prompt} wanted */
  constructor(root, prompt, wanted) {
    this.root = root;
    this.prompt = prompt;
    this.wanted = wanted;
    for (const id of Object.keys({ ...prompt, ...wanted })) this.find(id);
    for (const id of Object.keys(wanted)) for (const name of this.names(id)) this.follow(id, name);
  }

  /** @param {string} id */
  names(id) {
    return Object.keys({ ...this.prompt[id]?.inputs, ...this.wanted[id]?.inputs });
  }

  /** Notes the place of an id. @param {string} id */
  find(id) {
    const place = this.prompt[id] ? locate(this.root, id) : null;
    if (place) this.places.set(id, place);
    if (this.prompt[id]) return;
    const inside = enter(this.root, id);
    if (!inside) throw new Unmapped("lost", id);
    const tail = id.slice(id.lastIndexOf(":") + 1);
    this.places.set(id, { ...inside, node: { id: `+${tail}`, tail, isNew: true } });
  }

  /** Notes the way up from an input. @param {string} id @param {string} name */
  follow(id, name) {
    const place = this.places.get(id);
    if (!place) return;
    const found = "isNew" in place.node ? own(place, name) : targets(this.wires, /** @type {Place} */ (place), name);
    this.ways.set(`${id}/${name}`, found);
    for (const { key } of found) this.readers.set(key, [...(this.readers.get(key) ?? []), [id, name]]);
  }

  steps() {
    for (const id of Object.keys(this.wanted)) this.node(id);
    for (const [id, { inputs }] of Object.entries(this.wanted))
      for (const [name, value] of Object.entries(inputs))
        if (!same(this.prompt[id]?.inputs[name], value)) this.change(id, name, value);
    for (const id of Object.keys(this.prompt)) if (!this.wanted[id]) this.removal(id);
    return this.made;
  }

  /** A node that is new, or of another type than before. @param {string} id */
  node(id) {
    const place = this.places.get(id);
    const type = /** @type {PromptNode} */ (this.wanted[id]).class_type;
    if (this.prompt[id]?.class_type === type) return;
    if (!place) throw new Unmapped("lost", id);
    const { node, graph } = place;
    const alike = this.instances(graph, node, id);
    if (alike.some((one) => this.wanted[one]?.class_type !== type)) throw new Unmapped("shared", id);
    if (!this.first(`${nameOf(graph)}/${node.id}`, type, id)) return;
    this.made.push("isNew" in node ? { do: "add", graph, node, type, ids: alike } : { do: "replace", graph, node, type });
  }

  /** A node that goes. @param {string} id */
  removal(id) {
    const place = this.places.get(id);
    if (!place) throw new Unmapped("lost", id);
    const { graph, node } = /** @type {Place} */ (place);
    if (this.instances(graph, node, id).some((one) => this.wanted[one])) throw new Unmapped("shared", id);
    if (this.first(`${nameOf(graph)}/${node.id}`, "gone", id))
      this.made.push({ do: "remove", graph, node, feeds: this.users(id) });
  }

  /** The nodes that take an output of another. @param {string} id */
  users(id) {
    const users = Object.keys(this.prompt).filter((one) =>
      Object.values(this.prompt[one]?.inputs ?? {}).some((value) => isLink(value) && value[0] === id),
    );
    return users.map((one) => this.places.get(one)?.node);
  }

  /**
   * The ids of a node in all uses of its subgraph; of a new one also those that it should have had.
   *
   * @param {Graph} graph
   * @param {GraphNode | NewNode} node
   * @param {string} id
   */
  instances(graph, node, id) {
    const tail = id.slice(id.lastIndexOf(":") + 1);
    const within = [...this.places].filter(([, one]) => one.graph === graph);
    const prefixes = within.map(([one]) => one.slice(0, one.lastIndexOf(":") + 1));
    const ids = [...new Set(prefixes)].map((prefix) => prefix + tail);
    return "isNew" in node ? ids : ids.filter((one) => this.prompt[one]);
  }

  /** Whether nothing was planned there yet. Throws where something else was. @param {string} key @param {string} what @param {string} id */
  first(key, what, id) {
    const before = this.done.get(key);
    if (before !== undefined && before !== what) throw new Unmapped("shared", id);
    this.done.set(key, what);
    return before === undefined;
  }

  /**
   * An input that takes another value: changed as far up as nothing else is behind.
   *
   * @param {string} id
   * @param {string} name
   * @param {unknown} value
   */
  change(id, name, value) {
    const way = this.ways.get(`${id}/${name}`);
    if (!way) throw new Unmapped("lost", id);
    const make = isLink(value) ? this.linking.bind(this) : this.setting.bind(this);
    for (const to of [...way].reverse()) {
      const steps = make(to, value);
      if (!steps) continue;
      if (this.first(to.key, told(steps), id)) this.made.push(...steps);
      return;
    }
    throw new Unmapped(way.length && this.spread(id, name) ? "shared" : "unmapped", id);
  }

  /** Whether a node stands in the prompt more than once. @param {string} id @param {string} name */
  spread(id, name) {
    const behind = this.readers.get(this.ways.get(`${id}/${name}`)?.[0]?.key ?? "") ?? [];
    return new Set(behind.map(([one]) => one)).size > 1;
  }

  /** What is wanted of all inputs behind a target. @param {Target} to @returns {[string, unknown][]} */
  behind(to) {
    const readers = this.readers.get(to.key) ?? [];
    return readers.flatMap(([id, name]) => {
      const inputs = this.wanted[id]?.inputs ?? {};
      return name in inputs ? [/** @type {[string, unknown]} */ ([id, inputs[name]])] : [];
    });
  }

  /** A value at a target; null where others would change. @param {Target} to @param {any} value @returns {Step[] | null} */
  setting(to, value) {
    if (!this.holds(to) || this.behind(to).some(([, one]) => !same(one, value))) return null;
    const cut = to.linked ? [/** @type {Step} */ ({ do: "cut", graph: to.graph, to })] : [];
    return [...cut, { do: "set", to, value }];
  }

  /** Whether a target has a widget, as its node is or is going to be. @param {Target} to */
  holds({ node, graph, name }) {
    if (!node) return false;
    if ("isNew" in node || this.done.has(`${nameOf(graph)}/${node.id}`)) return true;
    return Boolean(node.widgets?.some((one) => one.name === name));
  }

  /** A link to a target; null where others would change. @param {Target} to @param {any} value @returns {Step[] | null} */
  linking(to, value) {
    const slot = to.node && !("isNew" in to.node) && slotOf(to.node, to.name);
    if (to.node && !isNode(to.node, "Reroute") && slot === -1 && !this.done.has(`${nameOf(to.graph)}/${to.node.id}`))
      return null;
    const all = this.behind(to).map(([id, one]) => this.source(id, to, one));
    const from = this.source("", to, value) ?? all[0];
    if (!from || all.some((one) => !one || one.node !== from.node || one.slot !== from.slot)) return null;
    return [{ do: "link", graph: to.graph, from, to }];
  }

  /**
   * Where a link comes from, as the graph of a target knows it in the use of it that `id` lies in.
   *
   * @param {string} id
   * @param {Target} to
   * @param {unknown} value
   * @returns {Source | null}
   */
  source(id, to, value) {
    if (!isLink(value)) return null;
    const place = this.places.get(value[0]);
    if (!place) return null;
    const hosts = id ? this.hostsOf(id, to) : to.hosts;
    return hosts && sourceIn(this.wires, { node: place.node, slot: value[1], hosts: place.hosts }, hosts);
  }

  /** The hosts around a target on the way of `id`. @param {string} id @param {Target} to */
  hostsOf(id, to) {
    for (const name of this.names(id)) {
      const found = this.ways.get(`${id}/${name}`)?.find((one) => one.key === to.key);
      if (found) return found.hosts;
    }
    return null;
  }
}

/** The only target of an input of a new node. @param {Omit<Place, "node"> & { node: any }} place @param {string} name @returns {Target[]} */
function own({ node, graph, hosts }, name) {
  return [{ key: `${nameOf(graph)}/${node.id}/${name}`, node, graph, hosts, name, linked: false }];
}

/** @param {GraphNode | NewNode} node @param {string} type */
function isNode(node, type) {
  return !("isNew" in node) && node.type === type;
}

/** Steps as a text that is the same for the same. @param {Step[]} steps */
function told(steps) {
  return JSON.stringify(
    steps.map((one) => {
      if (one.do === "set") return ["set", one.value];
      return one.do === "link" ? ["link", one.from.node?.id ?? "in", one.from.slot] : [one.do];
    }),
  );
}

/** @param {unknown} one @param {unknown} other */
export function same(one, other) {
  return one === other || (typeof one === "object" && JSON.stringify(one) === JSON.stringify(other));
}
