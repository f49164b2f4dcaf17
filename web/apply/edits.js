// The prompt after a suggestion's edits, as `estimator/workflow/edits.py` makes them; nothing here knows a canvas.

/** @param {unknown} value @returns {value is FlatLink} */
export function isLink(value) {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && typeof value[1] === "number";
}

/** A value of an edit as a prompt has it: a link is `[id, slot]` there. @param {any} value */
function asPrompt(value) {
  const link = value && typeof value === "object" && "node" in value && "slot" in value;
  return link ? [value.node, value.slot] : value;
}

/** @param {Record<string, any>} inputs */
function allAsPrompt(inputs) {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, asPrompt(value)]));
}

/**
 * The prompt after the edits, made in their order; the one given stays as it is.
 *
 * @param {Prompt} prompt
 * @param {Edit[]} edits
 * @returns {Prompt}
 */
export function edited(prompt, edits) {
  const nodes = structuredClone(prompt);
  for (const edit of edits) MADE[edit.op](nodes, edit);
  return nodes;
}

/** @type {Record<Edit["op"], (nodes: Prompt, edit: Edit) => void>} */
const MADE = {
  set(nodes, edit) {
    there(nodes, edit.node).inputs[edit.input ?? ""] = asPrompt(edit.value);
  },
  replace(nodes, edit) {
    const node = there(nodes, edit.node);
    for (const name of edit.drops ?? []) delete node.inputs[name];
    Object.assign(node.inputs, allAsPrompt(edit.inputs ?? {}));
    node.class_type = edit.class_type ?? node.class_type;
    const led = Object.entries(edit.outputs ?? {}).map(([old, now]) => [old, [edit.node, now]]);
    if (led.length) relink(nodes, edit.node, Object.fromEntries(led), true);
  },
  insert(nodes, edit) {
    nodes[edit.node] = { class_type: edit.class_type ?? "", inputs: allAsPrompt(edit.inputs ?? {}) };
    for (const feed of edit.feeds ?? []) there(nodes, feed.node).inputs[feed.input] = [edit.node, feed.slot ?? 0];
  },
  remove(nodes, edit) {
    there(nodes, edit.node);
    delete nodes[edit.node];
    relink(nodes, edit.node, allAsPrompt(edit.instead ?? {}), false);
  },
};

/** @param {Prompt} nodes @param {string} id */
function there(nodes, id) {
  const node = nodes[id];
  if (!node) throw new RangeError(`no node is called ${id}`);
  return node;
}

/**
 * Leads the links to outputs of `gone` elsewhere; those that `instead` does not name stay, or are cut.
 *
 * @param {Prompt} nodes
 * @param {string} gone
 * @param {Record<string, FlatLink>} instead
 * @param {boolean} keep
 */
function relink(nodes, gone, instead, keep) {
  for (const { inputs } of Object.values(nodes)) {
    for (const [name, value] of Object.entries(inputs)) {
      if (!isLink(value) || value[0] !== gone) continue;
      const now = instead[value[1]];
      if (now) inputs[name] = now;
      else if (!keep) delete inputs[name];
    }
  }
}
