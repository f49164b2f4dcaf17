// Before the queue: what runs well goes on at once, what does not is asked about, and whatever fails here
// lets the prompt through. The one place that takes hold of ComfyUI's queue.
import { apply } from "./apply/index.js";
import * as dialog from "./dialog.js";
import { app, queuesItself, setting, toast } from "./host/comfy.js";
import { forecastInTime } from "./queue/answer.js";
import { asks, byItself, nameOf, outputsOf } from "./queue/decide.js";
import { isQuiet, keepQuiet } from "./queue/quiet.js";
import { sentence } from "./sentence.js";
import { GUARD, THRESHOLD } from "./settings.js";
import { text } from "./text.js";
import { badgeText } from "./words.js";

let passing = false; // the user said so
let told = ""; // of the last graph that a queue filling itself was told about

/** Takes hold of the queue; other packs' wrappers, made before or after, are called as ever. */
export function begin() {
  const before = app.queuePrompt;
  app.queuePrompt = async function (...given) {
    const goes = await ready(given).catch((error) => {
      console.warn("VRAM Forecast: a prompt was queued unchecked:", error);
      return true;
    });
    return goes ? before.apply(this ?? app, given) : false;
  };
}

/** Queues as if nobody had asked. @param {any[]} given */
export async function queueAnyway(given) {
  passing = true;
  try {
    return await app.queuePrompt.apply(app, /** @type {any} */ (given));
  } finally {
    passing = false;
  }
}

/**
 * Whether a prompt is queued now.
 *
 * @param {any[]} given the arguments of `app.queuePrompt`
 */
async function ready(given) {
  if (passing) return true;
  const guard = String(setting(GUARD, "warn"));
  if (guard === "off") return true;
  const filling = byItself(given[2], queuesItself());
  if (dialog.isOpen()) return filling || again(guard);
  const known = await forecastInTime(outputsOf(given[2]));
  if (!known || !asks(known.forecast, { guard, threshold: Number(setting(THRESHOLD, 3)) })) return true;
  if (guard !== "block" && isQuiet(known.prompt)) return true;
  if (filling) return warned(known);
  // One that began before the dialog was to be seen is no answer to it.
  return dialog.isOpen() ? false : answered(known, guard === "block", given);
}

/** Asked once more while the dialog is open: that is an answer, where it may be one. @param {string} guard */
function again(guard) {
  if (guard !== "block") dialog.answer("anyway");
  return false;
}

/** A prompt of a queue that fills itself runs; its user is told once. @param {NonNullable<Awaited<ReturnType<typeof forecastInTime>>>} known */
function warned({ prompt, forecast }) {
  const name = nameOf(prompt);
  if (name !== told) toast("warn", badgeText(forecast), sentence(forecast));
  told = name;
  return true;
}

/**
 * What the user says.
 *
 * @param {NonNullable<Awaited<ReturnType<typeof forecastInTime>>>} known
 * @param {boolean} strict there is no way past it
 * @param {any[]} given
 * @returns {Promise<boolean>}
 */
async function answered({ prompt, written, forecast }, strict, given) {
  const outputs = outputsOf(given[2]);
  const said = await dialog.ask({
    forecast,
    written,
    strict,
    outputs,
    make: async (suggestion) => {
      const made = await apply(suggestion, written);
      return made.done ? "" : made.why || text("dialog.refused");
    },
  });
  if (said.quiet && said.answer === "anyway") keepQuiet(prompt);
  return said.answer !== "cancel";
}
