// The nodes on the canvas by their ids in the flat prompt.
import { root } from "../host/comfy.js";
import { locate } from "./walk.js";

/**
 * A node by its id in the flat prompt, the graph that it lies in and the subgraph hosts around it, the
 * outermost first; null where there is none.
 *
 * @param {string} flatId
 */
export function nodeOf(flatId) {
  return locate(root(), flatId);
}
