// A change of the graph as one step of ComfyUI's undo, or as none at all.
import { UNSEEN } from "../timing.js";
import { app, root } from "./comfy.js";

/** @returns {ChangeTracker | undefined} */
function tracker() {
  return app.extensionManager.workflow.activeWorkflow?.changeTracker;
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
  (undo?.captureCanvasState ?? undo?.checkState)?.call(undo);
  const before = JSON.parse(JSON.stringify(root().serialize()));
  undo?.beforeChange();
  let made = false;
  try {
    made = await change();
    // Nodes 2.0 measures new nodes as it draws them: their sizes belong to the same step.
    for (let frames = 3; made && frames > 0; frames--) await drawn();
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

/** The next frame. @returns {Promise<unknown>} */
function drawn() {
  return new Promise((done) => {
    requestAnimationFrame(done);
    setTimeout(done, UNSEEN);
  });
}

/** Loads the graph as it was, as undo does. @param {any} before */
async function restore(before) {
  const workflow = app.extensionManager.workflow.activeWorkflow;
  const quiet = { checkForRerouteMigration: false, silentAssetErrors: true, showMissingModelsDialog: false };
  await app.loadGraphData(before, false, false, workflow, quiet);
}
