// What the server says of a forecast in English, `because`, in the user's language: made of the same facts, case by
// case as in `estimator/report/words.py`.
import { said } from "./phrases.js";
import { language, text } from "./text.js";
import { worst } from "./words.js";

export { effects, problem, quality, reason, title, why } from "./advice_words.js";

const GIB = 2 ** 30;
const LEAST_SLOWDOWN = 1.05; // below, the numbers that are printed would say nothing
const MOST_NAMES = 3;

/** What will happen, where and why. @param {Forecast} forecast */
export function sentence(forecast) {
  return language() === "en" ? forecast.because : told(forecast);
}

/** The same from the facts, in English too. @param {Forecast} forecast */
export function told(forecast) {
  const { steps, tight, verdict } = forecast;
  const found = [SENTENCES[verdict](forecast)];
  const retried = steps.find((one) => one.tiled);
  if (retried && verdict !== "oom" && verdict !== "unknown")
    found.push(text("sentence.retried", { place: place(retried) }));
  if (tight && verdict !== "oom") found.push(margin(forecast));
  return found.reduce((one, two) => text("sentence.join", { one, two }));
}

/** @type {Record<Verdict, (forecast: Forecast) => string>} */
const SENTENCES = { resident, streamed, disk, spill, oom, unknown };

/** @param {Forecast} forecast */
function margin(forecast) {
  const { steps, swapped, ram_kept, device } = forecast;
  const thin = steps.filter((one) => one.tight);
  if (!thin.length && swapped) return text("sentence.swapped", { size: gib(swapped) });
  if (!thin.length) return text("sentence.kept", { size: gib(ram_kept.best) });
  const step = thin.reduce((most, one) => (one.need.best > most.need.best ? one : most));
  const left = device.total - step.need.best;
  return left >= 0
    ? text("sentence.margin", { place: place(step), left: gib(left) })
    : text("sentence.over", { place: place(step), over: gib(-left) });
}

/** @param {Forecast} forecast */
function resident(forecast) {
  const { steps, vram_peak, ram_peak, host, seconds, device } = forecast;
  const time = about(seconds);
  if (!steps.length) return text("sentence.nothing");
  if (!vram_peak.high)
    return text("sentence.processor", { ram: gib(ram_peak.best), total: gib(host.ram_total), time });
  const there = whereIs(forecast);
  return text("sentence.resident", { peak: gib(vram_peak.best), total: bare(device.total), place: there, time });
}

/** @param {Forecast} forecast */
function streamed(forecast) {
  const step = worst(forecast);
  const size = gib(step?.streamed_per_pass ?? 0);
  return text("sentence.streamed", { size, place: place(step), instead: instead(forecast) });
}

/** @param {Forecast} forecast */
function instead({ seconds, resident_seconds, slowdown }) {
  if (!seconds || !resident_seconds || !slowdown) return "";
  const [real, ideal] = [duration(seconds.best), duration(resident_seconds.best)];
  if (real === ideal || slowdown.best < LEAST_SLOWDOWN) return text("sentence.no-slower", { real });
  return text("sentence.instead", { real, ideal, times: fixed(slowdown.best, slowdown.best < 10 ? 1 : 0) });
}

/** @param {Forecast} forecast */
function disk({ ram_peak, host, disk_bytes, seconds }) {
  const total = gib(host.ram_total);
  return text("sentence.disk", {
    need: gib(ram_peak.best),
    total: ram_peak.best <= host.ram_total ? text("sentence.left-free", { total }) : total,
    again: Number(bare(disk_bytes)) ? text("sentence.again", { size: gib(disk_bytes) }) : "",
    time: about(seconds),
  });
}

/** @param {Forecast} forecast */
function spill(forecast) {
  const step = worst(forecast);
  const over = step ? gib(step.need.best - forecast.device.total) : "";
  return text("sentence.spill", { over, place: whereIs(forecast) });
}

/** @param {Forecast} forecast */
function oom(forecast) {
  const { device, host, ram_kept } = forecast;
  const step = worst(forecast);
  if (!forecast.where) return text("sentence.oom.nowhere");
  if (!step || step.verdict !== "oom" || !step.need.high) {
    const swap = host.swap ? text("sentence.swap", { size: gib(host.swap) }) : "";
    const slots = { place: whereIs(forecast), kept: gib(ram_kept.best), total: gib(host.ram_total), swap };
    return text("sentence.ram", slots);
  }
  return text("sentence.oom", {
    place: whereIs(forecast),
    need: span(step.need.low - device.taken.low, step.need.high - device.taken.high),
    total: bare(device.total),
    taken: gib(device.taken.best),
    holders: heldBy(device),
  });
}

/** @param {number} one @param {number} two */
function span(one, two) {
  const [low, high] = [one, two].sort((a, b) => a - b).map((end) => bare(Math.max(0, end)));
  return low === high ? `${low} GiB` : text("sentence.span", { low: String(low), high: String(high) });
}

/** Who holds memory on the card; nothing where that is not known. @param {Card} device */
function heldBy({ holders }) {
  const named = (holders ?? []).map((one) => said("part", one.name) + (one.bytes ? ` ${gib(one.bytes)}` : ""));
  const shown = named.slice(0, MOST_NAMES);
  if (named.length > MOST_NAMES) shown.push(text("sentence.more", { count: named.length - MOST_NAMES }));
  return shown.length ? text("sentence.holders", { names: shown.join(text("sentence.comma")) }) : "";
}

/** @param {Forecast} forecast */
function unknown(forecast) {
  const bytes = forecast.components.reduce((sum, one) => sum + one.bytes, 0);
  const weights = bytes ? text("sentence.weights", { size: gib(bytes) }) : "";
  return text("sentence.unknown", { weights, missing: missing(forecast) });
}

/** @param {Forecast} forecast */
function missing({ coverage, steps }) {
  const [node] = coverage.unknown;
  if (node) return text("sentence.missing.type", { title: node.class_type, node: node.node });
  const step = steps.find((one) => one.verdict === "unknown");
  if (!step) return text("sentence.missing.nodes");
  return text("sentence.missing.step", { place: place(step), why: said("reason", step.because) });
}

/** Where that is; the loading of a file is no step. @param {Forecast} forecast */
function whereIs(forecast) {
  const { where } = forecast;
  return place(worst(forecast) ?? (where ? { title: where.class_type, node: where.node } : undefined));
}

/** A step as a person finds it: `KSampler (node 3)`. @param {{ title: string, node: string } | undefined} step */
export function place(step) {
  return step ? text("sentence.place", { title: step.title, node: step.node }) : "";
}

/** @param {Estimate | null} seconds */
function about(seconds) {
  return seconds ? text("sentence.time", { time: duration(seconds.best) }) : "";
}

/** @param {number} bytes */
function gib(bytes) {
  return `${bare(bytes)} GiB`;
}

/** The same without its unit. @param {number} bytes */
function bare(bytes) {
  return fixed(bytes / GIB, 1);
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 10) return `${fixed(seconds, 1)} s`;
  if (seconds < 100) return `${fixed(seconds, 0)} s`;
  return seconds < 5400 ? `${fixed(seconds / 60, 0)} min` : `${fixed(seconds / 3600, 1)} h`;
}

/** As Python rounds, so that both say the same: what lies just between goes to the even digit. @param {number} value
 * @param {0 | 1} digits */
function fixed(value, digits) {
  const between = (Math.abs(value) * 2 * 2 ** digits) % 2 === 1;
  if (!between) return value.toFixed(digits);
  const below = Math.floor(value * 10 ** digits);
  return ((below + Math.abs(below % 2)) / 10 ** digits).toFixed(digits);
}
