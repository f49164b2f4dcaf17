// Past runs of this graph: what was forecast beside what was measured.
import { text } from "../text.js";
import { amount, duration, SHAPES, verdictWord } from "../words.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

/** @type {Record<RecordedRun["outcome"], string>} */
const ENDS = { running: "…", done: "✓", failed: "✗", interrupted: "–", "out of memory": "■" };

/** @param {View} view */
export function inputs({ asked }) {
  return [asked.past()];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ asked, titles, language }) {
  const { answer, error } = asked.past();
  if (error) return [h("p", { class: "vram-forecast-plain" }, text("panel.failed", { why: error }))];
  if (!answer) return [h("p", { class: "vram-forecast-plain" }, text("panel.asking"))];
  if (!answer.runs.length) return [h("p", { class: "vram-forecast-plain" }, text("panel.past.none"))];
  const nodes = (answer.nodes ?? []).filter((one) => one.forecast_seconds || one.beside);
  return [runs(answer.runs, language), nodes.length > 0 && newest(nodes, titles)];
}

/** @param {string} caption @param {string[]} heads @param {HTMLElement[]} rows */
function grid(caption, heads, rows) {
  return h(
    "table",
    { class: "vram-forecast-table" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...heads.map((one) => h("th", { scope: "col" }, text(`panel.past.${one}`))))),
    h("tbody", {}, ...rows),
  );
}

/** A line for each run. @param {RecordedRun[]} found @param {string} language */
function runs(found, language) {
  const lines = found.map((run) => {
    const when = new Date(run.began * 1000).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
    const end = `${ENDS[run.outcome]} ${text(`panel.past.${run.outcome}`)}`;
    const said = run.verdict ? `${SHAPES[run.verdict]} ${verdictWord(run.verdict)}` : "–";
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, when, h("small", {}, end)),
      h("td", {}, said),
      times(run.forecast_seconds, run.seconds),
    );
  });
  return grid(text("panel.past.runs"), ["when", "said", "time"], lines);
}

/** A line for each node of the newest. @param {RecordedNode[]} nodes @param {Record<string, string>} titles */
function newest(nodes, titles) {
  const lines = nodes.map((one) => {
    const memory = `${one.beside ? amounts(one.beside) : "–"} → ${taken(one)}`;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, titles[one.node] || one.class_type),
      h("td", {}, memory),
      times(one.forecast_seconds, one.seconds),
    );
  });
  return grid(text("panel.past.newest"), ["node", "beside", "time"], lines);
}

/** Seconds as forecast and as measured; a mark where these lie outside. @param {Estimate | null} said @param {number | null} seconds */
function times(said, seconds) {
  const left = said ? duration(said.best) : "–";
  const outside = said && seconds !== null && (seconds < said.low || seconds > said.high);
  const how = outside ? text("panel.past.outside", { low: duration(said.low), high: duration(said.high) }) : null;
  return h(
    "td",
    { title: how, class: outside && "vram-forecast-outside" },
    `${left} → ${seconds === null ? "–" : duration(seconds)}`,
  );
}

/** @param {Estimate} said */
function amounts({ low, high }) {
  return amount(low) === amount(high) ? amount(low) : `${amount(low)}–${amount(high)}`;
}

/** What a node took beside its weights, as the command line tells it. @param {RecordedNode} node */
export function taken({ peak, before, after, full }) {
  if (peak === null || after === null) return "–";
  const bound = full ? "≥ " : (before ?? 0) > after ? "≤ " : "";
  return bound + amount(Math.max(0, peak - after));
}
