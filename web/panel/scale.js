// The sliders of limits as plain values: from where to where, in which steps, and how a run is at each place.

/**
 * What `POST limits` answers (docs/http.md), as far as it is used.
 *
 * @typedef {{
 *   value: number | null, width: number | null, height: number | null, verdict: Verdict | null,
 *   tight: boolean | null, seconds: Estimate | null,
 * }} Place
 * @typedef {Place & {stays: "resident" | "quick" | "safe" | "running", edits: Edit[], beyond: Place | null}} Limit
 * @typedef {{
 *   quantity: "size" | "frames" | "seconds" | "batch", value: number | null,
 *   settings: {node: string, input: string, value: number}[], step: number, why: string, limits: Limit[],
 * }} Quantity
 * @typedef {{
 *   because: string, slowdown: number, quantities: Quantity[],
 *   now: {width: number, height: number, frames: number, batch: number, verdict: Verdict, tight: boolean},
 * }} Limits
 * @typedef {{to: number, verdict: Verdict, tight: boolean}} Zone up to and with `to`
 * @typedef {{min: number, max: number, step: number, zones: Zone[]}} Scale
 */

/** How far past its last mark a slider goes, as a share of what lies below it. */
const PAST = 0.2;

/** Where the least of a size begins; below it nobody makes pictures. */
const LEAST_SIDE = 256;

/** From here on a number of a size is a side in pixels; below, it is one of megapixels or a factor. */
const SIDE = 64;

/**
 * The scale of a quantity's slider; null where it has no limits.
 *
 * @param {Quantity} quantity
 * @returns {Scale | null}
 */
export function scaleOf(quantity) {
  if (quantity.value === null || !quantity.limits.length) return null;
  const step = stepOf(quantity);
  const marks = quantity.limits.flatMap((one) => [one.value, one.beyond?.value ?? null]).filter(isNumber);
  const min = Math.min(
    ...marks,
    inPixels(quantity) ? Math.min(LEAST_SIDE, quantity.value) : leastOf(quantity.value, step),
  );
  const last = Math.max(quantity.value, ...marks);
  const open = quantity.limits.at(-1)?.beyond !== null;
  const max = open ? min + Math.ceil(((last - min) * (1 + PAST)) / step) * step : last;
  return { min, max: Math.max(max, min + step), step, zones: zonesOf(quantity, Math.max(max, min + step)) };
}

/** @param {unknown} value @returns {value is number} */
function isNumber(value) {
  return typeof value === "number";
}

/** Whether a quantity is counted in pixels. @param {Quantity} quantity */
function inPixels({ quantity, value }) {
  return quantity === "size" && value !== null && value >= SIDE;
}

/** The least above nothing that lies whole steps below a value. @param {number} value @param {number} step */
function leastOf(value, step) {
  return Number((value - (Math.ceil(value / step - 1e-9) - 1) * step).toFixed(4));
}

/** The step between two values that the widgets can have. @param {Quantity} quantity */
function stepOf(quantity) {
  if (inPixels(quantity)) return quantity.step;
  const gaps = quantity.limits
    .filter((one) => isNumber(one.value) && isNumber(one.beyond?.value))
    .map((one) => /** @type {number} */ (one.beyond?.value) - /** @type {number} */ (one.value))
    .filter((gap) => gap > 0);
  if (gaps.length) return Number(Math.min(...gaps).toFixed(4));
  return quantity.quantity === "size" ? 0.1 : 1;
}

/**
 * How a run is from the least value to the most: one zone for each verdict that a limit ends.
 *
 * @param {Quantity} quantity
 * @param {number} max
 * @returns {Zone[]}
 */
function zonesOf(quantity, max) {
  /** @type {Zone[]} */
  const zones = [];
  for (const { value, verdict, tight } of quantity.limits) {
    if (value === null || !verdict || value <= (zones.at(-1)?.to ?? -Infinity)) continue;
    zones.push({ to: value, verdict, tight: tight === true });
  }
  const beyond = quantity.limits.at(-1)?.beyond;
  if (beyond?.verdict && max > (zones.at(-1)?.to ?? -Infinity))
    zones.push({ to: max, verdict: beyond.verdict, tight: false });
  return joined(zones);
}

