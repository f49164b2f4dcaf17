// A forecast's timeline as shapes: the steps along their time, what lies on the card in each, RAM below.
import { sentence } from "../sentence.js";
import { text } from "../text.js";
import { onTheCard } from "./card.js";
import { columns } from "./columns.js";
import { AXIS, HEADING, NAMES } from "./parts.js";
import { inTheRam } from "./ram.js";
import { nothingOnCard, ofRam, rowOf } from "./says.js";
import { look, shape } from "./shapes.js";

/**
 * `height`: of the card's part; below 160 pixels there is no axis and there are no names. `ram`: the height of
 * a strip below it for RAM, 0 for none. `id`: unlike that of any other chart on the page.
 *
 * @typedef {{ width: number, height: number, ram: number, interactive: boolean, id: string,
 *   measured?: import("./measured.js").Measured | null }} Options
 * @typedef {import("./labels.js").Box} Area
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./columns.js").Column} Column
 */

const SMALL = 160;

/**
 * The parts of a chart in pixels.
 *
 * @param {Options} options
 * @returns {{ small: boolean, card: Area, ram: Area | null }}
 */
export function layout({ width, height, ram }) {
  const small = height < SMALL;
  const sides = { left: small ? 0 : AXIS, right: width - 1 };
  const card = { ...sides, top: HEADING, bottom: height - (small ? 2 : NAMES) };
  const strip = ram ? { ...sides, top: height + HEADING, bottom: height + ram - 3 } : null;
  return { small, card, ram: strip };
}

/**
 * The whole chart, and the columns in it.
 *
 * @param {Forecast} forecast
 * @param {Options} options
 * @returns {{ svg: Shape, shown: Column[] }}
 */
export function scene(forecast, options) {
  const { small, card, ram } = layout(options);
  const shown = columns(forecast, card.right - card.left).map((one) => snapped(one, card.left));
  const alone = small ? ofRam(forecast) : nothingOnCard(forecast.steps);
  const parts = alone
    ? inTheRam(forecast, shown, card, small ? "small" : "large", options)
    : onTheCard(forecast, shown, card, small, options);
  if (ram && !alone) parts.push(...inTheRam(forecast, shown, ram, "", options));
  const bottom = ram && !alone ? ram.bottom : card.bottom;
  const height = options.height + (alone ? 0 : options.ram);
  const svg = shape(
    "svg",
    {
      class: look(`chart ${small ? "chart-small" : "chart-large"}`),
      width: options.width,
      height,
      viewBox: `0 0 ${options.width} ${height}`,
      role: options.interactive ? "group" : "img",
      "aria-labelledby": `${options.id}-title`,
    },
    shape("title", { id: `${options.id}-title` }, `${text("chart.title")}. ${sentence(forecast)}`),
    hatching(options.id),
    ...parts,
    steps(forecast, shown, card.top, bottom, options.interactive),
  );
  return { svg, shown };
}

/**
 * A column with its edges on whole pixels of the chart, so that neighbours join.
 *
 * @param {Column} one
 * @param {number} left
 */
function snapped(one, left) {
  const from = Math.round(left + one.left);
  return { ...one, left: from, width: Math.round(left + one.left + one.width) - from };
}

/** @param {string} id */
function hatching(id) {
  const size = { width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  const line = shape("path", { class: look("chart-hatch"), d: "M0 0V5" });
  return shape("defs", {}, shape("pattern", { id: `${id}-hatch`, ...size }, line));
}

/**
 * A step's place for the pointer, the keyboard and who listens.
 *
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {number} top
 * @param {number} bottom
 * @param {boolean} interactive
 */
function steps(forecast, shown, top, bottom, interactive) {
  const list = { role: "listbox", "aria-orientation": "horizontal", "aria-label": text("chart.steps") };
  const places = shown.map(({ left, width, ...one }, at) => {
    const row = rowOf({ left, width, ...one }, forecast);
    const option = { role: "option", tabindex: at ? -1 : 0, "aria-label": row, "aria-selected": "false" };
    const own = { class: look("chart-step"), "data-step": at, ...(interactive ? option : {}) };
    return shape("rect", { ...own, x: left, y: top, width, height: bottom - top }, shape("title", {}, row));
  });
  return shape("g", interactive ? list : {}, ...places);
}
