// What the server says in English, in the user's language. Each English text of `web/texts/` is a pattern too: what
// follows it is said by the other language's text, with the same numbers and names in its slots.
import { inEnglish, language, text } from "./text.js";

/** @typedef {{ key: string, regex: RegExp, literal: number }} Pattern */

/** Slots that hold words of their own, by the room of these, or a name; and those that must be of their own room. */
const WORDS = new Map([
  ["where", "part"],
  ["counted", "part"],
  ["quality", "quality"],
  ["verdict", "verdict"],
  ["then", "verdict"],
]);
const STRICT = new Set(["fault", "remedy"]);

/** Slots that hold several things, joined by "and" or commas. */
const LISTS = new Set(["files", "flags", "programs", "nodes", "others", "sizes", "gone"]);

/** What a list is joined by. @type {[string, string][]} */
const JOINTS = [
  [" and ", "list.and"],
  [", ", "list.comma"],
];

/**
 * By room, and the texts that they were made of.
 *
 * @type {{ of: Record<string, string>, rooms: Map<string, Pattern[]> }}
 */
let made = { of: {}, rooms: new Map() };

/**
 * An English phrase as one of the texts whose keys begin with `room.`; as it is where it follows none.
 *
 * @param {string} room
 * @param {string} phrase
 */
export function said(room, phrase) {
  return language() === "en" ? phrase : (translated(room, phrase) ?? phrase);
}

/**
 * The same; undefined where it follows no text.
 *
 * @param {string} room
 * @param {string} phrase
 * @returns {string | undefined}
 */
export function translated(room, phrase) {
  for (const { key, regex } of patterns(room)) {
    const found = regex.exec(phrase);
    const filled = found && slots(found.groups ?? {});
    if (filled) return text(key, filled);
  }
  return undefined;
}

/** What is in the slots, said in the language; null where one cannot be. @param {Record<string, string>} found */
function slots(found) {
  const filled = Object.entries(found).map(([name, value]) => [name, slot(name, value)]);
  return filled.some(([, value]) => value === undefined) ? null : Object.fromEntries(filled);
}

/** @param {string} name @param {string} value @returns {string | undefined} */
function slot(name, value) {
  if (STRICT.has(name)) return translated(name, value);
  const room = WORDS.get(name);
  if (room === "verdict") return text(`verdict.${value}`);
  if (room) return translated(room, value) ?? value;
  return LISTS.has(name) ? list(value) : value;
}

/** Several things, each in its own words, joined as the language joins them. @param {string} value */
function list(value) {
  const parts = value.split(/( and |, )/);
  return parts.map((one, at) => (at % 2 ? joint(one) : (translated("part", one) ?? one))).join("");
}

/** @param {string} english */
function joint(english) {
  const found = JOINTS.find(([one]) => one === english);
  return found ? text(found[1]) : english;
}

/** The patterns of a room, those that say most first. @param {string} room */
function patterns(room) {
  const english = inEnglish();
  if (made.of !== english) made = { of: english, rooms: new Map() };
  const known = made.rooms.get(room);
  if (known) return known;
  const found = Object.entries(english)
    .filter(([key]) => key.startsWith(`${room}.`))
    .map(([key, words]) => pattern(key, words))
    .sort((one, two) => two.literal - one.literal);
  made.rooms.set(room, found);
  return found;
}

/** @param {string} key @param {string} words @returns {Pattern} */
function pattern(key, words) {
  const pieces = words.split(/\{(\w+)\}/);
  const source = pieces.map((one, at) => (at % 2 ? `(?<${one}>.+?)` : one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  const literal = pieces.filter((_, at) => at % 2 === 0).join("").length;
  return { key, regex: new RegExp(`^${source.join("")}$`), literal };
}
