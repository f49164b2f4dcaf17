// The timeline of a forecast as SVG: for the dialog (small) and for the panel (large, with RAM below).
import { scene } from "./scene.js";
import { draw } from "./shapes.js";

export { hues } from "./hues.js";

let charts = 0;

/**
 * `height`: of the card's part; below 160 pixels there is no axis and there are no names. `ram`: the height of
 * a strip of RAM below it. `measured`: a run, as the event `vram_forecast.run` has it. `interactive`: its steps
 * take the focus, and arrow keys go from one to the next. `onStep`: called with the step under the pointer or
 * the focus, with null when there is none any more, and with `chosen` when it is clicked or Enter is pressed.
 *
 * @typedef {{
 *   width?: number, height?: number, ram?: number | boolean, interactive?: boolean,
 *   measured?: import("./measured.js").Measured | null,
 *   onStep?: (step: StepForecast | null, chosen: boolean) => void,
 * }} Wishes
 */

/**
 * @param {Forecast} forecast
 * @param {Wishes} [wishes]
 * @returns {SVGElement}
 */
export function timeline(forecast, { width = 520, height = 120, ram = 0, interactive = false, measured, onStep } = {}) {
  const strip = ram === true ? 60 : Number(ram);
  const id = `vram-forecast-chart-${(charts += 1)}`;
  const { svg, shown } = scene(forecast, { width, height, ram: strip, interactive, measured, id });
  const element = draw(svg);
  if (onStep || interactive) attend(element, shown, onStep ?? (() => {}));
  return element;
}

/**
 * Tells of the step under the pointer or the focus.
 *
 * @param {SVGElement} element
 * @param {import("./columns.js").Column[]} shown
 * @param {(step: StepForecast | null, chosen: boolean) => void} onStep
 */
function attend(element, shown, onStep) {
  const places = /** @type {SVGElement[]} */ ([...element.querySelectorAll("[data-step]")]);
  const at = (/** @type {Event} */ event) => places.indexOf(/** @type {SVGElement} */ (event.target));
  const tell = (/** @type {number} */ index, chosen = false) => onStep(shown[index]?.step ?? null, chosen);
  element.addEventListener("pointerover", (event) => at(event) >= 0 && tell(at(event)));
  element.addEventListener("pointerleave", () => tell(places.indexOf(/** @type {any} */ (document.activeElement))));
  element.addEventListener("focusin", (event) => {
    for (const [index, place] of places.entries()) rove(place, index === at(event));
    tell(at(event));
  });
  element.addEventListener("focusout", () => tell(-1));
  element.addEventListener("click", (event) => at(event) >= 0 && tell(at(event), true));
  element.addEventListener("keydown", (event) => pressed(event, at(event), places, tell));
}

/** Marks the one step that the Tab key leads to. @param {SVGElement} place @param {boolean} here */
function rove(place, here) {
  if (!place.hasAttribute("role")) return;
  place.setAttribute("tabindex", here ? "0" : "-1");
  place.setAttribute("aria-selected", String(here));
}

/**
 * @param {KeyboardEvent} event
 * @param {number} index of the step that has the focus
 * @param {SVGElement[]} places
 * @param {(index: number, chosen?: boolean) => void} tell
 */
function pressed(event, index, places, tell) {
  if (index < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const last = places.length - 1;
  const back = { ArrowLeft: index - 1, ArrowUp: index - 1, Home: 0 };
  const keys = { ...back, ArrowRight: index + 1, ArrowDown: index + 1, End: last };
  const next = /** @type {Record<string, number>} */ (keys)[event.key];
  if (next !== undefined) places[Math.max(0, Math.min(last, next))]?.focus();
  else if (event.key === "Enter" || event.key === " ") tell(index, true);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
