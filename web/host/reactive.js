// A place in the frontend's own reactive state: its buttons and badges follow what they read from there.
import { setting } from "./comfy.js";

const KEY = "vramForecast";
const MIRROR = "VRAMForecast.Mirror"; // what is read where there is no such place; tracked all the same

/** The frontend's store of stores, or null before its page is there. @returns {Record<string, any> | null} */
function stores() {
  const page = /** @type {any} */ (document.querySelector("#vue-app"))?.__vue_app__;
  return page?.config?.globalProperties?.$pinia?.state?.value ?? null;
}

/**
 * What is shown, for a getter that the frontend calls while it draws; null before `show`.
 *
 * @returns {any}
 */
export function shown() {
  const found = stores();
  return found ? (found[KEY] ?? null) : setting(MIRROR, null);
}

/** Has the frontend draw all that reads `shown` again. @param {object} what */
export function show(what) {
  const found = stores();
  if (found) found[KEY] = what;
}
