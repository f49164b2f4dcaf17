// The badge in the action bar: what the forecast says in a few words, always there, never in the way.
import { face, room } from "./badge_face.js";
import { placed } from "./host/bar.js";
import { setting, toast } from "./host/comfy.js";
import { show, shown } from "./host/reactive.js";
import { BADGE } from "./settings.js";
import { current, follow } from "./state.js";

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

/** Begins to show the state on the badge. @param {ActionBarButton} registered */
export function begin(registered) {
  /** @type {HTMLButtonElement | null} */
  let own = null;
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  let digits = 0;
  follow((state) => {
    const badge = face(state);
    digits = state.forecast ? room(badge.label, digits) : digits;
    const rule = `--vram-forecast-fill: ${Math.round(badge.fill * 100)}%; --vram-forecast-digits: ${digits}ch`;
    sheet.replaceSync(`.vram-forecast-badge { ${rule} }`);
    show({ badge });
    requestAnimationFrame(() => (own = placed(registered, own)));
  });
}

/** Says the same as a message: for who has hidden the badge, or does not see it. */
export function say() {
  const { label, told } = face(current());
  toast("info", label, told);
}
