// Words on a chart that never cover one another: each takes the first of its places that is free, or none.

/**
 * `x` is where it starts, its middle or its end, as `anchor` says; `y` its middle. `over`: it may lie over
 * shapes, and has a rim then.
 *
 * @typedef {{ x: number, y: number, anchor: "start" | "middle" | "end" }} Place
 * @typedef {{ left: number, right: number, top: number, bottom: number }} Box
 * @typedef {{ text: string, size: number, look: string, places: Place[], join?: number }} Label
 * @typedef {Label & { place: Place, box: Box }} Placed
 */

const LINE = 1.25; // of a line of text, for each pixel of its size
const AIR = 3; // pixels between two words

/** How wide a text is at most, in pixels, whatever the font. @param {string} text @param {number} size */
export function textWidth(text, size) {
  let wide = 0;
  for (const letter of text) wide += share(letter);
  return wide * size;
}

/** @param {string} letter */
function share(letter) {
  const code = letter.codePointAt(0) ?? 0;
  if (code >= 0x1100) return code >= 0x2000 && code < 0x2e80 ? 0.95 : 1.05;
  if ("il.,:;|'! ·".includes(letter)) return 0.36;
  return "mwMW%@".includes(letter) ? 0.95 : code >= 0x400 ? 0.72 : letter >= "a" ? 0.6 : 0.7;
}

/** @param {Label} label @param {Place} place @returns {Box} */
function boxOf({ text, size }, { x, y, anchor }) {
  const wide = textWidth(text, size);
  const left = anchor === "start" ? x : anchor === "end" ? x - wide : x - wide / 2;
  return { left, right: left + wide, top: y - (size * LINE) / 2, bottom: y + (size * LINE) / 2 };
}

/** @param {Box} one @param {Box} two */
export function meet(one, two) {
  const apart = one.right + AIR <= two.left || two.right + AIR <= one.left;
  return !(apart || one.bottom <= two.top || two.bottom <= one.top);
}

/** @param {Box} inner @param {Box} outer */
function within(inner, outer) {
  const across = inner.left >= outer.left - 0.5 && inner.right <= outer.right + 0.5;
  return across && inner.top >= outer.top - 0.5 && inner.bottom <= outer.bottom + 0.5;
}

/**
 * The labels that have a place inside `room`, the first ones first.
 *
 * @param {Label[]} labels
 * @param {Box} room
 * @param {Box[]} [taken] where none may be
 * @param {Box[]} [shapes] where they are only for want of a better place
 * @returns {Placed[]}
 */
export function placed(labels, room, taken = [], shapes = []) {
  const full = [...taken];
  const found = [];
  for (const label of labels) {
    const all = label.places.map((place) => ({ ...label, place, box: boxOf(label, place) }));
    const free = all.filter((one) => {
      const own = [one.box, ...lineOf(label, one.box)];
      return within(one.box, room) && !own.some((part) => full.some((other) => meet(part, other)));
    });
    const best = free.find(({ box }) => !shapes.some((other) => meet(box, other))) ?? free[0];
    if (!best) continue;
    full.push(best.box, ...lineOf(label, best.box));
    found.push(best);
  }
  return found;
}

/**
 * The line that joins a label to what it names, which no other word may cover.
 *
 * @param {Label} label
 * @param {Box} box
 */
function lineOf({ join, places }, box) {
  const first = places[0];
  if (join === undefined || !first || box.top <= first.y) return [];
  return [{ left: join - 1, right: join + 1, top: first.y - 4, bottom: box.top }];
}

/** A text of at most so many letters. @param {string} text @param {number} most */
export function short(text, most) {
  const letters = [...text.replace(/[\s\p{C}]+/gu, " ").trim()];
  return letters.length <= most ? letters.join("") : `${letters.slice(0, most - 1).join("").trimEnd()}…`;
}
