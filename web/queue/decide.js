// What a forecast means for a prompt that is about to be queued, and which prompts are the same to their user.

/** Verdicts that go on at once, whatever the settings: nothing is wrong, or nothing is known. */
const AT_ONCE = ["resident", "unknown"];

/** Inputs that say which picture, and not how it is made. */
const SEEDS = ["seed", "noise_seed", "rand_seed"];

/**
 * Whether the user is asked before a prompt is queued.
 *
 * @param {Forecast} forecast
 * @param {{guard: string, threshold: number}} settings `threshold`: so many times as long as without streaming
 */
export function asks(forecast, { guard, threshold }) {
  if (guard === "off" || AT_ONCE.includes(forecast.verdict)) return false;
  if (forecast.verdict !== "streamed") return true;
  return (forecast.slowdown?.best ?? 1) >= threshold;
}

/**
 * A short name for a prompt that stays as it is when only a seed or a title changes.
 *
 * @param {Prompt} prompt
 */
export function nameOf(prompt) {
  const told = Object.keys(prompt)
    .sort()
    .map((id) => [id, prompt[id]?.class_type, settled(prompt[id]?.inputs ?? {})]);
  return hash(JSON.stringify(told));
}

/** @param {Record<string, unknown>} inputs */
function settled(inputs) {
  return Object.keys(inputs)
    .sort()
    .filter((name) => !SEEDS.includes(name))
    .map((name) => [name, inputs[name]]);
}

/** 53 bits of a text: enough to tell a few hundred graphs apart. @param {string} text */
function hash(text) {
  let [low, high] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    low = Math.imul(low ^ text.charCodeAt(at), 2654435761);
    high = Math.imul(high ^ text.charCodeAt(at), 1597334677);
  }
  return ((high >>> 0) * 2 ** 21 + ((low >>> 0) >>> 11)).toString(36);
}

/**
 * The nodes that a part of the workflow is run for, by the third argument of `app.queuePrompt`: a list of ids,
 * or (from frontend 1.5x on) an object that has it; empty for all.
 *
 * @param {unknown} given
 * @returns {string[]}
 */
export function outputsOf(given) {
  const found = Array.isArray(given) ? given : /** @type {any} */ (given)?.queueNodeIds;
  return Array.isArray(found) ? found.map(String) : [];
}

/** Whether a queue that fills itself asks. @param {unknown} given the same argument @param {boolean} filling */
export function byItself(given, filling) {
  const source = /** @type {any} */ (given)?.intent?.trigger_source;
  return source ? source === "auto_queue" : filling;
}
