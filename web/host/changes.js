// When the graph may have changed.
import { api } from "./comfy.js";

/** Calls a function whenever the graph may have changed. @param {() => void} changed */
export function changes(changed) {
  for (const event of ["graphChanged", "graphCleared"]) api.addEventListener(event, changed);
}
