import assert from "node:assert/strict";
import { test } from "node:test";

import { edited } from "../../web/apply/edits.js";
import { plan } from "../../web/apply/plan.js";
import { graph, host, node, told } from "./canvas.js";

const loader = (id, file = "a.safetensors") => node(id, "UNETLoader", { widgets: { unet_name: file, weight_dtype: "default" } });
const sampler = (id) => node(id, "KSampler", { inputs: ["model"], widgets: { steps: 20 } });
const called = (class_type, inputs) => ({ class_type, inputs });
const loads = (file = "a.safetensors") => called("UNETLoader", { unet_name: file, weight_dtype: "default" });
const samples = (model) => called("KSampler", { model, steps: 20 });
const set = (id, input, value) => ({ op: "set", node: id, input, value });
const GGUF = { op: "replace", class_type: "UnetLoaderGGUF", inputs: { unet_name: "a.gguf" }, drops: ["weight_dtype"] };

/** Two nodes at the root. */
const flat = () => graph([loader(1), sampler(2)], ["1.0 > 2.model"]);
const FLAT = { 1: loads(), 2: samples(["1", 0]) };

/** The same in a subgraph that shows the loader's file, with so many hosts, each with its own value. */
function hosted(...ids) {
  const links = ["in.unet_name > 1.unet_name", "1.0 > 2.model"];
  const inner = graph([loader(1), sampler(2)], links, { id: "inner", inputs: ["unet_name"] });
  return graph(ids.map((id) => host(id, inner, { widgets: { unet_name: "a.safetensors" } })));
}
const within = (...ids) =>
  Object.assign({}, ...ids.map((id) => ({ [`${id}:1`]: loads(), [`${id}:2`]: samples([`${id}:1`, 0]) })));

const steps = (root, prompt, ...edits) => told(plan(root, prompt, edited(prompt, edits)));

test("a value is set at the node itself", () => {
  assert.deepEqual(["set 1.weight_dtype = fp8"], steps(flat(), FLAT, set("1", "weight_dtype", "fp8")));
});

test("what is as it should be is left alone", () => {
  assert.deepEqual([], steps(flat(), FLAT, set("1", "weight_dtype", "default")));
});

test("a promoted value is set at the host that shows it, of one use of the subgraph only", () => {
  assert.deepEqual(["set 6.unet_name = b"], steps(hosted(5, 6), within(5, 6), set("6:1", "unet_name", "b")));
});

test("a value of the subgraph itself is set for all its uses, or not at all", () => {
  const both = [set("5:2", "steps", 4), set("6:2", "steps", 4)];
  assert.deepEqual(["set 2.steps = 4"], steps(hosted(5, 6), within(5, 6), ...both));
  assert.throws(() => steps(hosted(5, 6), within(5, 6), both[0]), { reason: "shared" });
});

test("one widget that drives two loaders is set where both change, and cut off where one does", () => {
  const links = ["in.file > 1.unet_name", "in.file > 2.unet_name"];
  const inner = graph([loader(1), loader(2)], links, { id: "inner", inputs: ["file"] });
  const root = () => graph([host(5, inner, { widgets: { file: "a.safetensors" } })]);
  const prompt = { "5:1": loads(), "5:2": loads() };
  const edits = [set("5:1", "unet_name", "b"), set("5:2", "unet_name", "b")];
  assert.deepEqual(["set 5.file = b"], steps(root(), prompt, ...edits));
  assert.deepEqual(["cut 1.unet_name", "set 1.unet_name = b"], steps(root(), prompt, edits[0]));
});

test("a value that a primitive gives is set there", () => {
  const root = graph([node(9, "PrimitiveNode", { widgets: { value: 20 } }), sampler(2)], ["9.0 > 2.steps"]);
  assert.deepEqual(["set 9.value = 4"], steps(root, { 2: called("KSampler", { steps: 20 }) }, set("2", "steps", 4)));
});

