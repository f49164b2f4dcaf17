// What would be queued now, without anything happening for it.
import { app } from "../../../scripts/app.js";
import { places } from "./places.js";

/** What a date or another node's value is written into, in the text of a widget. */
const PLACEHOLDER = /%[^%]+%/;

/** The functions that are asleep, by their widget. @type {Map<Widget, Widget["serializeValue"]>} */
const asleep = new Map();
let asking = 0;

/**
 * What would be queued now, as `/prompt` takes it, and as the workflow is drawn. Nodes of types that are not
 * installed have their type's name all the same: ComfyUI would refuse them, and a forecast knows many.
 *
 * @returns {Promise<{prompt: Prompt, workflow: unknown}>}
 */
export async function prompted() {
  const { output, workflow } = await undisturbed(() => app.graphToPrompt());
  const nameless = Object.entries(output).some(([, node]) => !node.class_type);
  const nodes = nameless ? new Map(places()) : new Map();
  const named = Object.entries(output).map(([id, node]) => {
    return [id, node.class_type ? node : { ...node, class_type: nodes.get(id)?.type }];
  });
  return { prompt: Object.fromEntries(named.filter(([, node]) => node.class_type)), workflow };
}

/**
 * Asks for a prompt while the widgets that act when they are asked for their value sleep. A camera would take
 * a picture and upload it, a 3D view render its own; random words and dates would be others each time. A
 * prompt is made before the browser takes up anything else, so nobody else finds them asleep.
 *
 * @template T
 * @param {() => Promise<T>} make
 * @returns {Promise<T>}
 */
async function undisturbed(make) {
  asking += 1;
  for (const [, node] of places()) node.widgets?.forEach(sleep);
  setTimeout(wake); // at the latest: other packs' prompts can take their time
  try {
    return await make();
  } finally {
    asking -= 1;
    if (!asking) wake();
  }
}

/** @param {Widget} widget */
function sleep(widget) {
  if (asleep.has(widget) || !acts(widget)) return;
  asleep.set(widget, widget.serializeValue);
  widget.serializeValue = () => widget.value;
}

/** Whether a widget does something, or says something else each time, when it is asked. @param {Widget} widget */
function acts({ serializeValue, dynamicPrompts, value }) {
  if (!serializeValue) return false;
  const takesTime = serializeValue.constructor.name === "AsyncFunction";
  return takesTime || Boolean(dynamicPrompts) || (typeof value === "string" && PLACEHOLDER.test(value));
}

function wake() {
  for (const [widget, serializeValue] of asleep) widget.serializeValue = serializeValue;
  asleep.clear();
}
