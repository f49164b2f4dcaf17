// What if it ran on another card.
import { has, text } from "../text.js";
import { amount, duration, SHAPES, verdictWord } from "../words.js";
import { h } from "./dom.js";

/** @typedef {import("./index.js").View} View */

/** @param {View} view */
export function inputs({ asked, card, forecast }) {
  return [asked.cards(), asked.elsewhere(card), card, forecast];
}

/** @param {View} view @returns {import("./dom.js").Child[]} */
export function content({ asked, card, forecast, actions }) {
  const cards = asked.cards();
  if (cards.error) return [h("p", { class: "vram-forecast-plain" }, text("panel.failed", { why: cards.error }))];
  const chosen = h(
    "select",
    { "aria-label": text("panel.elsewhere.choose"), "data-key": "card" },
    option("", text("panel.elsewhere.choose"), card),
  );
  for (const [vendor, own] of grouped(cards.answer ?? []))
    chosen.append(h("optgroup", { label: vendor }, ...own.map((one) => option(one.id, labelOf(one), card))));
  chosen.addEventListener("change", () => actions.choose(chosen.value));
  return [chosen, h("div", { "aria-live": "polite" }, ...answer(asked.elsewhere(card), forecast, actions))];
}

/** @param {string} value @param {string} label @param {string} chosen */
function option(value, label, chosen) {
  return h("option", { value, selected: value === chosen }, label);
}

/** A card with its memory, where it has its own. @param {KnownCard} card */
function labelOf({ name, total }) {
  return total ? `${name} · ${Math.round(total / 2 ** 30)} GB` : `${name} · RAM`;
}

const VENDORS = { nvidia: "NVIDIA", amd: "AMD", intel: "Intel", apple: "Apple" };

/** What cards are sold for, the most common first; others stand behind them. */
const SEGMENTS = ["geforce", "radeon", "arc", "laptop", "unified", "titan", "workstation", "datacenter"];

/**
 * The cards by their makers and by what they are sold for, each in the order of their names.
 *
 * @param {KnownCard[]} cards
 * @returns {[string, KnownCard[]][]}
 */
export function grouped(cards) {
  const rank = (/** @type {KnownCard} */ one) =>
    (SEGMENTS.indexOf(one.segment) + SEGMENTS.length + 1) % (SEGMENTS.length + 1);
  const order = [...cards].sort((one, two) => rank(one) - rank(two) || byName(one, two));
  /** @type {Map<string, KnownCard[]>} */
  const found = new Map();
  for (const card of order) {
    const key = groupOf(card);
    found.set(key, [...(found.get(key) ?? []), card]);
  }
  return [...found];
}

/** Numbers in names by their value. @param {KnownCard} one @param {KnownCard} two */
function byName(one, two) {
  return one.name.localeCompare(two.name, "en", { numeric: true });
}

/** The heading that a card stands under. @param {KnownCard} card */
function groupOf({ vendor, segment }) {
  const maker = VENDORS[/** @type {keyof typeof VENDORS} */ (vendor)] ?? vendor;
  return has(`panel.segment.${segment}`) ? `${maker}, ${text(`panel.segment.${segment}`)}` : maker;
}

/** @param {import("./question.js").Known<Forecast> | null} known @param {Forecast | null} here @param {View["actions"]} actions */
function answer(known, here, actions) {
  if (!known) return [];
  const { answer: there, error } = known;
  if (error) return [h("p", { class: "vram-forecast-plain" }, text("panel.failed", { why: error }))];
  if (!there) return [h("p", { class: "vram-forecast-plain" }, text("panel.asking"))];
  const fails = there.verdict === "oom" || there.verdict === "unknown" || !there.seconds;
  const now =
    here?.seconds && here.verdict !== "oom"
      ? text("panel.elsewhere.instead", { time: duration(here.seconds.best) })
      : "";
  const time = fails || !there.seconds ? "" : ` · ${duration(there.seconds.best)} ${now}`;
  const peak = ` · ${amount(there.vram_peak.best)} / ${amount(there.device.total)}`;
  const word = h(
    "span",
    { class: `vram-forecast-is-${there.verdict}` },
    `${SHAPES[there.verdict]} ${verdictWord(there.verdict)}`,
  );
  return [
    h("p", { class: "vram-forecast-after" }, word, peak, time),
    h("p", { class: "vram-forecast-note" }, actions.sentence(there)),
  ];
}