test("a value takes the place of a link", () => {
  const root = graph([node(9, "PrimitiveInt"), sampler(2)], ["9.0 > 2.steps"]);
  const prompt = { 9: called("PrimitiveInt", {}), 2: called("KSampler", { steps: ["9", 0] }) };
  assert.deepEqual(["cut 2.steps", "set 2.steps = 4"], steps(root, prompt, set("2", "steps", 4)));
});

test("a node becomes another, and its promoted file changes at the host", () => {
  const made = steps(hosted(5), within(5), { ...GGUF, node: "5:1" });
  assert.deepEqual(["replace 1 UnetLoaderGGUF", "set 5.unet_name = a.gguf"], made);
});

test("a node of a shared subgraph becomes another in all its uses, or in none", () => {
  const both = [{ ...GGUF, node: "5:1" }, { ...GGUF, node: "6:1" }];
  const made = steps(hosted(5, 6), within(5, 6), ...both);
  assert.deepEqual(["replace 1 UnetLoaderGGUF", "set 5.unet_name = a.gguf", "set 6.unet_name = a.gguf"], made);
  assert.throws(() => steps(hosted(5, 6), within(5, 6), both[0]), { reason: "shared" });
});

test("a new node takes its place between two others", () => {
  const insert = {
    op: "insert",
    node: "5:3",
    class_type: "LoraLoaderModelOnly",
    inputs: { model: { node: "5:1", slot: 0 }, lora_name: "l" },
    feeds: [{ node: "5:2", input: "model" }],
  };
  const made = steps(hosted(5), within(5), insert);
  const wanted = ["add +3 LoraLoaderModelOnly", "link +3.0 > 2.model", "link 1.0 > +3.model", "set +3.lora_name = l"];
  assert.deepEqual(wanted, made);
});

test("a checkpoint of the root that gives into a subgraph is linked anew at the host", () => {
  const inner = graph([sampler(2)], ["in.model > 2.model"], { id: "inner", inputs: ["model"] });
  const checkpoint = node(1, "CheckpointLoaderSimple", { widgets: { ckpt_name: "c" } });
  const root = graph([checkpoint, host(5, inner, { inputs: ["model"] })], ["1.0 > 5.model"]);
  const prompt = { 1: called("CheckpointLoaderSimple", { ckpt_name: "c" }), "5:2": samples(["1", 0]) };
  const insert = { op: "insert", node: "7", class_type: "UNETLoader", inputs: {}, feeds: [{ node: "5:2", input: "model" }] };
  const made = steps(root, prompt, insert, { op: "remove", node: "1" });
  assert.deepEqual(["add +7 UNETLoader", "link +7.0 > 5.model", "remove 1"], made);
});

test("a node that goes leaves its users to what it took, in and out of a subgraph", () => {
  const lora = node(2, "LoraLoaderModelOnly", { inputs: ["model"] });
  const inner = graph([loader(1), lora], ["1.0 > 2.model", "2.0 > out.MODEL"], { id: "inner", outputs: ["MODEL"] });
  const root = graph([host(5, inner), sampler(3)], ["5.0 > 3.model"]);
  const prompt = { "5:1": loads(), "5:2": called("LoraLoaderModelOnly", { model: ["5:1", 0] }), 3: samples(["5:2", 0]) };
  const edit = { op: "remove", node: "5:2", instead: { 0: { node: "5:1", slot: 0 } } };
  assert.deepEqual(["link 1.0 > out.MODEL", "remove 2"], steps(root, prompt, edit));
});

test("where there is no such node nothing is planned", () => {
  assert.throws(() => steps(flat(), { ...FLAT, 99: loads() }, set("99", "unet_name", "b")), { reason: "lost" });
});

test("links through reroutes end where they did", () => {
  const nodes = [loader(1), loader(4), node(9, "Reroute", { inputs: [""] }), sampler(2)];
  const root = graph(nodes, ["1.0 > 9.", "9.0 > 2.model"]);
  const prompt = { 1: loads(), 4: loads(), 2: samples(["1", 0]) };
  assert.deepEqual(["link 4.0 > 9."], steps(root, prompt, set("2", "model", { node: "4", slot: 0 })));
});
