// From bytes to pixels: where a chart ends above, and which round sizes it names.

const GIB = 2 ** 30;
const ABOVE = 1.1; // of the highest, for a word over it
const MOST_SHARE = 2; // of the card, at which the picture ends; what is higher is cut there
const ROUND = [0.5, 1, 2, 4, 5, 8, 10, 16, 20, 32, 40, 64, 100, 128, 256, 512, 1024];

/**
 * Where the picture of the card ends, bytes: above all peaks that are reached, unless one is out of all proportion.
 *
 * @param {Forecast} forecast
 * @param {import("./columns.js").Column[]} shown
 */
export function ceiling(forecast, shown) {
  const card = Math.max(forecast.device.total, 1);
  const most = Math.max(0, ...shown.map(({ step, reached }) => (reached ? step.vram_peak.high : 0)));
  return Math.min(Math.max(most, card) * ABOVE, card * MOST_SHARE);
}

/**
 * Where the picture of RAM ends, bytes.
 *
 * @param {Forecast} forecast
 * @param {number} [measured] the most that was
 */
export function ramCeiling(forecast, measured = 0) {
  const kept = forecast.steps.map((step) => step.ram_kept);
  return Math.max(forecast.host.ram_total, 1, forecast.ram_peak.best, measured, ...kept) * 1.15;
}

/**
 * Sizes to name on an axis, at most `most` of them above 0.
 *
 * @param {number} end bytes
 * @param {number} most
 * @returns {number[]}
 */
export function ticks(end, most) {
  const step = GIB * (ROUND.find((one) => one * GIB * most >= end) ?? end / GIB / most);
  const found = [];
  for (let at = 0; at <= end; at += step) found.push(at);
  return found;
}

/**
 * The pixel of so many bytes, between `bottom` and `top`.
 *
 * @param {{top: number, bottom: number}} area
 * @param {number} end bytes at its top
 * @returns {(bytes: number) => number}
 */
export function upward({ top, bottom }, end) {
  return (bytes) => bottom - (Math.max(0, Math.min(bytes, end)) / end) * (bottom - top);
}
