// A place in the frontend's own reactive state: its buttons and badges follow what they read from there.

const KEY = "vramForecast";

/** Where the frontend has no such place: what is drawn anew all the time is right all the same. */
const plain = {};

/** The frontend's store of stores, or null before its page is there. @returns {Record<string, any> | null} */
function stores() {
  const page = /** @type {any} */ (document.querySelector("#vue-app"))?.__vue_app__;
  return page?.config?.globalProperties?.$pinia?.state?.value ?? null;
}

/** What is shown, for a getter that the frontend calls while it draws. @returns {any} */
export function shown() {
  const found = stores();
  return found ? found[KEY] : plain;
}

/** Has the frontend draw all that reads these parts of `shown` again; other parts stay. @param {object} parts */
export function show(parts) {
  const found = stores();
  if (found && !found[KEY]) found[KEY] = {};
  Object.assign(found ? found[KEY] : plain, parts);
}
