// A button of our own beside the queue's, where a frontend has no place for buttons of packs (1.30.6 has none).

/** Whether the frontend draws what packs register, or has done so. */
const PLACED = "[data-testid='action-bar-buttons'], .vram-forecast-badge";

/**
 * @param {ActionBarButton} button read anew at each call
 * @param {HTMLButtonElement | null} before what an earlier call gave
 * @returns {HTMLButtonElement | null} null where it is not ours to draw
 */
export function placed(button, before) {
  const bar = document.querySelector(".actionbar-container");
  if (!before?.isConnected && (!bar || document.querySelector(PLACED))) return null;
  const drawn = before ?? document.createElement("button");
  drawn.type = "button";
  drawn.onclick = button.onClick;
  drawn.className = `vram-forecast-own ${button.class}`;
  drawn.textContent = button.label ?? "";
  drawn.title = button.tooltip ?? "";
  drawn.setAttribute("aria-label", button.tooltip || button.label || "");
  if (!drawn.isConnected) bar?.prepend(drawn);
  return drawn;
}
