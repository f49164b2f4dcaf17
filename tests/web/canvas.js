// A canvas as `web/apply/walk.js` reads it: graphs of plain objects, and the flat prompt beside them.

const IN = -10;
const OUT = -20;

/**
 * A graph of nodes; `links` are `"1.0 > 2.model"`; `in.name` and `out.name` are the graph's own ports.
 *
 * @param {any[]} nodes
 * @param {string[]} [links]
 * @param {{id?: string, inputs?: string[], outputs?: string[]}} [own]
 */
export function graph(nodes, links = [], { id, inputs = [], outputs = [] } = {}) {
  const ports = (names) => names.map((name) => ({ name }));
  const made = { id: id ?? "root", nodes, links: new Map(), getNodeById: (key) => nodes.find((one) => String(one.id) === String(key)) };
  if (id) Object.assign(made, { inputNode: { id: IN, slots: ports(inputs) }, outputNode: { id: OUT, slots: ports(outputs) } });
  for (const node of nodes) node.graph = made;
  links.forEach((text, number) => {
    const [from, to] = text.split(" > ").map((one) => one.split("."));
    const target = made.getNodeById(to[0]);
    made.links.set(number, {
      id: number,
      origin_id: from[0] === "in" ? IN : from[0],
      origin_slot: from[0] === "in" ? inputs.indexOf(from[1]) : Number(from[1]),
      target_id: to[0] === "out" ? OUT : to[0],
      target_slot: to[0] === "out" ? outputs.indexOf(to[1]) : target.inputs.findIndex((one) => one.name === to[1]),
    });
  });
  return made;
}

/** A node; `widgets` have values and inputs of their names, `inputs` are only that. */
export function node(id, type, { widgets = {}, inputs = [], mode = 0 } = {}) {
  const names = [...inputs, ...Object.keys(widgets)];
  return {
    id: String(id),
    type,
    mode,
    pos: [0, 0],
    size: [200, 100],
    inputs: names.map((name) => ({ name })),
    outputs: [],
    widgets: Object.entries(widgets).map(([name, value]) => ({ name, value })),
  };
}

/** A node that stands for a subgraph. */
export function host(id, subgraph, { widgets = {}, inputs = [] } = {}) {
  return { ...node(id, subgraph.id, { widgets, inputs }), subgraph };
}

/** The steps of a plan in short. */
export function told(steps) {
  return steps.map((step) => {
    const at = ({ node, name }) => `${node ? node.id : "out"}.${name}`;
    const from = ({ node, slot }) => `${node ? node.id : "in"}.${slot}`;
    if (step.do === "set") return `set ${at(step.to)} = ${step.value}`;
    if (step.do === "link") return `link ${from(step.from)} > ${at(step.to)}`;
    if (step.do === "cut") return `cut ${at(step.to)}`;
    return `${step.do} ${step.node.id}${step.type ? ` ${step.type}` : ""}`;
  });
}
