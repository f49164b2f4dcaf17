// Where nodes are: each place of a subgraph's node is a node of its own in the prompt.
import { root } from "./comfy.js";

/**
 * Each node of the workflow with its id in the flat prompt: `57:3` is node 3 in the subgraph of node 57. A node
 * of a subgraph comes as often as the subgraph does.
 *
 * @returns {Generator<[string, GraphNode]>}
 */
export function* places(graph = root(), around = "") {
  for (const node of graph?.nodes ?? []) {
    const id = `${around}${node.id}`;
    yield [id, node];
    if (node.subgraph) yield* places(node.subgraph, `${id}:`);
  }
}
