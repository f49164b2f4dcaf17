// The graphs that their user does not want to be asked about again; kept in the browser, the last of them.
import { nameOf } from "./decide.js";

const KEY = "VRAMForecast.Quiet";
const MOST = 200;

/** @returns {string[]} */
function known() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** @param {Prompt} prompt */
export function isQuiet(prompt) {
  return known().includes(nameOf(prompt));
}

/** @param {Prompt} prompt */
export function keepQuiet(prompt) {
  const name = nameOf(prompt);
  const rest = known().filter((one) => one !== name);
  try {
    localStorage.setItem(KEY, JSON.stringify([name, ...rest].slice(0, MOST)));
  } catch {
    // a full or forbidden storage: asked again next time
  }
}
