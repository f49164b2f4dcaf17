// The texts of the extension in the user's language, `web/texts/<language>.json`, English where one lacks; and
// in folders beside them what the server says in English, which is looked at for other languages alone.

const LANGUAGES = ["en", "ru", "zh", "ja"];
const ROOMS = ["sentence", "advice"];

/** @typedef {Record<string, string>} Texts */

/** What is spoken, and how the server says it. @type {{ language: string, texts: Texts, english: Texts }} */
let spoken = { language: "en", texts: {}, english: {} };

/**
 * Reads the texts of a language; others are as English.
 *
 * @param {string} language
 */
export async function speak(language) {
  const wanted = LANGUAGES.find((one) => language.toLowerCase().startsWith(one)) ?? "en";
  if (wanted === "en") return use(await read("en"));
  const [english, own] = await Promise.all(["en", wanted].map(all));
  use({ ...english, ...own }, wanted, english);
}

/**
 * @param {Texts} texts
 * @param {string} language
 * @param {Texts} english
 */
export function use(texts, language = "en", english = texts) {
  spoken = { language, texts, english };
}

/** The language that is spoken: `en`, `ru`, `zh` or `ja`. */
export function language() {
  return spoken.language;
}

/** The texts as the server and this extension have them in English. */
export function inEnglish() {
  return spoken.english;
}

/** All texts of a language. @param {string} language @returns {Promise<Texts>} */
async function all(language) {
  const names = [language, ...ROOMS.map((room) => `${room}/${language}`)];
  return Object.assign({}, ...(await Promise.all(names.map(read))));
}

/** @param {string} name @returns {Promise<Texts>} */
async function read(name) {
  const response = await fetch(new URL(`./texts/${name}.json`, import.meta.url));
  return response.ok ? response.json() : {};
}

/**
 * A text by its key, with its `{slots}` filled; the key itself where there is none.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [slots]
 */
export function text(key, slots = {}) {
  return (spoken.texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(slots[name] ?? whole));
}

/** Whether there is a text of that key. @param {string} key */
export function has(key) {
  return key in spoken.texts;
}
