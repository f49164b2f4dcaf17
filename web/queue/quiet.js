// The graphs that their user does not want to be asked about again; kept in the browser, the last of them.
import { nameOf } from "./decide.js";

const KEY = "VRAMForecast.Quiet";
const MOST = 200;

/** Those of this session, where the browser keeps nothing. @type {string[]} */
let session = [];

/** @returns {string[]} */
function known() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found : session;
  } catch {
    return session;
  }
}

/** @param {Prompt} prompt */
export function isQuiet(prompt) {
  return known().includes(nameOf(prompt));
}

/** @param {Prompt} prompt */
export function keepQuiet(prompt) {
  const name = nameOf(prompt);
  session = [name, ...known().filter((one) => one !== name)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // a full or forbidden storage: asked again in the next session
  }
}
