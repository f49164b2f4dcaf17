// What if it ran on another card.
import { text } from "../text.js";
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

/**
 * The cards by their makers, in the order that they come in.
 *
 * @param {KnownCard[]} cards
 * @returns {[string, KnownCard[]][]}
 */
export function grouped(cards) {
  /** @type {Map<string, KnownCard[]>} */
  const found = new Map();
  for (const card of cards) {
    const vendor = VENDORS[/** @type {keyof typeof VENDORS} */ (card.vendor)] ?? card.vendor;
    found.set(vendor, [...(found.get(vendor) ?? []), card]);
  }
  return [...found];
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
