// The questions to our routes on ComfyUI's server.
import { api } from "./host/comfy.js";
import { problem } from "./sentence.js";

/** The server answered, and with no forecast: `message` is its sentence. */
export class NoAnswer extends Error {}

/**
 * @param {string} route its name and query
 * @param {RequestInit} [options]
 */
async function ask(route, options) {
  const response = await api.fetchApi(`/vram_forecast/${route}`, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new NoAnswer(answer.error ? problem(answer.error) : `HTTP ${response.status}`);
  return answer;
}

/**
 * How a prompt runs. `options` as in docs/http.md.
 *
 * @param {string} prompt JSON text
 * @param {Record<string, string | number>} [options]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Forecast>}
 */
export function check(prompt, options = {}, signal) {
  return post("check", prompt, options, signal);
}

/**
 * The same with all that would help.
 *
 * @param {string} prompt JSON text
 * @param {Record<string, string | number>} [options]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Forecast>}
 */
export function advise(prompt, options = {}, signal) {
  return post("advise", prompt, options, signal);
}

/**
 * The most that a prompt can ask for.
 *
 * @param {string} prompt JSON text
 * @param {Record<string, string | number>} [options]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function limits(prompt, options = {}, signal) {
  return post("limits", prompt, options, signal);
}

/** This machine. @returns {Promise<any>} */
export function device() {
  return ask("device");
}

/**
 * Past runs of a prompt, seeds and texts aside, and the nodes of the newest.
 *
 * @param {string} prompt JSON text
 * @param {Record<string, string | number>} [options]
 * @param {AbortSignal} [signal]
 * @returns {Promise<History>}
 */
export function runs(prompt, options = {}, signal) {
  return post("runs", prompt, options, signal);
}

/** The cards that can be asked about. @returns {Promise<{cards: KnownCard[]}>} */
export function cards() {
  return ask("cards");
}

/** Past runs. @param {Record<string, string | number>} [options] @returns {Promise<any>} */
export function history(options = {}) {
  return ask(`history${query(options)}`);
}

/**
 * @param {string} route
 * @param {string} prompt
 * @param {Record<string, string | number>} options
 * @param {AbortSignal} [signal]
 */
function post(route, prompt, options, signal) {
  const body = `{"prompt":${prompt}}`;
  const headers = { "Content-Type": "application/json" };
  return ask(`${route}${query(options)}`, { method: "POST", body, headers, signal });
}

/** @param {Record<string, string | number>} options */
function query(options) {
  const given = Object.entries(options).map(([name, value]) => [name, String(value)]);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
