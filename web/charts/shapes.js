// Shapes as plain data, so that a chart can be made and tested without a page; drawn by `draw`.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {{ tag: string, attributes: Record<string, string | number>, children: (Shape | string)[] }} Shape
 */

/**
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {(Shape | string)[]} children
 * @returns {Shape}
 */
export function shape(tag, attributes = {}, ...children) {
  return { tag, attributes, children };
}

/** A class of ours. @param {string} names separated by blanks, without their beginning */
export function look(names) {
  return names.split(" ").map((one) => `vram-forecast-${one}`).join(" ");
}

/**
 * An element of a page.
 *
 * @param {Shape} what
 * @returns {SVGElement}
 */
export function draw({ tag, attributes, children }) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  for (const child of children) element.append(typeof child === "string" ? child : draw(child));
  return element;
}

/** A number as a path has it: to a tenth of a pixel. @param {number} value */
function pixel(value) {
  return Math.round(value * 10) / 10;
}

/**
 * A rectangle as part of a path.
 *
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 */
export function box(left, top, width, height) {
  return `M${pixel(left)} ${pixel(top)}h${pixel(width)}v${pixel(height)}h${pixel(-width)}z`;
}

/** A line as a path. @param {number} left @param {number} right @param {number} at */
export function across(left, right, at) {
  return `M${pixel(left)} ${pixel(at)}H${pixel(right)}`;
}

/**
 * A line in steps over columns, broken where there is no value.
 *
 * @param {{left: number, right: number, at: number | null}[]} levels pixels
 */
export function stairs(levels) {
  let path = "";
  let drawn = false;
  for (const { left, right, at } of levels) {
    if (at !== null) path += `${drawn ? "V" : `M${pixel(left)} `}${pixel(at)}H${pixel(right)}`;
    drawn = at !== null;
  }
  return path;
}
