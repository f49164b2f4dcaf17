import assert from "node:assert/strict";
import { test } from "node:test";

import { asks, byItself, nameOf, outputsOf } from "../../web/queue/decide.js";

const settings = { guard: "warn", threshold: 3 };
const slowdown = (best) => ({ low: best, best, high: best, basis: "modelled" });

test("what fits, and what is not known, is queued at once; what fails is asked about", () => {
  const asked = ["resident", "unknown", "disk", "spill", "oom"].map((verdict) => asks({ verdict }, settings));
  assert.deepEqual(asked, [false, false, true, true, true]);
});

test("streaming is asked about where it is much slower than all on the card", () => {
  const asked = [null, slowdown(1.2), slowdown(3.5)].map((one) => asks({ verdict: "streamed", slowdown: one }, settings));
  assert.deepEqual(asked, [false, false, true]);
});

test("with the guard off nothing is asked", () => {
  assert.equal(asks({ verdict: "oom" }, { guard: "off", threshold: 3 }), false);
});

test("a graph keeps its name when a seed, a title or the order of its nodes changes, and else has another", () => {
  const graph = (seed, steps, title) => ({ 3: { class_type: "KSampler", inputs: { seed, steps }, _meta: { title } } });
  const name = nameOf(graph(1, 20, "a"));
  assert.equal(name, nameOf(graph(2, 20, "b")));
  assert.notEqual(name, nameOf(graph(1, 21, "a")));
  const [a, b] = [{ class_type: "A", inputs: {} }, { class_type: "B", inputs: {} }];
  assert.equal(nameOf({ x: a, y: b }), nameOf({ y: b, x: a }));
});

test("the nodes that are run for are read from either form of the argument", () => {
  assert.deepEqual([["9", 10], { queueNodeIds: ["9"] }, undefined, {}].map(outputsOf), [["9", "10"], ["9"], [], []]);
});

test("a queue that fills itself is known by its source, or by its mode where none is told", () => {
  assert.equal(byItself({ intent: { trigger_source: "auto_queue" } }, false), true);
  assert.equal(byItself({ intent: { trigger_source: "button" } }, true), false);
  assert.equal(byItself([], true), true);
});
