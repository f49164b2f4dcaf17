// What both parts of a timeline have: an axis, lines with their words, and what was measured.
import { number, unit } from "../words.js";
import { textWidth } from "./labels.js";
import { ticks } from "./scale.js";
import { across, look, shape, stairs } from "./shapes.js";

/**
 * @typedef {import("./labels.js").Box} Area
 * @typedef {import("./labels.js").Label} Label
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./columns.js").Column} Column
 */

/** Pixels: of a letter, of the sizes at the left, of a line over a part, of two lines of names. */
export const TEXT = 11;
export const AXIS = 34;
export const HEADING = 16;
export const NAMES = 34;

/** A line with a rim, so that it is seen on any shape. @param {string} kind @param {string} d */
export function line(kind, d) {
  const rim = shape("path", { class: look(`chart-line chart-rim chart-${kind}`), d });
  return d ? [rim, shape("path", { class: look(`chart-line chart-${kind}`), d })] : [];
}

/** Where a line is that no word should cover. @param {number} at @param {Area} area @returns {Area} */
export function rule(at, { left, right }) {
  return { left, right, top: at - 1, bottom: at + 1 };
}

/** What a part is of, at its upper left. @param {string} name @param {Area} area */
export function heading(name, area) {
  const said = `${name}, ${unit()}`;
  const y = area.top - 9;
  const box = { left: 0, right: textWidth(said, TEXT), top: y - TEXT / 2, bottom: y + TEXT / 2 };
  return { box, drawn: shape("text", { x: 0, y, class: look("chart-heading") }, said) };
}

/**
 * Round sizes at the left, and lines through the chart.
 *
 * @param {number} end
 * @param {number} most
 * @param {(bytes: number) => number} y
 * @param {Area} area
 * @returns {Shape[]}
 */
export function axis(end, most, y, area) {
  const sizes = ticks(end, most).filter((size) => y(size) > area.top + TEXT / 2);
  const grid = sizes.map((size) => across(area.left, area.right, y(size))).join("");
  const at = (/** @type {number} */ size) => ({ x: area.left - 4, y: y(size), class: look("chart-tick") });
  return [
    shape("path", { class: look("chart-grid"), d: grid }),
    ...sizes.map((size) => shape("text", at(size), number(size))),
  ];
}

/**
 * A word at one end of a line, above or below it.
 *
 * @param {string} said
 * @param {number} at
 * @param {Area} area
 * @returns {Label}
 */
export function beside(said, at, area) {
  const [over, under] = [at - TEXT * 0.75, at + TEXT * 0.8];
  /** @type {import("./labels.js").Place[]} */
  const places = [
    { x: area.right - 2, y: over, anchor: "end" },
    { x: area.left + 3, y: over, anchor: "start" },
    { x: area.right - 2, y: under, anchor: "end" },
    { x: area.left + 3, y: under, anchor: "start" },
  ];
  return { text: said, size: TEXT, look: "chart-word", places };
}

/**
 * What was measured, over the columns.
 *
 * @param {Column[]} shown
 * @param {(number | null)[]} values bytes
 * @param {(bytes: number) => number} y
 */
export function measuredLine(shown, values, y) {
  const levels = shown.map(({ left, width }, at) => {
    const value = values[at] ?? null;
    return { left, right: left + width, at: value === null ? null : y(value) };
  });
  const d = stairs(levels);
  return line("measured", d);
}

/** @param {import("./labels.js").Placed[]} labels */
export function written(labels) {
  return labels.map(({ text: said, look: kind, place: { x, y, anchor } }) =>
    shape("text", { x: Math.round(x), y: Math.round(y), class: look(`${kind} chart-${anchor}`) }, said),
  );
}
