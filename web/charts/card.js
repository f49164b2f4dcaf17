// The card's part of a timeline: what lies on it in each step, its lines, and the words over and under them.
import { text } from "../text.js";
import { amount, SHAPES } from "../words.js";
import { fails, top as topOf } from "./columns.js";
import { hueNumbers } from "./hues.js";
import { placed, short } from "./labels.js";
import { onCard } from "./measured.js";
import { marks, named } from "./named.js";
import { axis, beside, heading, HEADING, line, measuredLine, rule, TEXT, written } from "./parts.js";
import { markOf } from "./says.js";
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
  const end = ceiling(forecast, shown);
  const y = upward(area, end);
  const { total, free } = forecast.device;
  const used = total - free;
  const shapes = [...boxes(shown, y), rule(y(total), area), rule(y(used), area)];
  const title = heading(text("chart.vram"), area);
  const over = marks(shown, (one) => markOf(one, forecast), (one) => y(peak(one)), area);
  const words = [...over, ...limits(forecast, y, area, small), ...undrawn(forecast, area)];
  return [
    ...(small ? [] : [title.drawn, ...axis(end, 5, y, area)]),
    ...stacks(forecast, shown, y),
    shape("path", { class: look("chart-band"), fill: `url(#${id}-hatch)`, d: bands(shown, y, total) }),
    ...frames(shown, area),
    ...line("card", across(area.left, area.right, y(total))),
    ...line("free", used > 0 && used < total ? across(area.left, area.right, y(used)) : ""),
    ...measuredLine(shown, onCard(shown, measured), y),
    ...written(placed(words, { ...area, top: area.top - HEADING }, small ? [] : [title.box], shapes)),
    ...(small ? [] : named(forecast, shown, area)),
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

/**
 * Where the columns are, with their bands.
 *
 * @param {Column[]} shown
 * @param {(bytes: number) => number} y
 * @returns {Area[]}
 */
function boxes(shown, y) {
  return shown.map(({ left, width, ...one }) => ({ left, right: left + width, top: y(peak(one)), bottom: y(0) }));
}

/** A frame around each step that fails. @param {Column[]} shown @param {Area} area */
function frames(shown, area) {
  const failing = shown.filter(({ step, reached }) => reached && fails(step));
  return failing.map(({ step, left, width }) => {
    const d = box(left, area.top, width, area.bottom - area.top);
    return shape("path", { class: look(`chart-frame chart-${step.verdict}`), d });
  });
}

/** The top of a column, its band included. @param {Pick<Column, "step" | "layers">} one */
function peak(one) {
  return Math.max(topOf(one), one.step.vram_peak.high);
}

/**
 * Of which nodes nothing is known, so that they are not drawn.
 *
 * @param {Forecast} forecast
 * @param {Area} area
 * @returns {Label[]}
 */
function undrawn({ coverage }, area) {
  const [first] = coverage.unknown;
  if (!first) return [];
  const name = `${short(first.class_type, 26)}${coverage.unknown.length > 1 ? ` +${coverage.unknown.length - 1}` : ""}`;
  const said = `${SHAPES.unknown} ${text("chart.undrawn", { name })}`;
  const middle = (area.left + area.right) / 2;
  /** @type {import("./labels.js").Place[]} */
  const places = [area.top - 8, area.top + 8, area.top + 24].flatMap((y) => [
    { x: area.right - 2, y, anchor: "end" },
    { x: middle, y, anchor: "middle" },
    { x: area.left + 3, y, anchor: "start" },
  ]);
  return [{ text: said, size: TEXT, look: "chart-mark chart-unknown", places }];
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
