// Numbers and verdicts as a person reads them; the same roundings as the command line (`estimator/units.py`).
import { text } from "./text.js";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * How sizes are written. `GB`: as cards are sold, and `GiB`: its exact name, are the same number; `MB` is what
 * ComfyUI's log says, 2^20 bytes.
 *
 * @typedef {"GB" | "GiB" | "MB"} Units
 */

/** @type {{ units: Units }} */
const chosen = { units: "GB" };

/** @param {Units} units */
export function useUnits(units) {
  chosen.units = units ?? "GB";
}

/** The unit that sizes are written in. */
export function unit() {
  return chosen.units;
}

/** A number of bytes without its unit: `14.2`, whole numbers whole: `16`. @param {number} bytes */
export function number(bytes) {
  if (chosen.units === "MB") return Math.round(bytes / MIB).toString();
  return (bytes / GIB).toFixed(1).replace(/\.0$/, "");
}

/** A number of bytes: `14.2 GB`; small ones as `310 MB`. @param {number} bytes */
export function amount(bytes) {
  if (Math.abs(bytes) < GIB / 2) return `${Math.round(bytes / MIB)} ${chosen.units === "GiB" ? "MiB" : "MB"}`;
  return `${number(bytes)} ${chosen.units}`;
}

/** A number of bytes as it stands in a column: always as many digits behind its point. @param {number} bytes */
export function aligned(bytes) {
  return chosen.units === "MB" ? number(bytes) : (bytes / GIB).toFixed(1);
}

/** Seconds rounded to what a forecast supports: `0.4 s`, `18 s`, `2 min`, `1.5 h`. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** The one or two words for a verdict. @param {Verdict} verdict */
export function verdictWord(verdict) {
  return text(`verdict.${verdict}`);
}

/** How a verdict looks when colour is not seen. @type {Record<Verdict, string>} */
export const SHAPES = { resident: "●", streamed: "◐", disk: "◍", spill: "▲", oom: "■", unknown: "?" };

/** The step that decides the verdict, if it is one that is forecast. @param {Forecast} forecast */
export function worst({ where, steps }) {
  return where && where.step !== null ? steps[where.step] : undefined;
}

/** What a badge says of a forecast: `14.2 / 16 GB · fits · 38 s`. @param {Forecast} forecast */
export function badgeText(forecast) {
  const parts = [sizes(forecast), verdictWord(forecast.verdict)];
  if (forecast.verdict === "spill") parts.push(text("badge.minutes"));
  else if (forecast.seconds && forecast.verdict !== "oom" && forecast.verdict !== "unknown")
    parts.push(duration(forecast.seconds.best));
  return parts.filter(Boolean).join(" · ");
}

/** The part of a badge with what is needed and what there is. @param {Forecast} forecast */
function sizes(forecast) {
  const { verdict, device, host } = forecast;
  const of = (/** @type {number} */ need, /** @type {number} */ have) => `${number(need)} / ${number(have)} ${chosen.units}`;
  if (verdict === "disk") return `RAM ${of(forecast.ram_peak.best, host.ram_total)}`;
  if (verdict === "spill") return "";
  if (verdict === "unknown") {
    const weights = forecast.components.reduce((sum, one) => sum + one.bytes, 0);
    return `${amount(weights)} + ?`;
  }
  if (verdict === "oom") {
    const step = worst(forecast);
    if (!step || step.verdict !== "oom" || !step.need.high)
      return text("badge.needs", { size: `RAM ${of(forecast.ram_kept.best, host.ram_total)}` });
    return text("badge.needs", { size: of(Math.max(0, step.need.high - device.taken.high), device.total) });
  }
  return of(forecast.vram_peak.best, device.total);
}

/** How much of the card is used at the peak, 0 to 1. @param {Forecast} forecast */
export function share(forecast) {
  const peak = forecast.verdict === "oom" ? forecast.device.total : forecast.vram_peak.best;
  return forecast.device.total ? Math.min(1, peak / forecast.device.total) : 0;
}
