// What other rooms of this pack do for the panel; where one is not there, its part is left out.

/** @typedef {{done: true} | {done: false, why: string}} Result */

/** @param {string} path @returns {Promise<any>} */
const found = (path) => import(path).catch(() => ({}));
const [charts, graph] = await Promise.all([found("../charts/timeline.js"), found("../apply/index.js")]);

/** @type {(forecast: Forecast, options: object) => SVGElement | null} */
export const timeline = charts.timeline ?? (() => null);

/** @type {(suggestion: Suggestion, prompt: string) => Promise<Result>} */
export const apply = graph.apply ?? (async () => ({ done: false, why: "" }));

/** @type {(suggestion: Suggestion) => boolean} */
export const canApply = graph.canApply ?? (() => false);
