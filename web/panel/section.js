// A part of the panel under a heading that opens and closes it; draws anew only what has changed.
import { text } from "../text.js";
import { fill, h } from "./dom.js";

/**
 * @typedef {import("./index.js").View} View
 * @typedef {{
 *   name: string,
 *   open: boolean,
 *   needs: boolean,
 *   inputs(view: View): unknown[],
 *   content(view: View): import("./dom.js").Child[],
 * }} Part `needs`: whether there is nothing to show without a forecast
 */

export class Section {
  /** @param {Part} part @param {() => void} changed called when it was opened or closed */
  constructor(part, changed) {
    this.part = part;
    /** @type {unknown[] | null} */
    this.seen = null;
    const id = `vram-forecast-panel-${part.name}`;
    this.body = h("div", { id, class: "vram-forecast-body" });
    this.head = h("button", {
      type: "button",
      "data-key": `section ${part.name}`,
      "aria-controls": id,
      click: () => this.turn(!part.open, changed),
    });
    this.element = h(
      "section",
      { class: "vram-forecast-section", "data-section": part.name },
      h("h3", {}, this.head),
      this.body,
    );
  }

  /** @param {boolean} open @param {() => void} changed */
  turn(open, changed) {
    this.part.open = open;
    this.seen = null;
    changed();
  }

  /** Draws it, if what it shows is not what it was. @param {View} view */
  show(view) {
    const { part } = this;
    this.element.hidden = part.needs && !view.forecast;
    this.head.textContent = text(`panel.${part.name}`);
    this.head.setAttribute("aria-expanded", String(part.open));
    this.body.hidden = !part.open;
    if (!part.open || this.element.hidden || this.held()) return;
    const inputs = [...part.inputs(view), view.look];
    if (this.seen && inputs.length === this.seen.length && inputs.every((one, at) => one === this.seen?.[at])) return;
    this.seen = inputs;
    fill(this.body, ...part.content(view));
  }

  /** Whether a slider of it is being moved, which no other may take the place of. */
  held() {
    return this.body.querySelector("input[type=range]:active, input[data-waits]") !== null;
  }
}
