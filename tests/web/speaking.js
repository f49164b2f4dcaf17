// The texts of a language, as the frontend reads them from the server.
import { readFileSync } from "node:fs";

import { use } from "../../web/text.js";

const ROOMS = ["", "sentence/", "advice/"];

/** All texts of a language. @param {string} language */
export function textsOf(language) {
  const url = (room) => new URL(`../../web/texts/${room}${language}.json`, import.meta.url);
  return Object.assign({}, ...ROOMS.map((room) => JSON.parse(readFileSync(url(room), "utf8"))));
}

/** Has everything said in a language. @param {string} language */
export function speakAs(language) {
  use({ ...textsOf("en"), ...textsOf(language) }, language, textsOf("en"));
}
