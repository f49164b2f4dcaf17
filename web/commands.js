// What can be done by name: in ComfyUI's list of commands, by a key, and by other packs.
import { setting } from "./host/comfy.js";
import { BADGE, NODE_BADGES } from "./settings.js";

/**
 * @typedef {{
 *   toggle(): unknown,
 *   check(): unknown,
 *   queue(): unknown,
 *   set(id: string, value: unknown): unknown,
 * }} Actions
 */

/** Free in ComfyUI, and in browsers. */
const KEY = { key: "v", alt: true, shift: true };

const PANEL = "VRAMForecast.TogglePanel";

/**
 * Their names in other languages are in `locales/`.
 *
 * @param {Actions} actions
 * @returns {NonNullable<ComfyExtension["commands"]>}
 */
export function commands({ toggle, check, queue, set }) {
  const turn = (/** @type {string} */ id) => () => set(id, !setting(id, true));
  return [
    { id: PANEL, label: "VRAM Forecast: show or hide the panel", icon: "pi pi-chart-bar", function: toggle },
    { id: "VRAMForecast.Check", label: "VRAM Forecast: check now", icon: "pi pi-refresh", function: check },
    {
      id: "VRAMForecast.QueueAnyway",
      label: "VRAM Forecast: queue without asking",
      icon: "pi pi-play",
      function: queue,
    },
    {
      id: "VRAMForecast.ToggleBadge",
      label: "VRAM Forecast: show or hide the badge in the action bar",
      icon: "pi pi-tag",
      function: turn(BADGE),
    },
    {
      id: "VRAMForecast.ToggleNodeBadges",
      label: "VRAM Forecast: show or hide the badges on nodes",
      icon: "pi pi-tags",
      function: turn(NODE_BADGES),
    },
  ];
}

export const keybindings = [{ combo: KEY, commandId: PANEL }];

/** Where they are in the menu. */
export const menuCommands = [
  {
    path: ["Extensions", "VRAM Forecast"],
    commands: [
      PANEL,
      "VRAMForecast.Check",
      "VRAMForecast.QueueAnyway",
      "VRAMForecast.ToggleBadge",
      "VRAMForecast.ToggleNodeBadges",
    ],
  },
];
