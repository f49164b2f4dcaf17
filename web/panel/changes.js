// What would help: each change with how it runs before and after, what it costs, and a button.
import { effects, problem, quality, title } from "../sentence.js";
import { text } from "../text.js";
import { amount, duration, SHAPES, verdictWord } from "../words.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

/** So many are shown until more are asked for. */
const FIRST = 4;

/** @param {View} view */
export function inputs({ state, asked, all }) {
  return [asked.advice(), state.prompt, state.phase === "fresh", all];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content(view) {
  const { asked, state, actions } = view;
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
  if (error) return text("panel.failed", { why: problem(error) });
  return text(asking || !answer ? "panel.asking" : "panel.changes.none");
}

/** What was done last, and the way back; or why it was not. @param {View} view @returns {import("./dom.js").Child[]} */
export function status({ applied, refused, actions }) {
  if (refused) return [h("span", {}, refused)];
  if (!applied) return [];
  const undo = button(text("panel.undo"), "undo", () => void actions.undo());
  return [h("span", {}, text("panel.applied", { title: applied })), undo];
}

/** @param {Suggestion} change @param {View} view @param {boolean} stale */
function item(change, view, stale) {
  const { forecast, actions } = view;
  const able = actions.canApply(change);
  const apply = able && button(text("panel.apply"), `apply ${change.code}`, () => void actions.apply(change));
  if (apply) apply.disabled = stale;
  if (apply) apply.setAttribute("aria-label", `${text("panel.apply")}: ${title(change)}`);
  return h(
    "li",
    { "data-code": change.code },
    h("div", {}, h("strong", {}, title(change)), apply || h("small", {}, text("panel.byhand"))),
    h("p", { class: "vram-forecast-after" }, ...after(change, forecast)),
    ...costs(change, able).map((line) => h("p", { class: "vram-forecast-note" }, line)),
    ...change.downloads.map(download),
  );
}

/** From how it runs to how it would. @param {Suggestion} change @param {Forecast | null} before */
export function after(change, before) {
  const now = before && runs(before.verdict, before.seconds?.best);
  const then = runs(change.verdict_after, change.seconds_after);
  const saved =
    change.saves > 0
      ? ` · −${amount(change.saves)}`
      : change.saves_ram > 0
        ? ` · −${amount(change.saves_ram)} RAM`
        : "";
  const tight = change.tight_after ? `, ${text("panel.tight")}` : "";
  return [now && `${now} → `, h("span", { class: `vram-forecast-is-${change.verdict_after}` }, then), tight, saved];
}

/** @param {Verdict} verdict @param {number | null | undefined} seconds */
function runs(verdict, seconds) {
  const known = seconds !== null && seconds !== undefined && verdict !== "oom" && verdict !== "unknown";
  return `${SHAPES[verdict]} ${verdictWord(verdict)}${known ? ` ${duration(seconds)}` : ""}`;
}

/** What a change costs, line by line. @param {Suggestion} change @param {boolean} able whether its nodes are installed */
export function costs(change, able) {
  const good = quality(change);
  return [
    good && text("panel.quality", { quality: good }),
    ...effects(change),
    change.needs.length > 0 && !able && text("panel.needs", { names: change.needs.join(", ") }),
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
