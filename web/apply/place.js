// Where a new node goes: beside what it belongs to, and over nothing.

/** @typedef {[number, number, number, number]} Box left, top, width and height, title included */

const TITLE = 30; // the height of a node's title, which lies above its position
const GAP = 30; // between nodes
const LIMIT = 60; // places tried before nodes are let lie over each other

/** @param {GraphNode} node @returns {Box} */
export function boxOf({ pos, size }) {
  return [pos[0], pos[1] - TITLE, size[0], size[1] + TITLE];
}

/**
 * The position of a node of that size, as near as can be below or above where it is wanted.
 *
 * @param {Box[]} taken
 * @param {[number, number]} wanted
 * @param {[number, number]} size
 * @returns {[number, number]}
 */
export function free(taken, [x, y], size) {
  /** @type {Box} */
  const box = [x, y - TITLE, size[0], size[1] + TITLE];
  const tops = taken.flatMap(([, top, , height]) => [top + height + GAP, top - box[3] - GAP]);
  const near = [box[1], ...tops].sort((a, b) => Math.abs(a - box[1]) - Math.abs(b - box[1])).slice(0, LIMIT);
  const top = near.find((one) => !taken.some((other) => overlap([x, one, box[2], box[3]], other)));
  return [x, (top ?? box[1]) + TITLE];
}

/** @param {Box} a @param {Box} b */
export function overlap(a, b) {
  return a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
}

/**
 * Where a new node of a plan is wanted: in place of the node that goes and gave the same, else left of the
 * first that takes what it gives, else right of what it takes.
 *
 * @param {import("./plan.js").Step[]} steps
 * @param {import("./walk.js").NewNode} node
 * @param {[number, number]} size
 * @returns {[number, number]}
 */
export function wanted(steps, node, size) {
  const links = steps.filter((one) => one.do === "link");
  const users = links.filter((one) => one.from.node === node).map((one) => one.to.node);
  const gone = steps.find((one) => one.do === "remove" && users.some((user) => user && one.feeds.includes(user)));
  if (gone?.do === "remove") return [gone.node.pos[0], gone.node.pos[1]];
  const user = users.find((one) => one && "pos" in one);
  if (user && "pos" in user) return [user.pos[0] - size[0] - GAP * 2, user.pos[1]];
  const source = links.find((one) => one.to.node === node)?.from.node;
  return source && "pos" in source ? [source.pos[0] + source.size[0] + GAP * 2, source.pos[1]] : [0, 0];
}
