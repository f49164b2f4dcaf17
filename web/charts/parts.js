// What both parts of a timeline have: an axis, lines with their words, and what was measured.
import { number, unit } from "../words.js";
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

/** @param {string} kind @param {string} d */
export function line(kind, d) {
  return shape("path", { class: look(`chart-line chart-${kind}`), d });
}

/**
 * Round sizes at the left, lines through the chart, and what it is of.
 *
 * @param {string} name
 * @param {number} end
 * @param {number} most
 * @param {(bytes: number) => number} y
 * @param {Area} area
 * @returns {Shape[]}
 */
export function axis(name, end, most, y, area) {
  const sizes = ticks(end, most);
  const grid = sizes.map((size) => across(area.left, area.right, y(size))).join("");
  const at = (/** @type {number} */ size) => ({ x: area.left - 4, y: y(size), class: look("chart-tick") });
  return [
    shape("path", { class: look("chart-grid"), d: grid }),
    shape("text", { x: 0, y: area.top - 9, class: look("chart-heading") }, `${name}, ${unit()}`),
    ...sizes.map((size) => shape("text", at(size), number(size))),
  ];
}

/** A word at one end of a line, above or below it. @param {string} said @param {number} at @param {Area} area @returns {Label} */
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
export function over(shown, values, y) {
  const levels = shown.map(({ left, width }, at) => {
    const value = values[at] ?? null;
    return { left, right: left + width, at: value === null ? null : y(value) };
  });
  const d = stairs(levels);
  return d ? [line("measured-rim", d), line("measured", d)] : [];
}

/** @param {import("./labels.js").Placed[]} labels */
export function written(labels) {
  return labels.map(({ text: said, look: kind, place: { x, y, anchor } }) =>
    shape("text", { x: Math.round(x), y: Math.round(y), class: look(`${kind} chart-${anchor}`) }, said),
  );
}
