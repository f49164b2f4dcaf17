import assert from "node:assert/strict";
import { test } from "node:test";

import { different } from "../../web/apply/compare.js";
import { edited } from "../../web/apply/edits.js";
import { models, texts } from "../../web/apply/models.js";
import { free, overlap, wanted } from "../../web/apply/place.js";

const called = (class_type, inputs) => ({ class_type, inputs });

test("edits leave the prompt that they are made of as it was", () => {
  const prompt = { 1: called("A", { x: 1 }), 2: called("B", { a: ["1", 0], b: ["1", 1] }) };
  const before = structuredClone(prompt);
  const after = edited(prompt, [
    { op: "replace", node: "1", class_type: "C", inputs: { y: 2 }, drops: ["x"], outputs: { 0: 3 } },
    { op: "insert", node: "9", class_type: "D", inputs: { in: { node: "1", slot: 3 } }, feeds: [{ node: "2", input: "b" }] },
  ]);
  assert.deepEqual(before, prompt);
  const wants = { 1: called("C", { y: 2 }), 2: called("B", { a: ["1", 3], b: ["9", 0] }), 9: called("D", { in: ["1", 3] }) };
  assert.deepEqual(wants, after);
});

test("who used a node that goes takes what is named instead, and else loses the input", () => {
  const prompt = { 1: called("A", {}), 2: called("B", { a: ["1", 0], b: ["1", 1] }) };
  const after = edited(prompt, [{ op: "remove", node: "1", instead: { 1: { node: "7", slot: 0 } } }]);
  assert.deepEqual({ 2: called("B", { b: ["7", 0] }) }, after);
});

test("an edit of a node that is not there is an error", () => {
  assert.throws(() => edited({}, [{ op: "set", node: "1", input: "x", value: 1 }]), RangeError);
});

test("a new node lies as near as can be to where it is wanted, and over nothing", () => {
  const taken = [
    [0, 0, 200, 100],
    [0, 120, 200, 100],
  ];
  assert.deepEqual([500, 40], free(taken, [500, 40], [200, 80]));
  const [x, y] = free(taken, [50, 60], [200, 80]);
  assert.equal(50, x);
  assert.ok(taken.every((one) => !overlap([x, y - 30, 200, 110], one)));
  assert.ok(Math.abs(y) < 400);
});

test("a new node takes the place of the one that goes, else lies before its user, else behind its source", () => {
  const at = (x, y) => ({ pos: [x, y], size: [200, 100] });
  const [user, source, gone, made] = [at(500, 10), at(0, 20), at(100, 30), { isNew: true }];
  const links = [
    { do: "link", from: { node: made }, to: { node: user } },
    { do: "link", from: { node: source }, to: { node: made } },
  ];
  assert.deepEqual([100, 30], wanted([...links, { do: "remove", node: gone, feeds: [user] }], made, [200, 50]));
  assert.deepEqual([240, 10], wanted(links, made, [200, 50]));
  assert.deepEqual([260, 20], wanted(links.slice(1), made, [200, 50]));
});

test("a node lists the files that it names by now, and no more those that it named", () => {
  const file = (name) => ({ name, url: `https://host/${name}`, directory: "diffusion_models" });
  const download = { ...file("b.gguf"), file: "b.gguf", bytes: 1, exact: true, gated: false };
  const found = models([file("a"), file("other")], ["sub/a", "default"], ["sub\\b.gguf", "default"], [download]);
  assert.deepEqual([file("other"), file("b.gguf")], found);
  assert.deepEqual(["x"], texts(called("A", { x: "x", y: 1, z: ["1", 0] })));
});

test("only what a new type brings with it or does not know may differ", () => {
  const before = { 1: called("A", { x: 1, y: 2 }) };
  const wants = { 1: called("B", { x: 1, y: 2 }), 5: called("C", { a: ["1", 0] }) };
  const ids = new Map([["5", "12"]]);
  const told = (now, knows = true) => different({ before, wanted: wants, now, ids, knows: () => knows });
  const now = { 1: called("B", { x: 1, y: 2, z: 3 }), 12: called("C", { a: ["1", 0] }) };
  assert.equal("", told(now));
  assert.match(told({ ...now, 3: called("D", {}) }), /node 3 is there/);
  assert.match(told({ 1: now[1] }), /node 5 is not there/);
  assert.match(told({ ...now, 1: called("A", { x: 1 }) }), /node 1 is a A/);
  assert.match(told({ ...now, 1: called("B", { x: 1 }) }), /y of node 1/);
  assert.equal("", told({ ...now, 1: called("B", { x: 1 }) }, false));
  assert.match(told({ ...now, 12: called("C", { a: ["1", 1] }) }), /a of node 5/);
});
