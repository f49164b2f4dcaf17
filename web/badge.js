// The badge in the action bar: what the forecast says in a few words, always there, never in the way.
import { setting } from "./host/comfy.js";
import { show, shown } from "./host/reactive.js";
import { sentence } from "./sentence.js";
import { follow } from "./state.js";
import { text } from "./text.js";
import { badgeText, share, SHAPES } from "./words.js";

export const SETTING = "VRAMForecast.Badge";

/**
 * What the badge shows of a state.
 *
 * @param {import("./state.js").State} state
 * @returns {{label: string, tooltip: string, look: string, fill: number}}
 */
export function face({ phase, forecast, error }) {
  if (phase === "failed")
    return { label: text("badge.failed"), tooltip: text("badge.failed.tooltip", { why: error }), look: "unknown", fill: 0 };
  if (!forecast) return { label: phase === "empty" ? "" : text("badge.asking"), tooltip: "", look: "resident", fill: 0 };
  const label = `${SHAPES[forecast.verdict]} ${badgeText(forecast)}`;
  const tooltip = text("badge.tooltip", { sentence: sentence(forecast) });
  return { label, tooltip, look: forecast.verdict, fill: share(forecast) };
}

/**
 * The button; what it shows is read while the frontend draws it.
 *
 * @param {() => void} onClick
 * @returns {ActionBarButton}
 */
export function button(onClick) {
  const now = () => (setting(SETTING, true) && shown()?.badge) || null;
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
      const hidden = badge?.label ? "" : " vram-forecast-hidden";
      return `vram-forecast-badge vram-forecast-${badge?.look ?? "resident"}${hidden}`;
    },
    onClick,
  };
}

/** Begins to show the state on the badge. */
export function begin() {
  follow((state) => {
    const badge = face(state);
    document.documentElement.style.setProperty("--vram-forecast-fill", `${Math.round(badge.fill * 100)}%`);
    show({ ...(shown() ?? {}), badge, phase: state.phase });
  });
}


