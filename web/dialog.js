// The question before a prompt that will not run well: one sentence, the timeline, what would help, and a way
// past it that is as easy as the others.
import { canApply } from "./apply/index.js";
import { timeline } from "./charts/timeline.js";
import { after, costs, download } from "./panel/changes.js";
import { h } from "./panel/dom.js";
import { sentence, title } from "./sentence.js";
import * as server from "./server.js";
import { text } from "./text.js";
import { SHAPES, verdictWord } from "./words.js";

const CHART = { width: 512, height: 120 };

/**
 * `apply`: a change was made, and the prompt is queued with it. `quiet`: not to be asked again for this graph.
 *
 * @typedef {{ answer: "apply" | "anyway" | "cancel", quiet: boolean }} Said
 */

/**
 * What is asked about. `written`: the prompt, as JSON. `strict`: it cannot be queued as it is. `make`: makes a
 * change; gives why not, or nothing.
 *
 * @typedef {{
 *   forecast: Forecast, written: string, strict: boolean, outputs: string[],
 *   make: (suggestion: Suggestion) => Promise<string>,
 * }} Question
 */

/** @type {((answer: Said["answer"]) => void) | null} */
let settle = null;

export function isOpen() {
  return settle !== null;
}

/** Answers for the user. @param {Said["answer"]} said */
export function answer(said) {
  settle?.(said);
}

/** @param {Question} question @returns {Promise<Said>} */
export async function ask(question) {
  const box = drawn(question);
  document.body.append(box.dialog);
  const gone = new AbortController();
  try {
    return await new Promise((done) => {
      settle = (said) => done({ answer: said, quiet: box.quiet.checked });
      box.dialog.addEventListener("cancel", () => answer("cancel"));
      box.dialog.addEventListener("close", () => answer("cancel"));
      box.dialog.addEventListener("keydown", pressed);
      window.addEventListener("keydown", escaped, { capture: true, signal: gone.signal });
      box.dialog.showModal();
      help(box, question, gone.signal).catch((error) => console.warn("VRAM Forecast: no changes to show:", error));
    });
  } finally {
    settle = null;
    gone.abort();
    box.dialog.remove();
  }
}

/** Wherever the focus is: ComfyUI has uses of its own for this key. @param {KeyboardEvent} event */
function escaped(event) {
  if (event.key !== "Escape") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  answer("cancel");
}

/** ComfyUI's own shortcuts do not reach it from here, but for the one that queues. @param {KeyboardEvent} event */
function pressed(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (event.repeat) return event.stopPropagation(); // the key that opened it, still held
    /** @type {HTMLElement} */ (event.currentTarget).querySelector(".vram-forecast-anyway")?.dispatchEvent(new Event("click"));
  }
  event.stopPropagation();
}

/**
 * The dialog, without what would help.
 *
 * @param {Question} question
 */
function drawn({ forecast, strict }) {
  const quiet = h("input", { type: "checkbox" });
  const changes = h("ul", { class: "vram-forecast-changes", "aria-busy": "true" }, h("li", {}, text("dialog.looking")));
  const said = h("p", { class: "vram-forecast-notice", role: "alert", hidden: true });
  const cancel = h("button", { type: "button", class: "vram-forecast-button", click: () => answer("cancel") }, text("dialog.cancel"));
  const anyway =
    !strict &&
    h(
      "button",
      { type: "button", class: "vram-forecast-button vram-forecast-anyway", click: () => answer("anyway") },
      text("dialog.anyway"),
    );
  const verdict = `${SHAPES[forecast.verdict]} ${verdictWord(forecast.verdict)}`;
  const dialog = h(
    "dialog",
    { class: "vram-forecast-dialog", "aria-labelledby": "vram-forecast-ask", "aria-describedby": "vram-forecast-why" },
    // Neither button has the focus until the changes are there: a key that was meant for the page hits nothing.
    h("h2", { id: "vram-forecast-ask", class: `vram-forecast-is-${forecast.verdict}`, tabindex: -1, autofocus: true }, verdict),
    h("p", { id: "vram-forecast-why" }, sentence(forecast)),
    h("div", { class: "vram-forecast-chart" }, /** @type {any} */ (timeline(forecast, CHART))),
    changes,
    said,
    h(
      "footer",
      {},
      !strict && h("label", {}, quiet, " ", text("dialog.quiet")),
      h("span", { class: "vram-forecast-buttons" }, cancel, anyway),
    ),
  );
  let touched = false;
  dialog.addEventListener("keydown", ({ key }) => (touched ||= ["Tab", "Enter", " "].includes(key)));
  return { dialog, quiet, changes, said, anyway, touched: () => touched };
}

/**
 * Fills in what would help, when it is known.
 *
 * @param {ReturnType<typeof drawn>} box
 * @param {Question} question
 * @param {AbortSignal} signal
 */
async function help(box, question, signal) {
  const { written, outputs } = question;
  const options = { suggestions: 3, ...(outputs.length ? { outputs: outputs.join(",") } : {}) };
  const told = await server.check(written, options, signal).catch(() => null);
  if (signal.aborted) return;
  const found = told?.suggestions ?? [];
  box.changes.setAttribute("aria-busy", "false");
  box.changes.replaceChildren(...(found.length ? found.map((one) => row(one, box, question)) : [h("li", {}, text("dialog.nothing"))]));
  if (box.touched()) return;
  const first = box.changes.querySelector("button") ?? box.anyway;
  if (first) first.focus();
}

/**
 * One change: what it is, what it comes to, what it costs, and the button that makes it.
 *
 * @param {Suggestion} change
 * @param {ReturnType<typeof drawn>} box
 * @param {Question} question
 */
function row(change, box, question) {
  const able = canApply(change);
  const make = h("button", { type: "button", class: "vram-forecast-button vram-forecast-first" }, text("dialog.apply"));
  make.setAttribute("aria-label", `${text("dialog.apply")}: ${title(change)}`);
  make.addEventListener("click", () => void made(change, make, box, question));
  return h(
    "li",
    { "data-code": change.code },
    h("div", {}, h("strong", {}, title(change)), able ? make : h("small", {}, text("panel.byhand"))),
    h("p", { class: "vram-forecast-after" }, ...after(change, null)),
    h("p", { class: "vram-forecast-note" }, costs(change, able).join(" · ")),
    ...change.downloads.map(download),
  );
}

/** @param {Suggestion} change @param {HTMLButtonElement} button @param {ReturnType<typeof drawn>} box @param {Question} question */
async function made(change, button, box, question) {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true"); // a disabled one would lose the focus, and Escape with it
  const why = await question.make(change).catch((error) => String(error.message ?? error));
  if (!why) return answer("apply");
  box.said.textContent = why;
  box.said.hidden = false;
  button.removeAttribute("aria-busy");
}
