// What the badge in the action bar says, and how much room it takes.
import { sentence } from "./sentence.js";
import { text } from "./text.js";
import { badgeText, share, SHAPES } from "./words.js";

/** @typedef {{ label: string, tooltip: string, look: string, fill: number }} Face */

/** Room for so many digits more at a time: the badge keeps its width while numbers change. */
const STEP = 4;

/**
 * What the badge shows of a state.
 *
 * @param {import("./state.js").State} state
 * @returns {Face}
 */
export function face({ phase, forecast, error }) {
  if (phase === "failed") return { ...plain("badge.failed"), tooltip: text("badge.failed.tooltip", { why: error }) };
  if (phase === "empty") return { ...plain("badge.empty"), tooltip: text("panel.empty") };
  if (!forecast) {
    const why = phase === "running" ? "panel.running" : "panel.asking";
    return { ...plain("badge.asking"), tooltip: text(why) };
  }
  const tight = forecast.tight && forecast.verdict !== "oom" ? ` · ${text("node.tight")}` : "";
  const label = `${SHAPES[forecast.verdict]} ${badgeText(forecast)}${tight}`;
  const now = phase === "running" ? ` ${text("panel.running")}` : "";
  const tooltip = text("badge.tooltip", { sentence: `${sentence(forecast)}${now}` });
  const look = `${forecast.verdict}${phase === "stale" ? " vram-forecast-stale" : ""}`;
  return { label, tooltip, look, fill: share(forecast) };
}

/** Words where there is no forecast. @param {string} key @returns {Face} */
function plain(key) {
  return { label: text(key), tooltip: "", look: "none", fill: 0 };
}

/**
 * The room for a label, in digits: as much as before, or some more.
 *
 * @param {string} label
 * @param {number} before
 */
export function room(label, before) {
  const wide = [...label].reduce((sum, letter) => sum + (/[\u1100-\uffef]/.test(letter) ? 2 : 1), 0);
  return Math.max(before, Math.ceil(wide / STEP) * STEP);
}
