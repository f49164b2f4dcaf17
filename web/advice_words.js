// What the server says of a change in English, in the user's language; what has no text there stays English.
import { said } from "./phrases.js";
import { language, text } from "./text.js";

/** What to do, verb first. @param {Suggestion} suggestion */
export function title({ title: english }) {
  if (language() === "en") return english;
  const parts = english.split("; and ").map((one) => said("rule", one));
  return parts.reduce((one, two) => text("list.changes", { one, two }));
}

/** How good the result is. @param {Suggestion} suggestion */
export function quality({ quality: english }) {
  return apart(english)
    .map((one) => said("quality", one))
    .join("; ");
}

/** What else changes. @param {Suggestion} suggestion */
export function effects({ effects: english }) {
  return english.map((one) => said("effect", one));
}

/** What it changes of the forecast, in a few words. @param {Suggestion} suggestion */
export function why({ why: english }) {
  return said("why", english);
}

/** Why there is no forecast, or no answer. @param {string} english */
export function problem(english) {
  return said("error", english);
}

/** What the server had to take for granted, or does not know. @param {string} english */
export function reason(english) {
  return said("reason", english);
}

/** Phrases that are joined by semicolons, which those in brackets are not. @param {string} english */
function apart(english) {
  return english.split(/; (?![^(]*\))/);
}
