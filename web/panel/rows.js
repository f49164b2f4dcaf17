// The table of steps as plain values: a row for each step; where there are too many, one for those alike.

/** More rows than this nobody reads, and they take too long to draw. */
export const MOST = 300;

/** From the best to the worst. @type {Verdict[]} */
export const ORDER = ["resident", "streamed", "disk", "unknown", "spill", "oom"];

/**
 * `count`: how many steps it stands for; `node`: the one with the highest peak among them.
 *
 * @typedef {{
 *   node: string, title: string, kind: StepForecast["kind"], verdict: Verdict, tight: boolean, count: number,
 *   peak: number, resident: number, streamed: number, seconds: number | null,
 * }} Row
 */

/**
 * @param {Forecast} forecast
 * @param {Record<string, string>} titles of nodes, by their id
 * @param {number} [most]
 * @returns {{rows: Row[], left: number}} `left`: how many steps have no row all the same
 */
export function rowsOf(forecast, titles, most = MOST) {
  const single = forecast.steps.map((step) => row(step, titles));
  const alike = (/** @type {Row} */ one) => `${one.title}/${one.kind}/${one.verdict}`;
  let rows = single;
  if (rows.length > most) rows = merged(rows, (one, before) => before !== undefined && alike(one) === alike(before));
  if (rows.length > most) rows = together(rows, alike);
  const shown = rows.slice(0, most);
  return { rows: shown, left: rows.slice(most).reduce((sum, one) => sum + one.count, 0) };
}

/** @param {StepForecast} step @param {Record<string, string>} titles @returns {Row} */
function row(step, titles) {
  const { node, kind, verdict, tight, resident } = step;
  const title = titles[node] || step.class_type;
  const streamed = step.streamed_per_pass;
  const seconds = step.seconds?.best ?? null;
  return { node, title, kind, verdict, tight, count: 1, peak: step.vram_peak.best, resident, streamed, seconds };
}

/** Neighbours that are alike as one. @param {Row[]} rows @param {(one: Row, before?: Row) => boolean} same */
function merged(rows, same) {
  /** @type {Row[]} */
  const found = [];
  for (const one of rows) {
    const before = found.at(-1);
    if (before && same(one, before)) found[found.length - 1] = sum(before, one);
    else found.push(one);
  }
  return found;
}

/** All that are alike as one, wherever they stand. @param {Row[]} rows @param {(one: Row) => string} key */
function together(rows, key) {
  /** @type {Map<string, Row>} */
  const found = new Map();
  for (const one of rows) {
    const before = found.get(key(one));
    found.set(key(one), before ? sum(before, one) : one);
  }
  return [...found.values()];
}

/** @param {Row} one @param {Row} two @returns {Row} */
function sum(one, two) {
  const higher = two.peak > one.peak ? two : one;
  const seconds = one.seconds === null || two.seconds === null ? null : one.seconds + two.seconds;
  return { ...higher, tight: one.tight || two.tight, count: one.count + two.count, seconds };
}

/**
 * The titles of a prompt's nodes.
 *
 * @param {string} prompt JSON text
 * @returns {Record<string, string>}
 */
export function titlesOf(prompt) {
  try {
    const nodes = Object.entries(/** @type {Prompt} */ (JSON.parse(prompt || "{}")));
    return Object.fromEntries(nodes.map(([id, node]) => [id, node._meta?.title || node.class_type]));
  } catch {
    return {};
  }
}
