// The badges on nodes: on the canvas and by Vue, at root, on subgraphs' hosts and inside subgraphs.
import { hues } from "./charts/hues.js";
import { redraw, setting } from "./host/comfy.js";
import { draw } from "./host/node_badge.js";
import { places } from "./host/places.js";
import { show, shown } from "./host/reactive.js";
import { face, partsOf, together, worse } from "./node_faces.js";
import { NODE_BADGES } from "./settings.js";
import { follow } from "./state.js";

/** @typedef {import("./node_faces.js").Part} Part */
/** @typedef {{ text: string, verdict: Verdict, hue: string }} Shown what the badge of one node shows */

/** A node on the canvas: it keeps its number where its graph is, and a subgraph is one graph however often it is used.
 * @param {GraphNode} node */
const keyOf = (node) => `${node.graph?.id ?? ""}/${node.id}`;

/**
 * What all badges show, by the key of their node.
 *
 * @param {Forecast | null} forecast
 * @param {Iterable<[string, GraphNode]>} [nodes] each with its id in the flat prompt
 * @returns {Record<string, Shown>}
 */
export function faces(forecast, nodes = places()) {
  if (!forecast) return {};
  const parts = partsOf(forecast);
  /** @type {Map<string, Part>} */
  const found = new Map();
  for (const [id, node] of nodes) {
    const part = node.subgraph ? inside(parts, `${id}:`) : parts.get(id);
    const before = found.get(keyOf(node));
    if (part) found.set(keyOf(node), before ? worse(before, part) : part);
  }
  const colours = hues(forecast);
  const shown = [...found].map(([key, part]) => {
    const { text, verdict, key: largest } = face(part, forecast);
    return [key, { text, verdict, hue: colours.get(largest) ?? "" }];
  });
  return Object.fromEntries(shown);
}

/** @param {Map<string, Part>} parts @param {string} prefix of the ids in a subgraph */
function inside(parts, prefix) {
  const found = [...parts].filter(([id]) => id.startsWith(prefix)).map(([, part]) => part);
  return found.length ? together(found) : undefined;
}

/** Gives a node its badge, for good: what it shows is read whenever it is drawn. @param {GraphNode} node */
export function created(node) {
  draw(node, () => {
    /** @type {Shown | undefined} */
    const found = shown()?.nodes?.[keyOf(node)];
    return found && setting(NODE_BADGES, true) ? found : null;
  });
}

/** Begins to show the state on nodes. */
export function begin() {
  /** @type {Forecast | null} */
  let before = null;
  follow(({ forecast }) => {
    if (!forecast && !before) return;
    before = forecast;
    show({ nodes: faces(forecast) });
    redraw();
  });
}
