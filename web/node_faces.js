// What a node's badge says of a forecast: bytes and what of them the card holds, peak and time, or what fails.
import { text } from "./text.js";
import { amount, duration, number, SHAPES, unit, verdictWord } from "./words.js";

/**
 * What runs in one node of the flat prompt, or in all of a subgraph. `bytes` that it loads, `used` of them by
 * some step, and `held` of those on the card where they are held least; `peak` and `seconds` of its steps;
 * `worst`: the step that would not run well; `key` of the largest component.
 *
 * @typedef {{
 *   bytes: number, used: number, held: number, peak: number, seconds: number, tight: boolean,
 *   worst: StepForecast | null, key: string, largest: number,
 * }} Part
 */

/** @typedef {{ text: string, verdict: Verdict, key: string }} Face */

/** The steps whose peak and time are said. */
const SAID = new Set(["sample", "decode", "upscale", "encode_image"]);

/** What is worth a warning, least first. @type {Verdict[]} */
const WARNED = ["unknown", "disk", "spill", "oom"];

/** @returns {Part} */
function nothing() {
  return { bytes: 0, used: 0, held: 0, peak: 0, seconds: 0, tight: false, worst: null, key: "", largest: 0 };
}

/** How bad a part is. @param {Part} part */
function badness(part) {
  return WARNED.indexOf(part.worst?.verdict ?? "resident");
}

/**
 * What runs in each node of the flat prompt, by its id.
 *
 * @param {Forecast} forecast
 * @returns {Map<string, Part>}
 */
export function partsOf(forecast) {
  /** @type {Map<string, Part>} */
  const parts = new Map();
  const at = (/** @type {string} */ node) => {
    const part = parts.get(node) ?? nothing();
    parts.set(node, part);
    return part;
  };
  for (const one of forecast.components) load(at(one.node), one, leastHeld(forecast, one.key));
  for (const step of forecast.steps) {
    if (SAID.has(step.kind) || WARNED.includes(step.verdict)) run(at(step.node), step);
  }
  return parts;
}

/** The least share of a component's step that is on the card; null where no step uses it.
 * @param {Forecast} forecast @param {string} key */
function leastHeld(forecast, key) {
  const steps = forecast.steps.filter((step) => step.components.includes(key));
  if (!steps.length) return null;
  return Math.min(...steps.map((step) => (step.weights ? step.resident / step.weights : 1)));
}

/** @param {Part} part @param {ComponentForecast} component @param {number | null} share */
function load(part, { bytes, key }, share) {
  part.bytes += bytes;
  if (share !== null) {
    part.used += bytes;
    part.held += bytes * share;
  }
  if (bytes > part.largest) Object.assign(part, { largest: bytes, key });
}

/** @param {Part} part @param {StepForecast} step */
function run(part, step) {
  if (SAID.has(step.kind)) {
    part.peak = Math.max(part.peak, step.vram_peak.best);
    part.seconds += step.seconds?.best ?? 0;
    part.tight ||= step.tight;
  }
  if (WARNED.indexOf(step.verdict) > badness(part)) part.worst = step;
}

/** What several nodes come to, as a subgraph's host says it. @param {Part[]} parts @returns {Part} */
export function together(parts) {
  const sum = nothing();
  for (const part of parts) {
    for (const name of /** @type {const} */ (["bytes", "used", "held", "seconds"])) sum[name] += part[name];
    sum.peak = Math.max(sum.peak, part.peak);
    sum.tight ||= part.tight;
    if (badness(part) > badness(sum)) sum.worst = part.worst;
    if (part.largest > sum.largest) Object.assign(sum, { largest: part.largest, key: part.key });
  }
  return sum;
}

/** The worse of two instances of the same node. @param {Part} one @param {Part} other */
export function worse(one, other) {
  const by = [
    badness(other) - badness(one),
    other.peak - one.peak,
    other.seconds - one.seconds,
    other.used - other.held - (one.used - one.held),
  ];
  return (by.find((difference) => difference !== 0) ?? 0) > 0 ? other : one;
}

/** @param {Part} part @param {Forecast} forecast @returns {Face} */
export function face(part, forecast) {
  const verdict = part.worst?.verdict ?? "resident";
  return { text: words(part, forecast), verdict, key: part.key };
}

/** @param {Part} part @param {Forecast} forecast */
function words(part, forecast) {
  const { worst } = part;
  if (worst?.verdict === "oom") return `${SHAPES.oom} ${verdictWord("oom")}: ${lack(worst, forecast)}`;
  if (worst?.verdict === "spill") return `${SHAPES.spill} ${verdictWord("spill")} · ${text("badge.minutes")}`;
  const said = worst ? [`${SHAPES[worst.verdict]} ${verdictWord(worst.verdict)}`] : [];
  if (part.bytes) said.push(amount(part.bytes));
  if (part.peak) said.push(text("node.peak", { size: amount(part.peak) }));
  else if (part.used) said.push(text("node.held", { share: percent(part.held / part.used) }));
  if (part.seconds) said.push(duration(part.seconds));
  if (part.tight) said.push(text("node.tight"));
  return said.join(" · ");
}

/** 100 only of what is there whole, 0 only of nothing. @param {number} share */
function percent(share) {
  return Math.min(Math.max(Math.round(share * 100), share > 0 ? 1 : 0), share < 1 ? 99 : 100);
}

/** What is needed of what there is. @param {StepForecast} step @param {Forecast} forecast */
function lack({ need, ram_kept }, { device, host }) {
  const ram = !need.high || need.high <= device.total;
  const [wanted, total] = ram ? [ram_kept, host.ram_total] : [need.high, device.total];
  return `${ram ? "RAM " : ""}${number(wanted)} / ${number(total)} ${unit()}`;
}
