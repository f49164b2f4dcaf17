// A badge on a node, as LiteGraph has them.

/** White on these is 4.5:1 and more; theme colours of the badge's own words where nothing is wrong. */
const WARNING = { disk: "#845508", spill: "#a8401a", oom: "#b8232c" };

/**
 * Adds a badge to a node. Nodes 2.0 takes it only now, and asks for it again when what it has read changes.
 *
 * @param {GraphNode} node
 * @param {() => { text: string, verdict: string, hue: string } | null} read what it shows
 */
export function draw(node, read) {
  const Badge = window.LGraphBadge;
  if (!Badge || !Array.isArray(node.badges)) return;
  const hidden = new Badge({ text: "" });
  let badge = hidden;
  let drawn = "";
  node.badges.push(() => {
    const found = read();
    if (!found) return hidden;
    const look = { text: found.text, ...colours(found) };
    const looks = Object.values(look).join();
    if (looks !== drawn) badge = new Badge(look);
    drawn = looks;
    return badge;
  });
}

/** @param {{ verdict: string, hue: string }} found @returns {{ fgColor: string, bgColor: string }} */
function colours({ verdict, hue }) {
  const warning = WARNING[/** @type {keyof typeof WARNING} */ (verdict)];
  if (warning) return { fgColor: "#fff", bgColor: warning };
  if (window.LiteGraph.vueNodesMode) return { fgColor: hue || "currentColor", bgColor: "transparent" };
  return { fgColor: hue || (window.LiteGraph.BADGE_FG_COLOR ?? "#fff"), bgColor: window.LiteGraph.BADGE_BG_COLOR ?? "#0f1f0f" };
}
