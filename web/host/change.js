// A change of the graph as one step of ComfyUI's undo, or as none at all.
import { MEASURE, SQUASH } from "../timing.js";
import { app, root } from "./comfy.js";
import { places } from "./places.js";

const STILL = 3; // looks that find nothing new
const MOST_LOOKS = 10; // then it is taken as it is

/** @returns {ChangeTracker | undefined} */
function tracker() {
  return app.extensionManager.workflow.activeWorkflow?.changeTracker;
}

/** Lets ComfyUI note what changed before, and be done with it: it folds what follows at once into that. */
export async function noted() {
  const undo = tracker();
  (undo?.captureCanvasState ?? undo?.checkState)?.call(undo);
  await new Promise((done) => setTimeout(done, SQUASH));
}

/**
 * Where nodes are drawn by Vue: waits until the page has measured those that are new, whose sizes it writes
 * into the graph some frames later; they would be a step of their own. Whether there was anything to wait for.
 */
export async function settled() {
  if (!window.LiteGraph.vueNodesMode) return false;
  for (let same = 0, looks = 0, before = sizes(); same < STILL && looks < MOST_LOOKS; looks++) {
    await new Promise((done) => setTimeout(done, MEASURE));
    const now = sizes();
    same = now === before ? same + 1 : 0;
    before = now;
  }
  return true;
}

/** Where all nodes lie and how large they are, those of subgraphs too. */
function sizes() {
  return JSON.stringify([...places()].map(([, { pos, size }]) => [...pos, ...size]));
}

/**
 * Changes the graph in one step that Ctrl+Z takes back. What throws, or gives false, leaves the graph as it
 * was, and no step.
 *
 * @param {() => Promise<boolean>} change
 * @returns {Promise<boolean>}
 */
export async function once(change) {
  const undo = tracker();
  const before = JSON.parse(JSON.stringify(root().serialize()));
  undo?.beforeChange();
  let made = false;
  try {
    made = await change();
  } finally {
    try {
      if (!made) await restore(before);
    } finally {
      undo?.afterChange();
      app.canvas?.setDirty(true, true);
    }
  }
  return made;
}

/** Loads the graph as it was, as undo does. @param {any} before */
async function restore(before) {
  const workflow = app.extensionManager.workflow.activeWorkflow;
  const quiet = { checkForRerouteMigration: false, silentAssetErrors: true, showMissingModelsDialog: false };
  await app.loadGraphData(before, false, false, workflow, quiet);
}
