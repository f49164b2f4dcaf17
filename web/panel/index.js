// The tab of the sidebar: the whole forecast, what would help, how far one can go, and what runs have shown.

import { apply, canApply } from "../apply/index.js";
import { api, language, prompted, setting } from "../host/comfy.js";
import { centre, showTab, undo } from "../host/view.js";
import { effects, quality, sentence, title } from "../sentence.js";
import { UNITS } from "../settings.js";
import { current, follow } from "../state.js";
import { text } from "../text.js";
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
 *   all: boolean,
 *   width: number,
 *   look: string,
 *   language: string,
 *   actions: typeof actions,
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

const own = { card: "", applied: "", after: "", refused: "", all: false, width: 320 };
const asked = questions(current, later);

/** @type {{ root: HTMLElement, live: HTMLElement, top: HTMLElement, sections: Section[], seen: unknown[], end: () => void } | null} */
let mounted = null;
let drawing = 0;
let listening = false;

/** @type {{ of: string, titles: Record<string, string> }} */
let titled = { of: "", titles: {} };

/** @type {{ text: string, forecast: Forecast | null }} */
let kept = { text: "", forecast: null };

export const actions = {
  centre,
  canApply,
  sentence,
  title,
  quality,
  effects,
  /** @param {Suggestion} change */
  apply: (change) => changed(change, current().prompt, actions.title(change)),
  /** Sets widgets, whatever else has changed since the forecast. @param {Edit[]} edits @param {string} title */
  async set(edits, title) {
    const prompt = JSON.stringify((await prompted()).prompt);
    return changed({ ...SET, title, edits }, prompt, title);
  },
  async undo() {
    own.applied = "";
    await undo();
    later();
  },
  /**
   * Shows which row is that of a step on the timeline, and leads to its node where it was chosen.
   *
   * @param {StepForecast | null} step
   * @param {boolean} chosen
   */
  step(step, chosen) {
    for (const row of mounted?.root.querySelectorAll("tr[data-node]") ?? [])
      row.classList.toggle("vram-forecast-pointed", row.getAttribute("data-node") === step?.node);
    if (step && chosen) void centre(step.node);
  },
  toggleAll() {
    own.all = !own.all;
    later();
  },
  /** @param {string} card */
  choose(card) {
    own.card = card;
    later();
  },
};

/** A change by hand, as a suggestion has it. @type {Suggestion} */
const SET = {
  code: "set",
  title: "",
  why: "",
  applicability: "lossless",
  edits: [],
  saves: 0,
  saves_ram: 0,
  verdict_after: "unknown",
  tight_after: false,
  seconds_after: null,
  seconds_again_after: null,
  harm: 0,
  quality: "",
  effects: [],
  downloads: [],
  needs: [],
};

/** Makes a change, and says that it is made and can be undone, or why it is not. @param {Suggestion} change
 * @param {string} prompt @param {string} title */
async function changed(change, prompt, title) {
  const result = await apply(change, prompt);
  own.refused = result.done ? "" : result.why;
  own.applied = result.done ? title : "";
  own.after = JSON.stringify((await prompted()).prompt);
  later();
}

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
  const sections = PARTS.map((part) => new Section(part, later));
  const title = h("h2", {}, "VRAM Forecast");
  const root = h(
    "div",
    { class: "vram-forecast-panel", tabindex: "-1", role: "region", "aria-label": "VRAM Forecast" },
    title,
    live,
    top,
    ...sections.map((one) => one.element),
  );
  container.replaceChildren(root);
  const observer = new ResizeObserver(([entry]) => resized(entry?.contentRect.width ?? 0));
  observer.observe(root);
  listen();
  const unfollow = follow(later);
  const end = () => (observer.disconnect(), unfollow());
  mounted = { root, live, top, sections, seen: [], end };
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
    const began = performance.now();
    draw();
    mounted?.root.setAttribute("data-milliseconds", (performance.now() - began).toFixed(1));
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

/** Draws what has changed. */
function draw() {
  if (!mounted) return;
  const view = seen();
  tried(() => drawTop(view));
  for (const section of mounted.sections) tried(() => section.show(view));
}

/** The verdict; its sentence is replaced where it says something else, so that it is not read out twice. @param {View} view */
function drawTop(view) {
  if (!mounted) return;
  const inputs = [...verdict.inputs(view), view.look];
  if (inputs.every((one, at) => one === mounted?.seen[at])) return;
  mounted.seen = inputs;
  const said = h("div", {}, ...verdict.live(view));
  if (said.textContent !== mounted.live.textContent) fill(mounted.live, ...said.childNodes);
  fill(mounted.top, ...verdict.content(view));
}

/** What is to be seen now. @returns {View} */
function seen() {
  const state = current();
  settle(state);
  const look = `${setting(UNITS, "GB")} ${text("panel.steps")}`;
  const { card, applied, refused, all, width } = own;
  return {
    state,
    forecast: kept.forecast,
    titles: titled.titles,
    asked,
    card,
    applied,
    refused,
    all,
    width,
    look,
    language: language(),
    actions,
  };
}

/** Keeps what is the same as it was, so that it is not drawn again; forgets what was said of another graph. @param {import("../state.js").State} state */
function settle(state) {
  const told = state.forecast ? JSON.stringify(state.forecast) : "";
  if (told !== kept.text) kept = { text: told, forecast: state.forecast };
  if (state.prompt !== titled.of) titled = { of: state.prompt, titles: titlesOf(state.prompt) };
  if (state.phase === "fresh" && own.after && state.prompt !== own.after) {
    own.applied = own.refused = own.after = "";
  }
}
