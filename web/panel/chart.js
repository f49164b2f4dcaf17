// The timeline in the panel, with the last run of this graph over it.
import { legend } from "../charts/legend.js";
import { timeline } from "../charts/timeline.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

const HEIGHT = 164; // from here on with an axis and with names
const RAM = 52; // of its strip, below

/** @param {View} view */
export function inputs({ forecast, asked, width }) {
  return [forecast, forecast && asked.past().answer, width];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ forecast, asked, width, actions }) {
  if (!forecast?.steps.length) return [];
  const nodes = asked.past().answer?.nodes;
  const measured = nodes?.length ? { nodes } : null;
  const drawn = timeline(forecast, {
    width,
    height: HEIGHT,
    ram: RAM,
    measured,
    interactive: true,
    onStep: actions.step,
  });
  return [h("div", { class: "vram-forecast-chart" }, drawn), legend(forecast, { measured, ram: RAM })];
}
