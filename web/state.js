// What is known of the workflow on the canvas: one value, and those who follow it.

/**
 * `forecast`: the last one; `prompt`: what it was made of, as JSON text. `phase`: `fresh`, it is of the graph
 * as it is now; `stale`, the graph has changed since and an answer is on its way; `running`, nothing is asked
 * while a prompt runs; `failed`, the server gave none, and `error` says why; `empty`, there is nothing to run.
 *
 * @typedef {{
 *   phase: "empty" | "stale" | "fresh" | "running" | "failed",
 *   forecast: Forecast | null,
 *   prompt: string,
 *   error: string,
 * }} State
 */

/** @type {State} */
let state = { phase: "empty", forecast: null, prompt: "", error: "" };

/** @type {Set<(state: State) => void>} */
const followers = new Set();

/** @returns {State} */
export function current() {
  return state;
}

/** Changes some of it, and tells the followers. @param {Partial<State>} change */
export function become(change) {
  state = { ...state, ...change };
  for (const follower of followers) follower(state);
}

/**
 * Calls a function now and at each change.
 *
 * @param {(state: State) => void} follower
 * @returns {() => void} ends it
 */
export function follow(follower) {
  followers.add(follower);
  follower(state);
  return () => followers.delete(follower);
}
