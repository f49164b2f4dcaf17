// What would help: each change with how it runs before and after, what it costs, and a button.
import { text } from "../text.js";
import { amount, duration, SHAPES, verdictWord } from "../words.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

/** So many are shown until more are asked for. */
const FIRST = 4;

/** @param {View} view */
export function inputs({ state, asked, applied, refused, all }) {
  return [asked.advice(), state.prompt, state.phase === "fresh", applied, refused, all];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content(view) {
  const { asked, state, applied, refused, actions } = view;
  const known = asked.advice();
  const found = known.answer?.suggestions ?? [];
  const shown = view.all ? found : found.slice(0, FIRST);
  const stale = known.asking || state.phase !== "fresh" || !known.of.endsWith(`\n${state.prompt}`);
  const hidden = found.length - FIRST;
  const more =
    hidden > 0 &&
    button(
      view.all ? text("panel.changes.fewer") : text("panel.changes.more", { count: hidden }),
      "changes more",
      actions.toggleAll,
    );
  if (more) more.setAttribute("aria-expanded", String(view.all));
  return [
    applied && done(applied, actions),
    refused && h("p", { class: "vram-forecast-notice", role: "status" }, refused),
    !found.length && h("p", { class: "vram-forecast-plain" }, none(known)),
    found.length > 0 &&
      h(
        "ul",
        { class: "vram-forecast-changes", "aria-busy": String(stale) },
        ...shown.map((one) => item(one, view, stale)),
      ),
    more,
  ];
}

/** Why nothing is listed. @param {import("./question.js").Known<Forecast>} known */
function none({ error, asking, answer }) {
  if (error) return text("panel.failed", { why: error });
  return text(asking || !answer ? "panel.asking" : "panel.changes.none");
}

/** @param {string} title @param {View["actions"]} actions */
function done(title, actions) {
  const undo = button(text("panel.undo"), "undo", actions.undo);
  return h(
    "p",
    { class: "vram-forecast-applied", role: "status" },
    h("span", {}, text("panel.applied", { title })),
    undo,
  );
}

/** @param {Suggestion} change @param {View} view @param {boolean} stale */
function item(change, view, stale) {
  const { forecast, actions } = view;
  const able = actions.canApply(change);
  const apply = able && button(text("panel.apply"), `apply ${change.code}`, () => void actions.apply(change));
  if (apply) apply.disabled = stale;
  if (apply) apply.setAttribute("aria-label", `${text("panel.apply")}: ${actions.title(change)}`);
  return h(
    "li",
    { "data-code": change.code },
    h("div", {}, h("strong", {}, actions.title(change)), apply || h("small", {}, text("panel.byhand"))),
    h("p", { class: "vram-forecast-after" }, ...after(change, forecast)),
    ...costs(change, actions).map((line) => h("p", { class: "vram-forecast-note" }, line)),
    ...change.downloads.map(download),
  );
}

/** From how it runs to how it would. @param {Suggestion} change @param {Forecast | null} before */
export function after(change, before) {
  const now =
    before && `${SHAPES[before.verdict]} ${verdictWord(before.verdict)}${time(before.seconds?.best, before.verdict)}`;
  const then = `${SHAPES[change.verdict_after]} ${verdictWord(change.verdict_after)}${time(change.seconds_after, change.verdict_after)}`;
  const saved =
    change.saves > 0
      ? ` · −${amount(change.saves)}`
      : change.saves_ram > 0
        ? ` · −${amount(change.saves_ram)} RAM`
        : "";
  const tight = change.tight_after ? `, ${text("panel.tight")}` : "";
  return [now && `${now} → `, h("span", { class: `vram-forecast-is-${change.verdict_after}` }, then), tight, saved];
}

/** @param {number | null | undefined} seconds @param {Verdict} verdict */
function time(seconds, verdict) {
  const known = seconds !== null && seconds !== undefined && verdict !== "oom" && verdict !== "unknown";
  return known ? ` ${duration(seconds)}` : "";
}

/** What a change costs, line by line. @param {Suggestion} change @param {Pick<View["actions"], "quality" | "effects">} actions */
export function costs(change, actions) {
  const quality = actions.quality(change);
  return [
    quality && text("panel.quality", { quality }),
    ...actions.effects(change),
    change.needs.length > 0 && text("panel.needs", { names: change.needs.join(", ") }),
  ].filter((line) => typeof line === "string" && line);
}

/** What is fetched, how large, from where and into which folder. @param {Download} file */
export function download(file) {
  const size = file.exact ? amount(file.bytes) : `≈ ${amount(file.bytes)}`;
  const host = hostOf(file.url);
  const line = text("panel.download", { file: file.file, size, host: host || "?", folder: `models/${file.directory}` });
  const link =
    host &&
    h(
      "a",
      { href: file.url, target: "_blank", rel: "noopener noreferrer", "data-key": `get ${file.url}` },
      text("panel.download.open"),
    );
  return h("p", { class: "vram-forecast-note" }, line, " ", link, file.gated && ` ${text("panel.download.gated")}`);
}

/** The host of an address on the web; empty for any other. @param {string} url */
export function hostOf(url) {
  try {
    const { protocol, host } = new URL(url);
    return /^https?:$/.test(protocol) ? host : "";
  } catch {
    return "";
  }
}

/** @param {string} label @param {string} key @param {() => void} click */
export function button(label, key, click) {
  return h("button", { type: "button", class: "vram-forecast-button", "data-key": key, click }, label);
}
