// How large, how long and how many: a slider for each on the very widgets of the graph.
import { problem } from "../sentence.js";
import { text } from "../text.js";
import { SLIDE } from "../timing.js";
import { SHAPES, verdictWord } from "../words.js";
import { h } from "./dom.js";
import { editsOf, placeOf, scaleOf, sidesAt, zoneAt } from "./scale.js";

/**
 * @typedef {import("./index.js").View} View
 * @typedef {import("./scale.js").Limits} Limits
 * @typedef {import("./scale.js").Quantity} Quantity
 * @typedef {import("./scale.js").Scale} Scale
 */

/** @param {View} view */
export function inputs({ asked, refusals }) {
  const { answer, error } = asked.limits();
  return [answer, error, refusals];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ asked, actions }) {
  const { answer, error } = asked.limits();
  if (error) return [h("p", { class: "vram-forecast-plain" }, text("panel.failed", { why: problem(error) }))];
  if (!answer) return [h("p", { class: "vram-forecast-plain" }, text("panel.asking"))];
  const found = answer.quantities.flatMap((one) => slider(answer, one, actions) ?? []);
  if (!found.length) return [h("p", { class: "vram-forecast-plain" }, text("panel.limits.none"))];
  return found;
}

/** @param {Limits} limits @param {Quantity} quantity @param {View["actions"]} actions */
function slider(limits, quantity, actions) {
  const scale = scaleOf(quantity);
  if (!scale || quantity.value === null) return null;
  const name = text(`panel.limits.${quantity.quantity}`);
  const output = h("output", {});
  const range = h("input", {
    type: "range",
    min: scale.min,
    max: scale.max,
    step: scale.step,
    value: quantity.value,
    "aria-label": name,
    "data-key": `limit ${quantity.quantity}`,
  });
  const told = (/** @type {number} */ value) => tell(limits, quantity, scale, value, range, output);
  const set = (/** @type {number} */ value) =>
    actions.set(editsOf(quantity, value), `${name} ${spoken(limits, quantity, value)}`);
  range.addEventListener("input", () => told(Number(range.value)));
  range.addEventListener("change", () => settled(range, set));
  told(quantity.value);
  return h(
    "div",
    { class: "vram-forecast-limit", "data-quantity": quantity.quantity },
    h("div", { class: "vram-forecast-limit-head" }, h("span", {}, name), output),
    h("div", { class: "vram-forecast-track" }, ...zones(scale), range),
    h("ul", { class: "vram-forecast-marks" }, ...marks(limits, quantity, scale, set)),
  );
}

/**
 * Sets what a slider stands at, when it has stood there for a moment: keys change it many times a second.
 *
 * @param {HTMLInputElement} range
 * @param {(value: number) => Promise<void>} set
 */
function settled(range, set) {
  clearTimeout(Number(range.dataset.waits));
  const timer = setTimeout(() => {
    void set(Number(range.value)).finally(() => {
      if (range.dataset.waits === String(timer)) delete range.dataset.waits;
    });
  }, SLIDE);
  range.dataset.waits = String(timer);
}

/** Says what a place of the slider means. @param {Limits} limits @param {Quantity} quantity @param {Scale} scale
 * @param {number} value @param {HTMLInputElement} range @param {HTMLOutputElement} output */
function tell(limits, quantity, scale, value, range, output) {
  const zone = zoneAt(scale, value);
  const size = spoken(limits, quantity, value);
  const word = zone ? wordOf(zone) : "";
  range.setAttribute("aria-valuetext", word ? `${size}, ${word}` : size);
  output.className = zone ? `vram-forecast-is-${zone.verdict}` : "";
  output.textContent = zone ? `${size} · ${SHAPES[zone.verdict]} ${word}` : size;
}

/** @param {import("./scale.js").Zone} zone */
function wordOf({ verdict, tight }) {
  return tight ? `${verdictWord(verdict)}, ${text("panel.tight")}` : verdictWord(verdict);
}

/**
 * A value as a person says it: a size by both of its sides.
 *
 * @param {Limits} limits
 * @param {Quantity} quantity
 * @param {number} value
 */
function spoken(limits, quantity, value) {
  const sides = sidesAt(limits, quantity, value);
  return sides ? `${sides[0]} × ${sides[1]}` : String(value);
}

/** The slider's ground: a stretch for each verdict. @param {Scale} scale */
function zones(scale) {
  let from = 0;
  return scale.zones.map((zone) => {
    const to = placeOf(scale, zone.to);
    const tight = zone.tight ? " vram-forecast-tight" : "";
    const style = `left: ${from * 100}%; width: ${Math.max(0, to - from) * 100}%`;
    from = to;
    return h("i", {
      class: `vram-forecast-zone vram-forecast-in-${zone.verdict}${tight}`,
      style,
      "aria-hidden": "true",
    });
  });
}

/**
 * Where the verdict changes, line by line; each leads there.
 *
 * @param {Limits} limits
 * @param {Quantity} quantity
 * @param {Scale} scale
 * @param {(value: number) => Promise<void>} set
 */
function marks(limits, quantity, scale, set) {
  return scale.zones.map((zone) => {
    const word = h("span", { class: `vram-forecast-is-${zone.verdict}` }, `${SHAPES[zone.verdict]} ${wordOf(zone)}`);
    if (!quantity.limits.some((one) => one.value === zone.to)) return h("li", {}, text("panel.limits.beyond"), word);
    const go = h("button", {
      type: "button",
      class: "vram-forecast-link",
      "data-key": `mark ${quantity.quantity} ${zone.to}`,
    });
    go.textContent = text("panel.limits.upto", { value: spoken(limits, quantity, zone.to) });
    go.addEventListener("click", () => void set(zone.to));
    return h("li", {}, go, word);
  });
}
