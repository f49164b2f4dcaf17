// Follows the graph: asks for a forecast when it has changed, once at a time, and drops what is out of date.
import { api, prompted } from "./host/comfy.js";
import * as server from "./server.js";
import { become, current } from "./state.js";
import { HEARTBEAT, SETTLE } from "./timing.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
/** @type {AbortController | undefined} */
let asking;
let running = false;

/** Begins to follow. */
export function begin() {
  for (const event of ["graphChanged", "reconnected"]) api.addEventListener(event, () => soon());
  api.addEventListener("status", (event) => queued(/** @type {CustomEvent} */ (event).detail));
  setInterval(() => document.visibilityState === "visible" && soon(), HEARTBEAT);
  soon();
}

/** Asks when the graph has been left alone for a moment. */
export function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => void ask(), SETTLE);
}

/** @param {{exec_info?: {queue_remaining: number}} | null} status */
function queued(status) {
  const busy = (status?.exec_info?.queue_remaining ?? 0) > 0;
  if (busy === running) return;
  running = busy;
  if (busy) {
    asking?.abort();
    become({ phase: "running" });
  } else soon();
}

/** Asks now, whatever was asked before; nothing while a prompt runs. */
export async function ask() {
  if (running) return;
  asking?.abort();
  const own = (asking = new AbortController());
  try {
    const prompt = JSON.stringify((await prompted()).prompt);
    if (own.signal.aborted) return;
    if (prompt === "{}") return become({ phase: "empty", forecast: null, prompt, error: "" });
    if (prompt !== current().prompt) become({ phase: "stale" });
    const forecast = await server.check(prompt, { suggestions: 0 }, own.signal);
    if (!own.signal.aborted) become({ phase: "fresh", forecast, prompt, error: "" });
  } catch (error) {
    if (own.signal.aborted) return;
    become({ phase: "failed", forecast: null, prompt: "", error: /** @type {Error} */ (error).message });
  }
}
