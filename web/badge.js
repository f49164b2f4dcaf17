// The badge in the action bar: what the forecast says in a few words, always there, never in the way.
import { setting } from "./host/comfy.js";
import { show, shown } from "./host/reactive.js";
import { BADGE } from "./settings.js";
import { follow } from "./state.js";
import { text } from "./text.js";
import { badgeText, share, SHAPES } from "./words.js";

/** @typedef {{ label: string, tooltip: string, look: string, fill: number }} Face */

/** Room for so many digits more at a time: the badge keeps its width while numbers change. */
const STEP = 4;

/**
 * What the badge shows of a state.
 *
 * @param {import("./state.js").State} state
 * @returns {Face}
 */
export function face({ phase, forecast, error }) {
  if (phase === "failed") return { ...plain("badge.failed"), tooltip: text("badge.failed.tooltip", { why: error }) };
  if (phase === "empty") return { ...plain("badge.empty"), tooltip: text("badge.empty.tooltip") };
  if (!forecast) {
    const why = phase === "running" ? "badge.running.tooltip" : "badge.asking.tooltip";
    return { ...plain("badge.asking"), tooltip: text(why) };
  }
  const tight = forecast.tight && forecast.verdict !== "oom" ? ` · ${text("node.tight")}` : "";
  const label = `${SHAPES[forecast.verdict]} ${badgeText(forecast)}${tight}`;
  const now = phase === "running" ? ` ${text("badge.running.tooltip")}` : "";
  const tooltip = text("badge.tooltip", { sentence: `${forecast.because}${now}` });
  const look = `${forecast.verdict}${phase === "stale" ? " vram-forecast-stale" : ""}`;
  return { label, tooltip, look, fill: share(forecast) };
}

/** Words where there is no forecast. @param {string} key @returns {Face} */
function plain(key) {
  return { label: text(key), tooltip: "", look: "none", fill: 0 };
}

/**
 * The room for a label, in digits: as much as before, or some more.
 *
 * @param {string} label
 * @param {number} before
 */
export function room(label, before) {
  const wide = [...label].reduce((sum, letter) => sum + (/[\u1100-\uffef]/.test(letter) ? 2 : 1), 0);
  return Math.max(before, Math.ceil(wide / STEP) * STEP);
}

/**
 * The button; what it shows is read while the frontend draws it.
 *
 * @param {() => void} onClick
 * @returns {ActionBarButton}
 */
export function button(onClick) {
  const now = () => (setting(BADGE, true) && shown()?.badge) || null;
  return {
    icon: "vram-forecast-mark",
    get label() {
      return now()?.label || undefined;
    },
    get tooltip() {
      return now()?.tooltip || undefined;
    },
    get class() {
      const badge = now();
      return `vram-forecast-badge vram-forecast-${badge?.look ?? "none"}${badge ? "" : " vram-forecast-hidden"}`;
    },
    onClick,
  };
}

/** Begins to show the state on the badge. */
export function begin() {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  let digits = 0;
  follow((state) => {
    const badge = face(state);
    digits = state.forecast ? room(badge.label, digits) : digits;
    const rule = `--vram-forecast-fill: ${Math.round(badge.fill * 100)}%; --vram-forecast-digits: ${digits}ch`;
    sheet.replaceSync(`.vram-forecast-badge { ${rule} }`);
    show({ badge });
  });
}
