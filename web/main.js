// What ComfyUI's frontend loads: registers all that this pack shows, and begins.
import * as badge from "./badge.js";
import { commands, keybindings, menuCommands } from "./commands.js";
import * as follow from "./follow.js";
import { app, language, redraw, setSetting, whenLanguage } from "./host/comfy.js";
import { followTheme } from "./host/theme.js";
import { toggleTab } from "./host/view.js";
import * as nodeBadges from "./node_badges.js";
import * as panel from "./panel/index.js";
import * as queue from "./queue.js";
import { settings } from "./settings.js";
import { become, current } from "./state.js";
import { speak } from "./text.js";

const style = document.createElement("link");
style.rel = "stylesheet";
style.href = new URL("./style.css", import.meta.url).href;

/** For other packs, and tests: what is known of the graph, and a way to have it asked for again. */
window.vramForecast = { current, ask: follow.ask };

/** Shows everything again, when a setting has changed how. */
function shownAgain() {
  become({});
  redraw();
}

const actions = {
  toggle: () => toggleTab(panel.TAB),
  check: () => follow.ask().then(badge.say),
  queue: () => queue.queueAnyway([0, app.extensionManager.queueSettings?.batchCount ?? 1]),
  set: setSetting,
};

const button = badge.button(() => void panel.open());

app.registerExtension({
  name: "VRAMForecast",
  settings: settings(shownAgain),
  commands: commands(actions),
  keybindings,
  menuCommands,
  actionBarButtons: [button],
  async setup() {
    document.head.append(style);
    await speak(language());
    followTheme(shownAgain);
    whenLanguage((chosen) => void speak(chosen).then(shownAgain));
    badge.begin(button);
    nodeBadges.begin();
    app.extensionManager.registerSidebarTab(panel.tab());
    follow.begin();
    queue.begin();
  },
  nodeCreated: nodeBadges.created,
  afterConfigureGraph: follow.opened,
});
