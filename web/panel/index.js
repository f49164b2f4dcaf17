// The tab of the sidebar: the whole forecast, what would help, how far one can go, and what runs have shown.
import { api, language, setting } from "../host/comfy.js";
import { showTab } from "../host/view.js";
import { UNITS } from "../settings.js";
import { current, follow } from "../state.js";
import { text } from "../text.js";
import { FRAME } from "../timing.js";
import { actionsOf, forget, own } from "./actions.js";
import { questions } from "./asked.js";
import * as changes from "./changes.js";
import * as chart from "./chart.js";
import { fill, h } from "./dom.js";
import * as elsewhere from "./elsewhere.js";
import * as holders from "./holders.js";
import * as limits from "./limits.js";
import * as past from "./past.js";
import { titlesOf } from "./rows.js";
import { Section } from "./section.js";
import * as steps from "./steps.js";
import * as verdict from "./verdict.js";

/**
 * What the parts of the panel are drawn from, and what they can do.
 *
 * @typedef {{
 *   state: import("../state.js").State,
 *   forecast: Forecast | null,
 *   titles: Record<string, string>,
 *   asked: import("./asked.js").Asked,
 *   card: string,
 *   applied: string,
 *   refused: string,
 *   refusals: number,
 *   all: boolean,
 *   width: number,
 *   look: string,
 *   language: string,
 *   actions: ReturnType<typeof actionsOf>,
 * }} View
 */

export const TAB = "vram-forecast";

const NARROW = 240; // pixels; charts are never narrower
const PADDING = 24; // of the panel, left and right together

/** The order is that of the questions: how does it run, when, what helps, where, how far, and what was. */
const PARTS = [
  { name: "timeline", open: true, needs: true, ...chart },
  { name: "changes", open: true, needs: true, ...changes },
  { name: "steps", open: true, needs: true, ...steps },
  { name: "limits", open: true, needs: true, ...limits },
  { name: "elsewhere", open: false, needs: true, ...elsewhere },
  { name: "holders", open: false, needs: true, ...holders },
  { name: "past", open: false, needs: true, ...past },
];

const asked = questions(current, later);

/**
 * @typedef {{
 *   root: HTMLElement, live: HTMLElement, top: HTMLElement, status: HTMLElement, sections: Section[],
 *   seen: unknown[], end: () => void,
 * }} Mounted `seen`: what its top was drawn from; `end`: lets go of what it follows
 */

/** @type {Mounted | null} */
let mounted = null;
let drawing = 0;
let listening = false;

/** @type {{ of: string, titles: Record<string, string> }} */
let titled = { of: "", titles: {} };

/** @type {{ text: string, forecast: Forecast | null }} */
let kept = { text: "", forecast: null };

/** The rows of the table of steps. */
const rows = () => mounted?.root.querySelectorAll("tr[data-node]") ?? [];

const actions = actionsOf(later, rows);

/** The tab, as the sidebar takes it. @returns {SidebarTab} */
export function tab() {
  return {
    id: TAB,
    icon: "vram-forecast-mark-icon pi pi-chart-bar",
    title: "VRAM Forecast",
    tooltip: "VRAM Forecast",
    type: "custom",
    render: mount,
    destroy: unmount,
  };
}

/** Opens the panel, at one of its parts if named. @param {string} [section] */
export async function open(section) {
  const part = PARTS.find((one) => one.name === section);
  if (part) part.open = true;
  await showTab(TAB);
  await new Promise((done) => requestAnimationFrame(done));
  if (!mounted) return;
  draw();
  const found = mounted.sections.find((one) => one.part === part);
  if (found) found.element.scrollIntoView({ block: "start" });
  (found?.head ?? mounted.root).focus({ preventScroll: true });
}

