// What a chart says in words: its lines, its steps, and the step that matters most.
import { text } from "../text.js";
import { amount, duration, SHAPES, verdictWord, worst } from "../words.js";
import { fails } from "./columns.js";
import { short } from "./labels.js";

const LETTERS = 22; // of a step's name
const FAILS = "✗";

/** A step's name on the chart. @param {import("./columns.js").Column} column */
export function nameOf({ step, steps, reached }) {
  const name = short(step.title || step.class_type, LETTERS);
  if (steps.length > 1) return text("chart.more", { name, count: steps.length - 1 });
  if (!reached || step.verdict === "oom" || !step.seconds) return name;
  return `${name} · ${duration(step.seconds.best)}`;
}

/**
 * All that matters of a step in one line, for a tooltip and for who does not see the chart.
 *
 * @param {import("./columns.js").Column} column
 * @param {Forecast} forecast
 */
export function rowOf({ step, steps, reached }, forecast) {
  const parts = [text("chart.step", { name: short(step.title || step.class_type, 60), node: step.node })];
  if (step.vram_peak.high)
    parts.push(text("chart.peak", { peak: amount(step.vram_peak.best), card: amount(forecast.device.total) }));
  if (step.streamed_per_pass) parts.push(text("chart.streams", { size: amount(step.streamed_per_pass) }));
  parts.push(reached ? verdictWord(step.verdict) : text("chart.unreached"));
  if (reached && step.seconds && step.verdict !== "oom") parts.push(duration(step.seconds.best));
  if (steps.length > 1) parts.push(text("chart.others", { count: steps.length - 1 }));
  return parts.join(" · ");
}

/** Whether a forecast's trouble, or all of its work, is in RAM and not on the card. @param {Forecast} forecast */
export function ofRam(forecast) {
  const { verdict, steps } = forecast;
  if (verdict === "disk") return true;
  if (verdict === "oom") return !(worst(forecast)?.verdict === "oom" && worst(forecast)?.need.high);
  return nothingOnCard(steps) && verdict !== "unknown";
}

/** Whether no step uses the card, as on the processor. @param {StepForecast[]} steps */
export function nothingOnCard(steps) {
  return steps.length > 0 && steps.every((step) => !step.vram_peak.high && step.verdict !== "unknown");
}

/**
 * The word over a column of RAM that the verdict is about; empty for any other.
 *
 * @param {import("./columns.js").Column} column
 * @param {Forecast} forecast
 */
export function ramMarkOf({ steps }, forecast) {
  const { verdict } = forecast;
  const decides = steps.includes(/** @type {StepForecast} */ (worst(forecast)));
  if (!decides || (verdict !== "oom" && verdict !== "disk")) return "";
  return `${verdict === "oom" ? FAILS : SHAPES[verdict]} ${verdictWord(verdict)}`;
}

/**
 * The word over a column that the verdict is about, or that fails; empty for any other.
 *
 * @param {import("./columns.js").Column} column
 * @param {Forecast} forecast
 */
export function markOf({ step, steps, reached }, forecast) {
  const matters = steps.includes(/** @type {StepForecast} */ (worst(forecast)));
  if (!reached || !(fails(step) || matters)) return "";
  const shape = step.verdict === "oom" ? FAILS : SHAPES[step.verdict];
  if (fails(step) || step.verdict === "unknown") return `${shape} ${verdictWord(step.verdict)}`;
  if (!step.vram_peak.high) return "";
  if (step.streamed_per_pass) return `${shape} ${text("chart.streams", { size: amount(step.streamed_per_pass) })}`;
  return `${shape} ${amount(step.vram_peak.best)}`;
}
