// The strip of RAM under a timeline, with the computer's own line.
import { text } from "../text.js";
import { amount, unit } from "../words.js";
import { placed } from "./labels.js";
import { inRam } from "./measured.js";
import { beside, HEADING, line, over, written } from "./parts.js";
import { ramCeiling, upward } from "./scale.js";
import { across, box, look, shape } from "./shapes.js";

/**
 * @typedef {import("./labels.js").Box} Area
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./columns.js").Column} Column
 */

/**
 * The strip of RAM, with the computer's own line.
 *
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {Area} area
 * @param {import("./scene.js").Options} options
 * @returns {Shape[]}
 */
export function inTheRam(forecast, shown, area, { measured }) {
  const [total, wanted, ran] = [forecast.host.ram_total, forecast.ram_peak.best, inRam(shown, measured)];
  const y = upward(area, ramCeiling(forecast, Math.max(0, ...ran.map((one) => one ?? 0))));
  const bar = (/** @type {Column} */ one) => box(one.left, y(one.step.ram_kept), one.width, y(0) - y(one.step.ram_kept));
  const bars = (/** @type {boolean} */ reached) => shown.filter((one) => one.reached === reached).map(bar).join("");
  const words = [
    beside(text("chart.has", { size: amount(total) }), y(total), area),
    beside(text("chart.wants", { size: amount(wanted) }), y(wanted), area),
  ];
  return [
    shape("text", { x: 0, y: area.top - 9, class: look("chart-heading") }, `${text("chart.ram")}, ${unit()}`),
    shape("path", { class: look("chart-layer chart-in-ram"), d: bars(true) }),
    shape("path", { class: look("chart-layer chart-in-ram chart-unreached"), d: bars(false) }),
    line("card", across(area.left, area.right, y(total))),
    line("free", across(area.left, area.right, y(wanted))),
    ...over(shown, ran, y),
    ...written(placed(words, { ...area, top: area.top - HEADING })),
  ];
}
