// Follows the graph: asks for a forecast when it has changed, once at a time, and drops what is out of date.
import { api, prompted, root } from "./host/comfy.js";
import { changes } from "./host/changes.js";
import * as server from "./server.js";
import { become, current } from "./state.js";
import { HEARTBEAT, SETTLE } from "./timing.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
/** @type {AbortController | undefined} */
let asking;
let running = false;
/** @type {string | undefined} */
let workflow;

/** Begins to follow. */
export function begin() {
  changes(() => soon());
  api.addEventListener("reconnected", () => soon(ask));
  api.addEventListener("status", (event) => queued(/** @type {CustomEvent} */ (event).detail));
  setInterval(() => document.visibilityState === "visible" && soon(ask), HEARTBEAT);
  void alreadyQueued();
  soon(ask);
}

/** What is queued when the page opens: events tell of changes only. */
async function alreadyQueued() {
  try {
    queued(await (await api.fetchApi("/prompt")).json());
  } catch {
    // The next event tells.
  }
}

/** Asks when the graph has been left alone for a moment. @param {() => Promise<void>} how */
export function soon(how = look) {
  clearTimeout(waiting);
  waiting = setTimeout(() => void how(), SETTLE);
}

/** A workflow was opened: what is known of another is not shown for it, even while a prompt runs. */
export function opened() {
  const id = root()?.id;
  if (id !== workflow) become({ forecast: null, prompt: "", phase: running ? "running" : "stale" });
  workflow = id;
  soon();
}

/** @param {{exec_info?: {queue_remaining: number}} | null} status */
function queued(status) {
  const busy = (status?.exec_info?.queue_remaining ?? 0) > 0;
  if (busy === running) return;
  running = busy;
  if (busy) {
    asking?.abort();
    become({ phase: "running" });
  } else soon(ask);
}

/** Asks if the prompt is another than the one that the forecast is of; a node that was moved changes nothing. */
async function look() {
  await ask({ known: current().phase === "fresh" ? current().prompt : undefined });
}

/**
 * Asks now, whatever was asked before; nothing while a prompt runs.
 *
 * @param {{ known?: string }} [already] the prompt that is not asked for again
 */
export async function ask({ known } = {}) {
  if (running) return;
  asking?.abort();
  const own = (asking = new AbortController());
  try {
    const prompt = JSON.stringify((await prompted()).prompt);
    if (own.signal.aborted || prompt === known) return;
    if (prompt === "{}") return become({ phase: "empty", forecast: null, prompt, error: "" });
    if (prompt !== current().prompt) become({ phase: "stale" });
    const forecast = await server.check(prompt, { suggestions: 0 }, own.signal);
    if (!own.signal.aborted) become({ phase: "fresh", forecast, prompt, error: "" });
  } catch (error) {
    if (own.signal.aborted) return;
    become({ phase: "failed", forecast: null, prompt: "", error: /** @type {Error} */ (error).message });
  }
}
