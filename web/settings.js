// The settings, in ComfyUI's own dialog; their names and tooltips in other languages are in `locales/`.
import { useUnits } from "./words.js";

/** What is slower than this many times is asked about before it is queued. */
export const THRESHOLD = "VRAMForecast.Threshold";
export const GUARD = "VRAMForecast.Guard";
export const BADGE = "VRAMForecast.Badge";
export const NODE_BADGES = "VRAMForecast.NodeBadges";
export const UNITS = "VRAMForecast.Units";

const PAGE = "VRAM Forecast";

/**
 * @param {() => void} redraw called when something that is shown has changed
 * @returns {Setting[]}
 */
export function settings(redraw) {
  return [
    {
      id: GUARD,
      name: "Before a prompt that runs out of memory",
      tooltip:
        "What happens when a prompt is queued that would run out of memory, by forecast. Never stops on what is not known.",
      category: [PAGE, "Queue", "Guard"],
      type: "combo",
      options: [
        { text: "queue it", value: "off" },
        { text: "ask first", value: "warn" },
        { text: "refuse it", value: "block" },
      ],
      defaultValue: "warn",
    },
    {
      id: THRESHOLD,
      name: "Ask when streaming makes it slower than",
      tooltip: "So many times as long as with all weights on the card. Below that, a prompt is queued at once.",
      category: [PAGE, "Queue", "Threshold"],
      type: "slider",
      attrs: { min: 1.5, max: 20, step: 0.5 },
      defaultValue: 3,
    },
    {
      id: BADGE,
      name: "Badge in the action bar",
      tooltip: "The peak, the card, the verdict and the time of the workflow on the canvas. Click it for the details.",
      category: [PAGE, "What is shown", "Badge"],
      type: "boolean",
      defaultValue: true,
      onChange: redraw,
    },
    {
      id: NODE_BADGES,
      name: "Badges on nodes",
      tooltip: "Bytes on loaders, peak and time on samplers and decoders, and a warning on what would fail.",
      category: [PAGE, "What is shown", "NodeBadges"],
      type: "boolean",
      defaultValue: true,
      onChange: redraw,
    },
    {
      id: UNITS,
      name: "Sizes in",
      tooltip: "GB as cards are sold and GiB are the same number; MB is what ComfyUI's log says.",
      category: [PAGE, "What is shown", "Units"],
      type: "combo",
      options: ["GB", "GiB", "MB"],
      defaultValue: "GB",
      onChange: (units) => {
        useUnits(units);
        redraw();
      },
    },
  ];
}
