// What the user looks at: the node that a forecast speaks of, brought to the middle of the canvas; the sidebar.
import { app, root } from "./comfy.js";

/** The frontend sets a graph's own place and zoom in the frames after it is opened. */
const SETTLED = 3;

/**
 * The node of an id of the flat prompt: `57:3` is node 3 in the subgraph of node 57.
 *
 * @param {string} id
 * @returns {GraphNode | null}
 */
export function located(id) {
  /** @type {Graph | null | undefined} */
  let graph = root();
  /** @type {GraphNode | null} */
  let node = null;
  for (const part of id.split(":")) {
    node = graph?.nodes.find((one) => String(one.id) === part) ?? null;
    graph = node?.subgraph;
  }
  return node;
}

/** Opens the graph that a node lies in, and brings it to the middle. Whether there is such a node. @param {string} id */
export async function centre(id) {
  const node = located(id);
  if (!node?.graph) return false;
  const canvas = app.canvas;
  if (canvas.graph !== node.graph) {
    canvas.setGraph?.(node.graph);
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
