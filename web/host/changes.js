// When the graph has changed: ComfyUI tells of what a user does, and nobody of what a script does.
import { GLANCE } from "../timing.js";
import { api, root } from "./comfy.js";

/** Calls a function when the graph is another than it was. @param {() => void} changed */
export function changes(changed) {
  let before = "";
  const look = () => {
    const now = marks(root());
    if (now === before) return;
    before = now;
    changed();
  };
  for (const event of ["graphChanged", "graphCleared"]) api.addEventListener(event, look);
  setInterval(() => document.visibilityState === "visible" && look(), GLANCE);
}

/**
 * All of a graph that a prompt is made of, as a text that is only compared: much cheaper than the prompt.
 *
 * @param {Graph | undefined} graph
 * @returns {string}
 */
function marks(graph) {
  /** @type {unknown[]} */
  const found = [graph?.id];
  /** @type {Set<Graph>} */
  const seen = new Set();
  const walk = (/** @type {Graph | undefined} */ one) => {
    if (!one || seen.has(one)) return;
    seen.add(one);
    for (const node of one.nodes) {
      found.push(node.id, node.type, node.mode);
      for (const widget of node.widgets ?? []) found.push(mark(widget.value));
      walk(node.subgraph);
    }
    for (const link of one.links.values())
      found.push(link.origin_id, link.origin_slot, link.target_id, link.target_slot);
  };
  walk(graph);
  return found.join("\n");
}

/** @param {unknown} value */
function mark(value) {
  if (typeof value !== "object") return value;
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
}
