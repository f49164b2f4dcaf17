// A forecast's steps as columns: how wide each is, and what lies on the card in it. Numbers alone, drawn
// elsewhere; the same rules as `estimator/charts/timeline.py`, and a test holds both to each other.

/**
 * A part of what is on the card during a step, bytes; `component`: whose weights. `others`: other programs;
 * `models`: buffers, and models of earlier steps that do not give way.
 *
 * @typedef {"others" | "workspace" | "weights" | "models" | "activations"} What
 * @typedef {{ what: What, bytes: number, component: string }} Layer
 */

/**
 * One step, or neighbours (`steps`) for which their tallest stands; `left` and `width` in pixels, layers from
 * below. `reached`: no step before it runs out of memory.
 *
 * @typedef {{
 *   step: StepForecast, steps: StepForecast[], left: number, width: number, layers: Layer[], reached: boolean
 * }} Column
 */

export const LEAST_PX = 8;
const MOST_COLUMNS = 120;

/** Whether a step stops the run, or slows it down beyond use. @param {StepForecast} step */
export function fails(step) {
  return step.verdict === "oom" || step.verdict === "spill";
}

/**
 * The steps in `room` pixels, in the order in which they run.
 *
 * @param {Forecast} forecast
 * @param {number} room
 * @returns {Column[]}
 */
export function columns(forecast, room) {
  const groups = grouped(forecast.steps, room);
  const wide = widths(times(groups), room, LEAST_PX);
  const failing = groups.findIndex((group) => tallest(group).verdict === "oom");
  let left = 0;
  return groups.map((steps, at) => {
    const step = tallest(steps);
    const width = wide[at] ?? 0;
    left += width;
    const reached = failing < 0 || at <= failing;
    return { step, steps, left: left - width, width, layers: layers(step, forecast), reached };
  });
}

/**
 * Each step alone, or neighbours together where there are more than can be drawn.
 *
 * @param {StepForecast[]} steps
 * @param {number} room
 * @returns {StepForecast[][]}
 */
export function grouped(steps, room) {
  const most = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(room / LEAST_PX)));
  const many = Math.max(1, Math.ceil(steps.length / most));
  const found = [];
  for (let at = 0; at < steps.length; at += many) found.push(steps.slice(at, at + many));
  return found;
}

/** The step that stands for a group: one that fails, else that with the highest peak. @param {StepForecast[]} group */
function tallest(group) {
  const rank = (/** @type {StepForecast} */ one) => (fails(one) ? Infinity : one.vram_peak.best);
  const higher = (/** @type {StepForecast} */ one, /** @type {StepForecast} */ than) =>
    rank(one) > rank(than) || (fails(one) && fails(than) && one.vram_peak.best > than.vram_peak.best);
  return group.reduce((best, one) => (higher(one, best) ? one : best));
}

/**
 * How long each group takes; what is not known is drawn as long as the others are on average.
 *
 * @param {StepForecast[][]} groups
 */
export function times(groups) {
  const known = groups.map((group) => total(group.map((one) => one.seconds?.best ?? 0)));
  const sure = groups.map((group) => group.every((one) => one.seconds));
  const mean = total(known) / Math.max(1, sure.filter(Boolean).length);
  return known.map((took, at) => (sure[at] ? took : Math.max(took, mean)));
}

/**
 * `room` shared out in proportion, nobody getting less than `least`, or than an equal part of it.
 *
 * @param {number[]} shares
 * @param {number} room
 * @param {number} least
 * @returns {number[]}
 */
export function widths(shares, room, least) {
  const floor = Math.min(least, room / shares.length);
  const narrow = new Set();
  for (;;) {
    const rest = room - floor * narrow.size;
    const whole = total(shares.filter((_, at) => !narrow.has(at)));
    if (!whole) return shares.map(() => room / shares.length);
    const more = shares.map((_, at) => at).filter((at) => !narrow.has(at) && (shares[at] ?? 0) * rest < floor * whole);
    if (!more.length) return shares.map((one, at) => (narrow.has(at) ? floor : (one * rest) / whole));
    for (const at of more) narrow.add(at);
  }
}

/**
 * What is on the card during a step, from below; weights alone where the rest is not known.
 *
 * @param {StepForecast} step
 * @param {Forecast} forecast
 * @returns {Layer[]}
 */
export function layers(step, forecast) {
  const taken = forecast.device.taken.best;
  const others = layer("others", taken);
  if (!step.vram_peak.high) {
    const known = step.verdict === "unknown" ? step.weights : 0;
    return [others, ...weights(step, forecast, known)].filter((one) => one.bytes > 0);
  }
  const [activations, workspace] = [step.activations.best, step.workspace.best];
  const rest = step.vram_peak.best - taken - (activations + workspace) - step.resident;
  const parts = [
    others,
    layer("workspace", workspace),
    ...weights(step, forecast, step.resident),
    layer("models", rest),
    layer("activations", activations),
  ];
  return parts.filter((one) => one.bytes > 0);
}

/** @param {What} what @param {number} bytes @returns {Layer} */
function layer(what, bytes) {
  return { what, bytes, component: "" };
}

/**
 * So many bytes of a step's weights by component, each with its share of what all of them weigh.
 *
 * @param {StepForecast} step
 * @param {Forecast} forecast
 * @param {number} held
 * @returns {Layer[]}
 */
function weights(step, forecast, held) {
  const own = forecast.components.filter((one) => step.components.includes(one.key));
  const whole = total(own.map((one) => one.bytes));
  if (!whole) return [];
  return own.map((one) => ({ what: "weights", bytes: (held * one.bytes) / whole, component: one.key }));
}

/** What a column stacks up to, bytes. @param {Pick<Column, "layers">} column */
export function top(column) {
  return total(column.layers.map((one) => one.bytes));
}

/** @param {number[]} numbers */
function total(numbers) {
  return numbers.reduce((sum, one) => sum + one, 0);
}
