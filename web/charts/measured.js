// What was measured in a run, beside the columns of its forecast.

/**
 * A run as the event `vram_forecast.run` and `history?run=` tell of it; bytes. `card_peak`: the most of the
 * card that was in use at once, by all programs; `ram_used`: of RAM, at the node's end.
 *
 * @typedef {{ node: string, card_peak?: number | null, ram_used?: number | null }} MeasuredNode
 * @typedef {{ nodes: MeasuredNode[] }} Measured
 */

/**
 * The most of the card that was in use in each column; null where nobody measured.
 *
 * @param {import("./columns.js").Column[]} shown
 * @param {Measured | null | undefined} run
 */
export function onCard(shown, run) {
  return most(shown, run, (one) => one.card_peak);
}

/**
 * The RAM that was in use in each column; null where nobody measured.
 *
 * @param {import("./columns.js").Column[]} shown
 * @param {Measured | null | undefined} run
 */
export function inRam(shown, run) {
  return most(shown, run, (one) => one.ram_used);
}

/**
 * @param {import("./columns.js").Column[]} shown
 * @param {Measured | null | undefined} run
 * @param {(node: MeasuredNode) => number | null | undefined} read
 * @returns {(number | null)[]}
 */
function most(shown, run, read) {
  const known = new Map((run?.nodes ?? []).map((one) => [one.node, read(one) ?? null]));
  return shown.map(({ steps }) => {
    const found = steps.map((step) => known.get(step.node) ?? null).filter((one) => one !== null);
    return found.length ? Math.max(...found) : null;
  });
}
