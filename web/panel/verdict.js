// The top of the panel: the verdict in a word and a sentence, the numbers, and what is not known or missing.
import { text } from "../text.js";
import { amount, duration, SHAPES, verdictWord } from "../words.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

/** Why there is no forecast, in a sentence; empty where there is one. @param {import("../state.js").State} state */
export function plain({ phase, forecast, error }) {
  if (phase === "failed") {
    const gone = /fetch|network/i.test(error);
    return gone ? text("panel.gone") : text("panel.failed", { why: error });
  }
  if (phase === "empty") return text("panel.empty");
  return forecast ? "" : text(phase === "running" ? "panel.running" : "panel.asking");
}

/** What `live` and `content` are made of. @param {View} view */
export function inputs({ state, forecast, titles }) {
  return [forecast, forecast ? state.phase === "running" : state.phase, state.error, titles];
}

/**
 * What a screen reader says when it changes: the verdict and its sentence, or why there is none.
 *
 * @param {View} view
 * @returns {import("./dom.js").Child[]}
 */
export function live({ state, forecast, actions }) {
  const told = plain(state);
  if (told || !forecast) return [h("p", { class: "vram-forecast-plain" }, told)];
  const look = `vram-forecast-word vram-forecast-is-${forecast.verdict}`;
  const shape = h("span", { "aria-hidden": "true" }, SHAPES[forecast.verdict]);
  return [
    h("p", { class: look }, shape, " ", verdictWord(forecast.verdict)),
    h("p", { class: "vram-forecast-sentence" }, actions.sentence(forecast)),
  ];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ state, forecast, titles, actions }) {
  if (plain(state) || !forecast) return [];
  return [
    numbers(forecast),
    ...notices(forecast, titles, actions),
    state.phase === "running" && h("p", { class: "vram-forecast-note" }, text("panel.running")),
  ];
}

/** What a forecast comes to, as pairs of a word and a number. @param {Forecast} forecast */
function numbers(forecast) {
  const { device, host } = forecast;
  const pairs = [
    [text("panel.peak"), `${amount(forecast.vram_peak.best)} / ${amount(device.total)}`],
    [text("panel.ram"), `${amount(forecast.ram_peak.best)} / ${amount(host.ram_total)}`],
    forecast.seconds && [text("panel.time"), duration(forecast.seconds.best)],
    forecast.seconds_again && [text("panel.again"), duration(forecast.seconds_again.best)],
  ].filter((pair) => pair !== null);
  const card = [h("dt", {}, text("panel.card")), h("dd", {}, device.name)];
  const rest = pairs.flatMap(([word, number]) => [h("dt", {}, word), h("dd", {}, number)]);
  return h("dl", { class: "vram-forecast-numbers" }, ...card, ...rest);
}

/**
 * Files that are not there, and nodes that are not known.
 *
 * @param {Forecast} forecast
 * @param {Record<string, string>} titles
 * @param {View["actions"]} actions
 */
function notices({ coverage }, titles, actions) {
  const found = coverage.missing_files.map((file) =>
    h("p", { class: "vram-forecast-notice" }, text("panel.missing", { file })),
  );
  const unknown = coverage.unknown.map(({ node, class_type }) =>
    h(
      "p",
      { class: "vram-forecast-notice" },
      text("panel.unknown"),
      " ",
      to(node, titles[node] || class_type, actions),
    ),
  );
  const shown = [...found, ...unknown];
  const left = shown.length - MOST;
  return left > 0
    ? [...shown.slice(0, MOST), h("p", { class: "vram-forecast-note" }, text("panel.more", { count: left }))]
    : shown;
}

/** Notices beyond these say no more. */
const MOST = 6;

/** A node's name that leads to it. @param {string} node @param {string} title @param {View["actions"]} actions */
export function to(node, title, actions) {
  const go = () => void actions.centre(node);
  return h(
    "button",
    {
      type: "button",
      class: "vram-forecast-link",
      "data-key": `node ${node}`,
      title: text("panel.go", { node }),
      click: go,
    },
    title,
  );
}
