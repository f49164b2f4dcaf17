// The text of this pack's nodes on the nodes themselves: ComfyUI's frontend shows pictures of any node, but
// texts only of its own. Nothing is stored: the text is not part of a saved workflow, nor of a prompt.
import { app } from "../../scripts/app.js";
import { ComfyWidgets } from "../../scripts/widgets.js";

const NODES = "VRAMForecast"; // what the ids of all of them begin with
const NAME = "vram_forecast_text";

/** The widget that shows a node's text; made when there is something to show. @param {GraphNode} node */
function widgetOf(node) {
  const found = node.widgets?.find((one) => one.name === NAME);
  if (found) return found;
  const { widget } = ComfyWidgets.STRING(node, NAME, ["STRING", { multiline: true }], app);
  widget.label = "text";
  widget.serialize = false;
  widget.options = Object.assign(widget.options ?? {}, { serialize: false, read_only: true });
  const box = widget.inputEl ?? widget.element;
  if (box) {
    box.readOnly = true;
    box.style.fontFamily = "monospace";
  }
  return widget;
}

/** Shows a text on a node: tables as they are, lines of words wrapped. @param {GraphNode} node @param {string} text */
function show(node, text) {
  const widget = widgetOf(node);
  const box = widget.inputEl ?? widget.element;
  if (box) box.style.whiteSpace = text.includes("  ") ? "pre" : "pre-wrap";
  widget.value = text;
}

app.registerExtension({
  name: "VRAMForecast.NodeText",
  beforeRegisterNodeDef(nodeType, nodeData) {
    if (!nodeData.name.startsWith(NODES) || !nodeData.output_node) return;
    const before = nodeType.prototype.onExecuted;
    nodeType.prototype.onExecuted = function (/** @type {{text?: string | string[]}} */ told) {
      before?.apply(this, arguments);
      if (told?.text) show(this, [told.text].flat().join("\n"));
    };
  },
});
