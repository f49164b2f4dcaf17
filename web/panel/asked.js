// What the panel asks the server: only while it is seen, and never while a prompt runs.
import * as server from "../server.js";
import { ADVICE_SETTLE } from "../timing.js";
import { Question } from "./question.js";

const RUNS = 12; // of the history
const GIB = 2 ** 30;

/** Between the parts of a question's key; no prompt has it. */
const AND = "\n";

/**
 * @typedef {ReturnType<typeof questions>} Asked
 */

/**
 * The questions. Each gives what is known so far, and asks where that is out of date.
 *
 * @param {() => import("../state.js").State} now
 * @param {() => void} changed
 */
export function questions(now, changed) {
  /** @type {KnownCard[]} */
  let cards = [];
  let ran = 0;
  const about = (/** @type {string} */ key) => key.slice(key.indexOf(AND) + 1);
  const first = (/** @type {string} */ key) => key.slice(0, key.indexOf(AND));
  /** @type {Question<Forecast>} */
  const advice = new Question((key, signal) => server.advise(about(key), {}, signal), changed, ADVICE_SETTLE);
  /** @type {Question<import("./scale.js").Limits>} */
  const limits = new Question((key, signal) => server.limits(about(key), {}, signal), changed, ADVICE_SETTLE);
  /** @type {Question<History>} */
  const past = new Question((key, signal) => server.runs(about(key), { runs: RUNS }, signal), changed, 0);
  /** @type {Question<KnownCard[]>} */
  const list = new Question(async () => (cards = (await server.cards()).cards), changed, 0);
  /** @type {Question<Forecast>} */
  const elsewhere = new Question(
    (key, signal) => server.check(about(key), { suggestions: 0, ...on(first(key), cards, now().forecast) }, signal),
    changed,
    0,
  );
  /** @template Answer @param {Question<Answer>} question @param {string} mark */
  const when = (question, mark) =>
    now().phase === "fresh" ? question.want(mark + AND + now().prompt) : question.known;
  return {
    advice: () => when(advice, machine(now().forecast)),
    limits: () => when(limits, machine(now().forecast)),
    past: () => when(past, String(ran)),
    cards: () => list.want("all"),
    elsewhere: (/** @type {string} */ card) => (card ? when(elsewhere, card) : null),
    /** A run has ended: its history is another. */
    ran: () => void ran++,
    stop: () => [advice, limits, past, list, elsewhere].forEach((one) => one.stop()),
  };
}

/** What of the machine advice rests on; what other programs hold moves a little all the time. @param {Forecast | null} forecast */
function machine(forecast) {
  if (!forecast) return "";
  const { device, verdict } = forecast;
  return [verdict, device.name, device.total, Math.round((device.free * 4) / GIB)].join("/");
}

/**
 * The options that ask about a card. One that works in RAM is in another computer, with as much of it.
 *
 * @param {string} id
 * @param {KnownCard[]} cards
 * @param {Forecast | null} forecast
 */
function on(id, cards, forecast) {
  const own = cards.find((one) => one.id === id)?.total;
  return { gpu: id, ...(own ? {} : { ram: Math.round((forecast?.host.ram_total ?? 0) / GIB) }) };
}
