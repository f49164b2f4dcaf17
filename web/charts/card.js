// The card's part of a timeline: what lies on it in each step, its lines, and the words over and under them.
import { text } from "../text.js";
import { amount } from "../words.js";
import { fails, top as topOf } from "./columns.js";
import { hueNumbers } from "./hues.js";
import { placed, textWidth } from "./labels.js";
import { onCard } from "./measured.js";
import { axis, beside, line, NAMES, over, TEXT, written } from "./parts.js";
import { markOf, nameOf } from "./says.js";
import { ceiling, upward } from "./scale.js";
import { across, box, look, shape } from "./shapes.js";

/**
 * @typedef {import("./labels.js").Box} Area
 * @typedef {import("./labels.js").Label} Label
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./columns.js").Column} Column
 */

/**
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {Area} area
 * @param {boolean} small
 * @param {import("./scene.js").Options} options
 * @returns {Shape[]}
 */
export function onTheCard(forecast, shown, area, small, { measured, id }) {
  const end = ceiling(forecast);
  const y = upward(area, end);
  const { total, free } = forecast.device;
  const used = total - free;
  const words = [...marks(forecast, shown, y, area), ...limits(forecast, y, area, small)];
  return [
    ...(small ? [] : axis(text("chart.vram"), end, 5, y, area)),
    ...stacks(forecast, shown, y),
    shape("path", { class: look("chart-band"), fill: `url(#${id}-hatch)`, d: bands(shown, y, total) }),
    ...frames(shown, area),
    line("card", across(area.left, area.right, y(total))),
    ...(used > 0 && used < total ? [line("free", across(area.left, area.right, y(used)))] : []),
    ...over(shown, onCard(shown, measured), y),
    ...written(placed(words, area)),
    ...(small ? [] : written(placed(names(forecast, shown, area), { ...area, left: 0, bottom: area.bottom + NAMES }))),
  ];
}

/**
 * The layers of all columns, a path for each colour; what is not reached, apart.
 *
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {(bytes: number) => number} y
 * @returns {Shape[]}
 */
function stacks(forecast, shown, y) {
  const hues = hueNumbers(forecast);
  /** @type {Map<string, string>} */
  const paths = new Map();
  for (const { left, width, layers, reached } of shown) {
    let under = 0;
    for (const { what, bytes, component } of layers) {
      const [low, high] = [y(under), y(under + bytes)];
      under += bytes;
      const kind = what === "weights" ? `hue-${hues.get(component) ?? 0}` : `chart-${what}`;
      const name = `chart-layer ${kind}${reached ? "" : " chart-unreached"}`;
      const gap = low - high > 3 ? 1 : 0;
      if (low > high) paths.set(name, (paths.get(name) ?? "") + box(left, high + gap, width, low - high - gap));
    }
  }
  return [...paths].map(([name, d]) => shape("path", { class: look(name), d }));
}

/**
 * Between best and high of each column; where the rest is not known, all that is left of the card.
 *
 * @param {Column[]} shown
 * @param {(bytes: number) => number} y
 * @param {number} card
 */
function bands(shown, y, card) {
  return shown
    .filter((one) => one.reached)
    .map((one) => {
      const open = one.step.verdict === "unknown" && !one.step.vram_peak.high;
      const [low, high] = [y(topOf(one)), y(open ? card : one.step.vram_peak.high)];
      return low > high ? box(one.left, high, one.width, low - high) : "";
    })
    .join("");
}

/** A frame around each step that fails. @param {Column[]} shown @param {Area} area */
function frames(shown, area) {
  const failing = shown.filter(({ step, reached }) => reached && fails(step));
  return failing.map(({ step, left, width }) => {
    const d = box(left, area.top, width, area.bottom - area.top);
    return shape("path", { class: look(`chart-frame chart-${step.verdict}`), d });
  });
}

/**
 * Words over the columns that fail, or that the verdict is about.
 *
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {(bytes: number) => number} y
 * @param {Area} area
 * @returns {Label[]}
 */
function marks(forecast, shown, y, area) {
  const found = shown.map((one) => ({ one, said: markOf(one, forecast) })).filter(({ said }) => said);
  return found.map(({ one, said }) => {
    const half = textWidth(said, TEXT) / 2;
    const x = Math.max(area.left + half, Math.min(one.left + one.width / 2, area.right - half));
    const peak = y(Math.max(one.step.vram_peak.high, topOf(one)));
    const heights = [peak - TEXT * 0.8, peak + TEXT, area.top + TEXT, y(0) - TEXT];
    return {
      text: said,
      size: TEXT,
      look: `chart-mark chart-${one.step.verdict}`,
      places: heights.map((height) => ({ x, y: height, anchor: "middle" })),
    };
  });
}

/**
 * What the lines are.
 *
 * @param {Forecast} forecast
 * @param {(bytes: number) => number} y
 * @param {Area} area
 * @param {boolean} small
 * @returns {Label[]}
 */
function limits({ device }, y, area, small) {
  const card = beside(text("chart.card", { size: amount(device.total) }), y(device.total), area);
  const used = device.total - device.free;
  if (small || used <= 0 || used >= device.total) return [card];
  return [card, beside(`${text("chart.free", { size: amount(device.free) })} ↑`, y(used), area)];
}

/**
 * The steps' names, the most telling first.
 *
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {Area} area
 * @returns {Label[]}
 */
function names(forecast, shown, area) {
  const rank = (/** @type {Column} */ one) => (markOf(one, forecast) ? Infinity : one.width);
  return [...shown]
    .sort((one, two) => rank(two) - rank(one))
    .map((one) => {
      const said = nameOf(one);
      const half = textWidth(said, TEXT) / 2;
      const join = one.left + one.width / 2;
      const x = Math.max(half, Math.min(join, area.right - half));
      const rows = [area.bottom + 9, area.bottom + 25];
      const kind = `chart-name${one.reached ? "" : " chart-unreached"}`;
      return { text: said, size: TEXT, look: kind, join, places: rows.map((y) => ({ x, y, anchor: "middle" })) };
    });
}
