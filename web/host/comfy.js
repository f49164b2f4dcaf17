// ComfyUI's frontend, as this pack uses it: the only folder that imports its scripts.
import { api } from "../../../scripts/api.js";
import { app } from "../../../scripts/app.js";

export { prompted } from "./prompt.js";
export { api, app };

/** The graph of the whole workflow, whichever subgraph is open. */
export function root() {
  return app.rootGraph ?? app.graph;
}

/** The value of a setting; `otherwise` where it is not there yet. @param {string} id @param {any} otherwise */
export function setting(id, otherwise) {
  return app.extensionManager?.setting.get(id) ?? otherwise;
}

/** The language of the user's ComfyUI: `en`, `ru`, `zh`, `ja`, or one that we do not have. */
export function language() {
  return String(setting("Comfy.Locale", "en"));
}

/** Calls a function with the language when the user has chosen another. @param {(language: string) => void} told */
export function whenLanguage(told) {
  const heard = (/** @type {any} */ event) => told(String(event.detail.value));
  app.ui?.settings?.addEventListener?.("Comfy.Locale.change", heard);
}

/** Whether the queue fills itself: after each run, or with each change. */
export function queuesItself() {
  const mode = app.extensionManager?.queueSettings?.mode;
  return mode === "instant" || mode === "change" || mode === "instant-running" || mode === "instant-idle";
}

/**
 * A short message at the edge of the page.
 *
 * @param {"info" | "warn" | "error" | "success"} severity
 * @param {string} summary
 * @param {string} [detail]
 */
export function toast(severity, summary, detail) {
  app.extensionManager.toast.add({ severity, summary, detail, life: 8000 });
}

/** Draws the canvas again, badges included. */
export function redraw() {
  app.canvas?.setDirty(true, true);
}