/** Neighbours of the same verdict as one. @param {Zone[]} zones */
function joined(zones) {
  return zones.filter((zone, at) => {
    const next = zones[at + 1];
    return !next || next.verdict !== zone.verdict || next.tight !== zone.tight;
  });
}

/** The zone that a value lies in. @param {Scale} scale @param {number} value @returns {Zone | undefined} */
export function zoneAt(scale, value) {
  return scale.zones.find((zone) => value <= zone.to) ?? scale.zones.at(-1);
}

/** Where on a slider a value lies, 0 to 1. @param {Scale} scale @param {number} value */
export function placeOf(scale, value) {
  return Math.min(1, Math.max(0, (value - scale.min) / (scale.max - scale.min)));
}

/**
 * The edits that give a quantity a value: all of its widgets change together.
 *
 * @param {Quantity} quantity
 * @param {number} value of the leading one
 * @returns {Edit[]}
 */
export function editsOf(quantity, value) {
  const { settings } = quantity;
  return settings.map(({ node, input }, at) => ({ op: "set", node, input, value: settingAt(quantity, at, value) }));
}

/**
 * What one of the widgets becomes. How it follows the leading one is seen from a limit's edits.
 *
 * @param {Quantity} quantity
 * @param {number} at
 * @param {number} value
 */
function settingAt(quantity, at, value) {
  const lead = quantity.value ?? value;
  const own = quantity.settings[at]?.value ?? lead;
  const { input, node } = quantity.settings[at] ?? { input: "", node: "" };
  if (at === 0) return value;
  const known = quantity.limits.find((one) => isNumber(one.value) && one.value !== lead && one.edits.length);
  const then = known?.edits.find((one) => one.node === node && one.input === input)?.value;
  const there = known?.value ?? lead;
  if (quantity.quantity !== "size") {
    const slope = isNumber(then) ? (then - own) / (there - lead) : 1;
    return rounded(own + (value - lead) * slope, own, 1);
  }
  const power = isNumber(then) && then !== own ? Math.log(then / own) / Math.log(there / lead) : 1;
  const whole = [0.5, 1, 2].reduce((best, one) => (Math.abs(one - power) < Math.abs(best - power) ? one : best));
  return rounded(own * (value / lead) ** whole, own, quantity.step);
}

/** A number written as its widget has it. @param {number} value @param {number} like @param {number} step */
function rounded(value, like, step) {
  if (!Number.isInteger(like) || (step > 1 && like < SIDE)) return Number(value.toFixed(2));
  return Math.max(step, Math.round(value / step) * step);
}

/**
 * The two sides of what is made at a value of `size`.
 *
 * @param {Limits} limits
 * @param {Quantity} quantity
 * @param {number} value
 * @returns {[number, number] | null}
 */
export function sidesAt({ now }, quantity, value) {
  if (quantity.quantity !== "size" || !now.width || !now.height || !quantity.value) return null;
  const known = quantity.limits.find((one) => one.value === value);
  if (known?.width && known.height) return [known.width, known.height];
  const power = inPixels(quantity) ? 1 : powerOf(now, quantity);
  const side = (/** @type {number} */ one) =>
    Math.round((one * (value / (quantity.value ?? 1)) ** (1 / power)) / quantity.step) * quantity.step;
  return [side(now.width), side(now.height)];
}

/** With which power of a side the leading widget grows. @param {Limits["now"]} now @param {Quantity} quantity */
function powerOf(now, quantity) {
  const known = quantity.limits.find((one) => one.width && one.value && one.value !== quantity.value);
  if (!known?.width || !known.value || !quantity.value || known.width === now.width) return 1;
  return Math.log(known.value / quantity.value) / Math.log(known.width / now.width);
}
