// Who else holds memory of the card.
import { text } from "../text.js";
import { amount } from "../words.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

/** @param {View} view */
export function inputs({ forecast }) {
  return [forecast && JSON.stringify(forecast.device)];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ forecast }) {
  if (!forecast) return [];
  const { total, free, holders } = forecast.device;
  const sum = text("panel.holders.sum", { held: amount(Math.max(0, total - free)), total: amount(total) });
  const known = holders?.length ? h("ul", { class: "vram-forecast-holders" }, ...holders.map(line)) : null;
  const why = holders === null ? text("panel.holders.unknown") : holders.length ? "" : text("panel.holders.none");
  return [h("p", { class: "vram-forecast-plain" }, sum, why && ` ${why}`), known];
}

/** @param {{name: string, bytes: number | null}} holder */
function line({ name, bytes }) {
  return h("li", {}, h("span", {}, name), h("span", {}, bytes === null ? "–" : amount(bytes)));
}
