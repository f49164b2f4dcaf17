// Whether what the canvas stands for is what was wanted.
import { isLink } from "./edits.js";
import { same } from "./plan.js";

/**
 * @typedef {{
 *   before: Prompt, wanted: Prompt, now: Prompt,
 *   ids: Map<string, string>, knows: (id: string, name: string) => boolean,
 * }} Compared `ids`: what nodes that are new in `wanted` are called in `now`; `knows`: whether a node has an input
 */

/**
 * The first difference, for the console; none is empty. New nodes, and those of another type, may have inputs
 * more that are as their type has them by itself, and lack those that it does not know.
 *
 * @param {Compared} compared
 * @returns {string}
 */
export function different({ before, wanted, now, ids, knows }) {
  const called = (/** @type {string} */ id) => ids.get(id) ?? id;
  const there = new Set(Object.keys(now));
  for (const [id, node] of Object.entries(wanted)) {
    const found = now[called(id)];
    if (!there.delete(called(id)) || !found) return `node ${id} is not there`;
    if (found.class_type !== node.class_type) return `node ${id} is a ${found.class_type}`;
    const own = before[id];
    const touched = own?.class_type !== node.class_type;
    const may = (/** @type {string} */ name) =>
      name in found.inputs
        ? !isLink(found.inputs[name]) && (touched || isLink(own?.inputs[name]))
        : touched && !knows(called(id), name);
    const wrong = Object.keys({ ...node.inputs, ...found.inputs }).find((name) =>
      name in node.inputs && name in found.inputs
        ? !same(found.inputs[name], renamed(node.inputs[name], called))
        : !may(name),
    );
    if (wrong) return `${wrong} of node ${id} is ${JSON.stringify(found.inputs[wrong])}`;
  }
  return there.size ? `node ${[...there][0]} is there` : "";
}

/** @param {unknown} value @param {(id: string) => string} called */
function renamed(value, called) {
  return isLink(value) ? [called(value[0]), value[1]] : value;
}
