// What the user looks at: the node that a forecast speaks of, brought to the middle of the canvas; the sidebar.
import { locate } from "../apply/walk.js";
import { app, root } from "./comfy.js";

/** The frontend sets a graph's own place and zoom in the frames after it is opened. */
const SETTLED = 3;

/**
 * Opens the graph that a node lies in, and brings it to the middle. Whether there is such a node.
 *
 * @param {string} id
 */
export async function centre(id) {
  const found = locate(root(), id);
  if (!found) return false;
  const { node, graph } = found;
  const canvas = app.canvas;
  if (canvas.graph !== graph) {
    canvas.setGraph?.(graph);
    for (let frame = 0; frame < SETTLED; frame++) await new Promise((done) => requestAnimationFrame(done));
  }
  canvas.centerOnNode?.(node);
  canvas.selectItems?.([node]);
  canvas.setDirty(true, true);
  return true;
}

/** ComfyUI's own undo. */
export function undo() {
  return app.extensionManager.command.execute("Comfy.Undo");
}

/** Shows a tab of the sidebar, if it is not shown. @param {string} id */
export async function showTab(id) {
  const { sidebarTab, command } = app.extensionManager;
  if (sidebarTab?.activeSidebarTabId === id) return;
  if (sidebarTab?.toggleSidebarTab) sidebarTab.toggleSidebarTab(id);
  else await command.execute(`Workspace.ToggleSidebarTab.${id}`);
}

/** Shows a tab of the sidebar, or hides it. @param {string} id */
export function toggleTab(id) {
  return app.extensionManager.command.execute(`Workspace.ToggleSidebarTab.${id}`);
}
