// The texts of the extension in the user's language; `web/texts/<language>.json`, English where one lacks.

const LANGUAGES = ["en", "ru", "zh", "ja"];

/** @type {Record<string, string>} */
let texts = {};

/**
 * Reads the texts of a language; others are as English.
 *
 * @param {string} language
 */
export async function speak(language) {
  const wanted = LANGUAGES.find((one) => language.toLowerCase().startsWith(one)) ?? "en";
  const files = wanted === "en" ? ["en"] : ["en", wanted];
  use(Object.assign({}, ...(await Promise.all(files.map(read)))));
}

/** @param {Record<string, string>} found */
export function use(found) {
  texts = found;
}

/** @param {string} language @returns {Promise<Record<string, string>>} */
async function read(language) {
  const response = await fetch(new URL(`./texts/${language}.json`, import.meta.url));
  return response.ok ? response.json() : {};
}

/**
 * A text by its key, with its `{slots}` filled; the key itself where there is none.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [slots]
 */
export function text(key, slots = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(slots[name] ?? whole));
}

/** Whether there is a text of that key. @param {string} key */
export function has(key) {
  return key in texts;
}
