// What the colours of a timeline mean, as a list that wraps.
import { text } from "../text.js";
import { columns } from "./columns.js";
import { hueClass, hueNumbers } from "./hues.js";
import { short } from "./labels.js";
import { inRam, onCard as cardRan } from "./measured.js";
import { nothingOnCard } from "./says.js";
import { look } from "./shapes.js";

const LETTERS = 34; // of a model's name
const ROOM = 2000; // pixels: all steps count, however narrow the chart

/**
 * `measured`, `ram`: as of the timeline.
 *
 * @typedef {{ measured?: import("./measured.js").Measured | null, ram?: number | boolean }} Wishes
 */

/**
 * The colours that are on a chart, from below, and what they mean; `look`: the class of a swatch.
 *
 * @param {Forecast} forecast
 * @param {Wishes} [wishes]
 * @returns {{ look: string, words: string }[]}
 */
export function entries(forecast, { measured, ram = false } = {}) {
  const shown = columns(forecast, ROOM);
  const alone = nothingOnCard(forecast.steps);
  const found = alone ? [] : onCard(forecast, shown);
  if (ram || alone) found.push(named("in-ram"));
  if ([...cardRan(shown, measured), ...inRam(shown, measured)].some((one) => one !== null))
    found.push({ look: look("chart-swatch-measured"), words: text("chart.measured") });
  return found;
}

/** @param {string} what */
function named(what) {
  return { look: look(`chart-${what}`), words: text(`chart.layer.${what}`) };
}

/**
 * @param {Forecast} forecast
 * @param {import("./columns.js").Column[]} shown
 */
function onCard(forecast, shown) {
  const there = new Set(shown.flatMap((one) => one.layers.map((layer) => layer.component || layer.what)));
  const numbers = hueNumbers(forecast);
  const shared = forecast.components.some((one) => there.has(one.key) && !numbers.get(one.key));
  const found = ["others", "workspace"].filter((one) => there.has(one)).map(named);
  found.push(...models(forecast, there, numbers));
  if (shared || there.has("models")) found.push(named("models"));
  if (there.has("activations")) found.push(named("activations"));
  if (shown.some(({ step }) => step.vram_peak.high > step.vram_peak.best))
    found.push({ look: look("chart-swatch-band"), words: text("chart.band") });
  return found;
}

/**
 * The models with a hue of their own, by their titles; by their files where titles are alike.
 *
 * @param {Forecast} forecast
 * @param {Set<string>} there
 * @param {Map<string, number>} numbers
 */
function models(forecast, there, numbers) {
  const own = forecast.components.filter((one) => there.has(one.key) && numbers.get(one.key));
  const titles = own.map((one) => `${one.title} ${one.storage_dtype}`);
  return own.map((one, at) => {
    const title = titles[at] ?? "";
    const alone = titles.filter((other) => other === title).length === 1;
    return { look: hueClass(numbers.get(one.key)), words: short(alone ? title : stem(one.file), LETTERS) };
  });
}

/** A file's name without folders and ending. @param {string} file */
function stem(file) {
  const name = file.split(/[\\/]/).pop() ?? file;
  return name.replace(/\.[^.]+$/, "") || file;
}

/**
 * @param {Forecast} forecast
 * @param {Wishes} [wishes]
 * @returns {HTMLUListElement}
 */
export function legend(forecast, wishes) {
  const list = document.createElement("ul");
  list.className = look("chart-legend");
  for (const { look: kind, words } of entries(forecast, wishes)) {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.className = `${look("chart-swatch")} ${kind}`;
    swatch.setAttribute("aria-hidden", "true");
    item.append(swatch, words);
    list.append(item);
  }
  return list;
}
