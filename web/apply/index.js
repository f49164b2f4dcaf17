// A suggestion's edits, made on the canvas in one step that Ctrl+Z takes back, or not at all.
import { noted, once, settled } from "../host/change.js";
import { prompted, root } from "../host/comfy.js";
import { Editing, installed } from "../host/edit.js";
import { text } from "../text.js";
import { different } from "./compare.js";
import { edited } from "./edits.js";
import { models, texts } from "./models.js";
import { boxOf, free, wanted as wantedAt } from "./place.js";
import { plan, Unmapped } from "./plan.js";
import { locate, slotOf } from "./walk.js";

/** @typedef {{ done: true } | { done: false, why: string }} Outcome */

/** Whether a suggestion can be made here by a click: not those that a person has to see to. @param {Suggestion} suggestion */
export function canApply(suggestion) {
  return suggestion.applicability !== "manual" && suggestion.edits.length > 0 && !lacking(suggestion);
}

/** The first node type that is not installed. @param {Suggestion} suggestion */
function lacking({ edits }) {
  return edits.map((one) => one.class_type).find((type) => type && !installed(type));
}

let busy = false;

/**
 * Makes a suggestion's edits on the canvas.
 *
 * @param {Suggestion} suggestion
 * @param {string} prompt the JSON text that the forecast was made of
 * @returns {Promise<Outcome>}
 */
export async function apply(suggestion, prompt) {
  if (busy) return refused("apply.changed");
  busy = true;
  try {
    return await applied(suggestion, prompt);
  } catch (error) {
    if (error instanceof Unmapped) return refused(`apply.${error.reason}`);
    console.warn("VRAM Forecast: a change could not be made.", error);
    return refused("apply.unmapped");
  } finally {
    busy = false;
  }
}

/** @param {string} key @param {Record<string, string>} [slots] @returns {Outcome} */
function refused(key, slots) {
  return { done: false, why: text(key, slots) };
}

/** @param {Suggestion} suggestion @param {string} prompt @returns {Promise<Outcome>} */
async function applied(suggestion, prompt) {
  const type = lacking(suggestion);
  if (type && suggestion.needs.length) return refused("apply.needs", { pack: suggestion.needs.join(", ") });
  if (type) return refused("apply.lacks", { type });
  await noted();
  if (prompt !== JSON.stringify((await prompted()).prompt)) return refused("apply.changed");
  const before = /** @type {Prompt} */ (JSON.parse(prompt));
  const wanted = edited(before, suggestion.edits);
  const steps = plan(root(), before, wanted);
  const made = await once(() => makes(steps, before, wanted, suggestion.downloads));
  return made ? { done: true } : refused("apply.unmapped");
}

/**
 * Does all steps; whether the canvas stands for what is wanted then.
 *
 * @param {import("./plan.js").Step[]} steps
 * @param {Prompt} before
 * @param {Prompt} wanted
 * @param {Download[]} downloads
 */
async function makes(steps, before, wanted, downloads) {
  const editing = new Editing((graph, node, made) => placed(steps, graph, node, made));
  editing.make(steps);
  const ids = new Map(steps.flatMap((one) => (one.do === "add" ? named(one, String(editing.now(one.node).id)) : [])));
  tell(before, wanted, ids, downloads);
  const now = JSON.parse(JSON.stringify((await prompted()).prompt)); // as it is sent: what is undefined is not
  const wrong = different({ before, wanted, now, ids, knows });
  if (wrong) console.warn(`VRAM Forecast: a change was taken back, since ${wrong}.`);
  else if (await settled()) editing.placeAgain();
  return !wrong;
}

/** The ids of a new node in the wanted prompt, and as they are. @param {{ ids: string[] }} step @param {string} own */
function named({ ids }, own) {
  return ids.map((id) => /** @type {[string, string]} */ ([id, id.slice(0, id.lastIndexOf(":") + 1) + own]));
}

/** Whether a node has an input of that name. @param {string} id @param {string} name */
function knows(id, name) {
  const node = locate(root(), id)?.node;
  return Boolean(node && (slotOf(node, name) >= 0 || node.widgets?.some((one) => one.name === name)));
}

/**
 * @param {import("./plan.js").Step[]} steps
 * @param {Graph} graph
 * @param {import("./walk.js").NewNode} node
 * @param {GraphNode} made what stands for it
 */
function placed(steps, graph, node, made) {
  const gone = new Set(steps.flatMap((one) => (one.do === "remove" ? [one.node] : [])));
  const taken = graph.nodes.filter((one) => one !== made && !gone.has(one)).map(boxOf);
  const size = /** @type {[number, number]} */ ([made.size[0], made.size[1]]);
  return free(taken, wantedAt(steps, node, size), size);
}

/**
 * Writes the files that nodes need by now into them.
 *
 * @param {Prompt} before
 * @param {Prompt} wanted
 * @param {Map<string, string>} ids
 * @param {Download[]} downloads
 */
function tell(before, wanted, ids, downloads) {
  /** @type {Map<GraphNode, { was: string[], now: string[] }>} */
  const changed = new Map(); // a node of a subgraph stands for several of the prompt
  for (const [id, node] of Object.entries(wanted)) {
    const found = locate(root(), ids.get(id) ?? id)?.node;
    if (!found) continue;
    const { was, now } = changed.get(found) ?? { was: [], now: [] };
    changed.set(found, { was: [...was, ...texts(before[id])], now: [...now, ...texts(node)] });
  }
  for (const [node, { was, now }] of changed) {
    if (JSON.stringify(was) === JSON.stringify(now)) continue;
    const listed = models(node.properties.models ?? [], was, now, downloads);
    if (listed.length) node.properties.models = listed;
    else delete node.properties.models;
  }
}
