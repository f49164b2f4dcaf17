// What the buttons of the panel do, and what is remembered of that.
import { apply, canApply } from "../apply/index.js";
import { prompted } from "../host/comfy.js";
import { centre, undo } from "../host/view.js";
import { title } from "../sentence.js";
import { current } from "../state.js";

/**
 * What was chosen and done here. `applied`: the change that was made last and can be undone; `after`: the prompt
 * as it was then, and `followed`, whether that has been forecast; `refused`: why one was not made, `refusals`: how often that was; `card`: the one that is asked about.
 */
export const own = { card: "", applied: "", after: "", followed: false, refused: "", refusals: 0, all: false, width: 320 };

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

/**
 * @param {() => void} later draws the panel anew
 * @param {() => Iterable<Element>} rows of the table of steps
 */
export function actionsOf(later, rows) {
  return {
    centre,
    canApply,
    /** @param {Suggestion} change */
    apply: (change) => made(change, current().prompt, title(change)).then(later),
    /** Sets widgets, whatever else has changed since the forecast. @param {Edit[]} edits @param {string} name */
    set: (edits, name) => text().then((now) => made({ ...SET, title: name, edits }, now, name).then(later)),
    async undo() {
      own.applied = "";
      await undo();
      later();
    },
    /** @param {StepForecast | null} step the one that is pointed at @param {boolean} chosen */
    step(step, chosen) {
      for (const row of rows())
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
}

/** The prompt as it is now. */
async function text() {
  return JSON.stringify((await prompted()).prompt);
}

/** Makes a change, and remembers that it is made, or why it is not. @param {Suggestion} change @param {string} prompt
 * @param {string} name */
async function made(change, prompt, name) {
  try {
    const result = await apply(change, prompt);
    own.refused = result.done ? "" : result.why;
    own.applied = result.done ? name : "";
  } catch (error) {
    own.refused = /** @type {Error} */ (error).message;
    console.warn("VRAM Forecast: a change cannot be made", error);
  }
  if (own.refused) own.refusals++;
  own.after = await text();
  own.followed = false;
}

/** What was said of a change is no longer true of another graph than it has led to. @param {string} prompt */
export function forget(prompt) {
  if (prompt === own.after) own.followed = true;
  else if (own.followed) own.applied = own.refused = "";
}
