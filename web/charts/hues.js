// Which colour stands for which component: the same in every chart and on the nodes' badges.

/** So many components have a hue of their own; `web/style.css` has their colours. */
const OWN = 5;

/**
 * The number of each component's hue, by its key: the largest have one of their own, in the order in which
 * they are loaded; 0 is shared by the others.
 *
 * @param {Forecast} forecast
 * @returns {Map<string, number>}
 */
export function hueNumbers(forecast) {
  const used = new Set(forecast.steps.flatMap((step) => step.components));
  const there = forecast.components.filter((one) => used.has(one.key));
  const kept = new Set(there.sort((one, two) => two.bytes - one.bytes).slice(0, OWN).map((one) => one.key));
  let next = 0;
  return new Map(forecast.components.map((one) => [one.key, kept.has(one.key) ? ++next : 0]));
}

/**
 * The colour of each component by its key, as a canvas takes it. Asked for while the page has the theme that
 * it is drawn in.
 *
 * @param {Forecast} forecast
 * @returns {Map<string, string>}
 */
export function hues(forecast) {
  const style = getComputedStyle(document.body);
  const colour = (/** @type {number} */ number) => style.getPropertyValue(`--vram-forecast-hue-${number}`).trim();
  return new Map([...hueNumbers(forecast)].map(([key, number]) => [key, colour(number)]));
}

/** The class of a component's shapes. @param {number | undefined} number */
export function hueClass(number) {
  return `vram-forecast-hue-${number ?? 0}`;
}
