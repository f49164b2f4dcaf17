// The timeline in the panel, with the last run of this graph over it.
import { timeline } from "./others.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

const HEIGHT = 132;
const RAM = 44; // of its strip, below

/** @param {View} view */
export function inputs({ forecast, asked, width }) {
  return [forecast, forecast && asked.past().answer, width];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ forecast, asked, width }) {
  if (!forecast?.steps.length) return [];
  const nodes = asked.past().answer?.nodes;
  const measured = nodes?.length ? { nodes } : null;
  const drawn = timeline(forecast, { width, height: HEIGHT + RAM, measured, ram: true, interactive: true });
  return drawn ? [h("div", { class: "vram-forecast-chart" }, drawn)] : [];
}