/** @param {HTMLElement} container the frontend gives the same one again whenever it draws its sidebar */
function mount(container) {
  if (mounted && container.contains(mounted.root)) return;
  unmount();
  const live = h("div", { class: "vram-forecast-live", "aria-live": "polite" });
  const top = h("div", { class: "vram-forecast-top" });
  const status = h("div", { class: "vram-forecast-status", role: "status" });
  const sections = PARTS.map((part) => new Section(part, later));
  const heading = h("h2", {}, "VRAM Forecast");
  const root = h(
    "div",
    { class: "vram-forecast-panel", tabindex: "-1", role: "region", "aria-label": "VRAM Forecast" },
    heading,
    live,
    top,
    ...sections.map((one) => one.element),
    status,
  );
  container.replaceChildren(root);
  const observer = new ResizeObserver(([entry]) => resized(entry?.contentRect.width ?? 0));
  observer.observe(root);
  listen();
  const unfollow = follow(later);
  const end = () => (observer.disconnect(), unfollow());
  mounted = { root, live, top, status, sections, seen: [], end };
  later();
}

/** The frontend says when a run of it has ended; what is known of past runs is then out of date. */
function listen() {
  if (listening) return;
  listening = true;
  api.addEventListener("vram_forecast.run", () => {
    asked.ran();
    later();
  });
}

/** Ends all that goes on; nothing is asked or drawn while nobody looks. */
function unmount() {
  mounted?.end();
  mounted = null;
  asked.stop();
}

/** @param {number} width */
function resized(width) {
  const wide = Math.max(NARROW, Math.round(width - PADDING));
  if (wide === own.width) return;
  own.width = wide;
  later();
}

/** Draws in the next frame, which is never for a page in the background. */
function later() {
  if (!mounted || drawing) return;
  drawing = requestAnimationFrame(() => {
    drawing = 0;
    draw();
  });
}

let wrong = false;

/** A part that cannot be drawn is told of once, and leaves the others as they are. @param {() => void} part */
function tried(part) {
  try {
    part();
  } catch (error) {
    if (!wrong) console.warn("VRAM Forecast: a part of the panel cannot be drawn", error);
    wrong = true;
  }
}

/** Draws what has changed; what this frame has no time for, in the next. */
function draw() {
  if (!mounted) return;
  const view = seen();
  const end = performance.now() + FRAME;
  tried(() => drawTop(view));
  for (const section of mounted.sections) {
    if (performance.now() > end) return later();
    tried(() => section.show(view));
  }
}

/**
 * The verdict. Its sentence is replaced where it says something else, so that it is not read out twice.
 *
 * @param {View} view
 */
function drawTop(view) {
  if (!mounted) return;
  const inputs = [...verdict.inputs(view), view.applied, view.refused, view.look];
  if (inputs.every((one, at) => one === mounted?.seen[at])) return;
  mounted.seen = inputs;
  const said = h("div", {}, ...verdict.live(view));
  if (said.textContent !== mounted.live.textContent) fill(mounted.live, ...said.childNodes);
  fill(mounted.top, ...verdict.content(view));
  fill(mounted.status, ...changes.status(view));
}

/** What is to be seen now. @returns {View} */
function seen() {
  const state = current();
  settle(state);
  const look = `${setting(UNITS, "GB")} ${text("panel.steps")}`;
  const { card, applied, refused, refusals, all, width } = own;
  return {
    state,
    forecast: kept.forecast,
    titles: titled.titles,
    asked,
    card,
    applied,
    refused,
    refusals,
    all,
    width,
    look,
    language: language(),
    actions,
  };
}

/**
 * Keeps what is the same as it was, so that it is not drawn again; forgets what was said of another graph.
 *
 * @param {import("../state.js").State} state
 */
function settle(state) {
  const told = state.forecast ? JSON.stringify(state.forecast) : "";
  if (told !== kept.text) kept = { text: told, forecast: state.forecast };
  if (state.prompt !== titled.of) titled = { of: state.prompt, titles: titlesOf(state.prompt) };
  if (state.phase === "fresh") forget(state.prompt);
}
