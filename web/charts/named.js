// Words at the columns of a timeline: over those that matter, and the names of all under them.
import { fails } from "./columns.js";
import { placed, textWidth } from "./labels.js";
import { NAMES, TEXT, written } from "./parts.js";
import { markOf, nameOf } from "./says.js";
import { look, shape } from "./shapes.js";

/**
 * @typedef {import("./labels.js").Box} Area
 * @typedef {import("./labels.js").Label} Label
 * @typedef {import("./labels.js").Place} Place
 * @typedef {import("./columns.js").Column} Column
 */

const BESIDE = 5; // pixels between a frame and a word

/**
 * Words over columns: above their peak, beside a narrow one, or else on it.
 *
 * @param {Column[]} shown
 * @param {(column: Column) => string} say nothing where there is no word
 * @param {(column: Column) => number} peak pixels
 * @param {Area} area
 * @returns {Label[]}
 */
export function marks(shown, say, peak, area) {
  const found = shown.map((one) => ({ one, said: say(one) })).filter(({ said }) => said);
  return found.map(({ one, said }) => {
    const places = around(one, textWidth(said, TEXT) / 2, fails(one.step) ? area.top : peak(one), area);
    return { text: said, size: TEXT, look: `chart-mark chart-${one.step.verdict}`, places };
  });
}

/**
 * @param {Column} one
 * @param {number} half of the word's width
 * @param {number} top of the column, or of its frame
 * @param {Area} area
 * @returns {Place[]}
 */
function around({ left, width }, half, top, area) {
  const x = Math.max(area.left + half, Math.min(left + width / 2, area.right - half));
  return [
    { x, y: top - TEXT * 0.8, anchor: "middle" },
    { x: left + width + BESIDE, y: top + TEXT * 0.8, anchor: "start" },
    { x: left - BESIDE, y: top + TEXT * 0.8, anchor: "end" },
    { x, y: top + TEXT, anchor: "middle" },
    { x, y: area.top + TEXT, anchor: "middle" },
    { x, y: area.bottom - TEXT, anchor: "middle" },
  ];
}

/**
 * The steps' names under their columns, the most telling first; lines join the lower ones to them.
 *
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {Area} area
 */
export function named(forecast, shown, area) {
  const found = placed(names(forecast, shown, area), { ...area, left: 0, bottom: area.bottom + NAMES });
  const joins = found.map(({ join, box }) => {
    return `M${Math.floor(join ?? 0) + 0.5} ${area.bottom + 1}V${Math.max(area.bottom + 4, Math.round(box.top))}`;
  });
  return [shape("path", { class: look("chart-join"), d: joins.join("") }), ...written(found)];
}

/**
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {Area} area
 * @returns {Label[]}
 */
function names(forecast, shown, area) {
  const rank = (/** @type {Column} */ one) => (markOf(one, forecast) ? Infinity : one.width);
  const order = [...shown].sort((one, two) => rank(two) - rank(one) || one.left - two.left);
  return order.map((one) => {
    const said = nameOf(one);
    const half = textWidth(said, TEXT) / 2;
    const join = one.left + one.width / 2;
    const x = Math.max(half, Math.min(join, area.right - half));
    const rows = [area.bottom + 11, area.bottom + 26];
    const kind = `chart-name${one.reached ? "" : " chart-unreached"}`;
    return { text: said, size: TEXT, look: kind, join, places: rows.map((y) => ({ x, y, anchor: "middle" })) };
  });
}
