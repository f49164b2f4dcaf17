// The forecast of the prompt that is about to be queued, in time or not at all.
import { prompted } from "../host/comfy.js";
import * as server from "../server.js";
import { current } from "../state.js";
import { QUEUE_PATIENCE } from "../timing.js";

/**
 * What would be queued, its JSON text, and its forecast; null where that is not known in time.
 *
 * @param {string[]} outputs the nodes that are run for, if not all
 * @returns {Promise<{prompt: Prompt, written: string, forecast: Forecast} | null>}
 */
export async function forecastInTime(outputs) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), QUEUE_PATIENCE);
  try {
    return await Promise.race([forecast(outputs, late.signal), never(late.signal)]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    late.abort();
  }
}

/** @param {string[]} outputs @param {AbortSignal} signal */
async function forecast(outputs, signal) {
  const { prompt } = await prompted();
  const written = JSON.stringify(prompt);
  const known = current();
  if (!outputs.length && known.phase === "fresh" && known.forecast && known.prompt === written)
    return { prompt, written, forecast: known.forecast };
  const options = { suggestions: 0, ...(outputs.length ? { outputs: outputs.join(",") } : {}) };
  return { prompt, written, forecast: await server.check(written, options, signal) };
}

/** Null once it is too late. @param {AbortSignal} signal @returns {Promise<null>} */
function never(signal) {
  return new Promise((done) => signal.addEventListener("abort", () => done(null)));
}
