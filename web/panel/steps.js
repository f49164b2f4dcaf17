// The table of steps.
import { text } from "../text.js";
import { aligned, amount, duration, SHAPES, unit, verdictWord } from "../words.js";
import { h } from "./dom.js";
import { rowsOf } from "./rows.js";
import { to } from "./verdict.js";

/** @typedef {import("./index.js").View} View */

/** @param {View} view */
export function inputs({ forecast, titles }) {
  return [forecast, titles];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ forecast, titles, actions }) {
  if (!forecast) return [];
  const { rows, left } = rowsOf(forecast, titles);
  if (!rows.length) return [h("p", { class: "vram-forecast-plain" }, text("panel.steps.none"))];
  const heads = ["node", "peak", "weights", "time"].map((name) =>
    h("th", { scope: "col" }, text(`panel.steps.${name}`, { unit: unit() })),
  );
  const table = h(
    "table",
    { class: "vram-forecast-table" },
    h("caption", { class: "vram-forecast-unseen" }, text("panel.steps")),
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...rows.map((row) => line(row, actions))),
  );
  return [table, left > 0 && h("p", { class: "vram-forecast-note" }, text("panel.more", { count: left }))];
}

/** @param {import("./rows.js").Row} row @param {View["actions"]} actions */
function line(row, actions) {
  const { verdict, streamed, resident } = row;
  const many = row.count > 1 ? ` × ${row.count}` : "";
  const word = row.tight ? `${verdictWord(verdict)}, ${text("panel.tight")}` : verdictWord(verdict);
  const shape = h("span", { "aria-hidden": "true", class: `vram-forecast-is-${verdict}` }, SHAPES[verdict]);
  const head = h(
    "th",
    { scope: "row" },
    h("span", { class: "vram-forecast-name" }, shape, to(row.node, row.title, actions), many),
  );
  head.append(h("small", {}, `${text(`panel.kind.${row.kind}`)} · ${word}`));
  const stream =
    streamed > 0 &&
    h("small", { title: text("panel.steps.streams", { size: amount(streamed) }) }, `+ ${aligned(streamed)} ↻`);
  return h(
    "tr",
    { "data-node": row.node },
    head,
    h("td", {}, aligned(row.peak)),
    h("td", { title: weights(resident, streamed) }, aligned(resident), stream),
    h("td", {}, row.seconds === null ? "–" : duration(row.seconds)),
  );
}

/** @param {number} resident @param {number} streamed */
function weights(resident, streamed) {
  const held = text("panel.steps.held", { size: amount(resident) });
  return streamed > 0 ? `${held} ${text("panel.steps.streams", { size: amount(streamed) })}` : held;
}
