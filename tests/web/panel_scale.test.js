import assert from "node:assert/strict";
import { test } from "node:test";

import { editsOf, placeOf, scaleOf, sidesAt, zoneAt } from "../../web/panel/scale.js";

const set = (node, input, value) => ({ op: "set", node, input, value });
const place = (value, verdict, more = {}) => ({ value, verdict, tight: false, width: null, height: null, ...more });

/** A size of 1024, which is resident to 1280, streams to 2048, and fails from 2064 on. */
function size(more = {}) {
  return {
    quantity: "size",
    value: 1024,
    step: 16,
    why: "",
    settings: [
      { node: "4", input: "width", value: 1024 },
      { node: "4", input: "height", value: 768 },
    ],
    limits: [
      {
        stays: "resident",
        edits: [set("4", "width", 1280), set("4", "height", 960)],
        ...place(1280, "resident"),
        beyond: place(1296, "streamed"),
      },
      { stays: "quick", edits: [], ...place(1280, "resident"), beyond: place(1296, "streamed") },
      { stays: "safe", edits: [], ...place(2048, "streamed"), beyond: place(2064, "oom") },
      { stays: "running", edits: [], ...place(2048, "streamed"), beyond: place(2064, "oom") },
    ],
    ...more,
  };
}

const now = { width: 1024, height: 768, frames: 1, batch: 1 };

test("a slider goes from small sizes to somewhat past where it fails, in steps that a model takes", () => {
  const scale = scaleOf(size());
  assert.deepEqual([scale.min, scale.step, (scale.max - scale.min) % 16], [256, 16, 0]);
  assert.ok(scale.max > 2064 && scale.max < 3000);
  assert.deepEqual(
    scale.zones.map((zone) => [zone.to, zone.verdict]),
    [
      [1280, "resident"],
      [2048, "streamed"],
      [scale.max, "oom"],
    ],
  );
});

test("each place of it says how a run is there", () => {
  const scale = scaleOf(size());
  assert.deepEqual(
    [256, 1280, 1296, 2048, 2064, 9999].map((value) => zoneAt(scale, value).verdict),
    ["resident", "resident", "streamed", "streamed", "oom", "oom"],
  );
  assert.deepEqual([placeOf(scale, scale.min), placeOf(scale, scale.max), placeOf(scale, 1e9)], [0, 1, 1]);
});

test("where nothing stays resident the first stretch is of what there is", () => {
  const none = { stays: "resident", edits: [], ...place(null, null), beyond: place(256, "streamed") };
  const scale = scaleOf(size({ limits: [none, ...size().limits.slice(2)] }));
  assert.deepEqual(
    scale.zones.map((zone) => zone.verdict),
    ["streamed", "oom"],
  );
});

test("where not even the least runs all of it fails", () => {
  const none = { stays: "running", edits: [], ...place(null, null), beyond: place(256, "oom") };
  const scale = scaleOf(size({ limits: [none] }));
  assert.deepEqual(scale.zones, [{ to: scale.max, verdict: "oom", tight: false }]);
});

test("a quantity that ends with its widget ends there, and one without limits has no slider", () => {
  const last = { stays: "running", edits: [], ...place(2048, "resident"), beyond: null };
  assert.equal(scaleOf(size({ limits: [last] })).max, 2048);
  assert.equal(scaleOf(size({ value: null, limits: [], settings: [] })), null);
});

test("all widgets of a size change together, and keep its shape", () => {
  assert.deepEqual(editsOf(size(), 1280), [set("4", "width", 1280), set("4", "height", 960)]);
  assert.deepEqual(editsOf(size(), 512), [set("4", "width", 512), set("4", "height", 384)]);
  assert.deepEqual(sidesAt({ now }, size(), 2048), [2048, 1536]);
});

test("frames go by the steps of their model, and a second widget follows as a limit's edits do", () => {
  const limits = [
    {
      stays: "running",
      edits: [set("1", "length", 81), set("2", "frames", 41)],
      ...place(81, "resident"),
      beyond: place(85, "oom"),
    },
  ];
  const settings = [
    { node: "1", input: "length", value: 33 },
    { node: "2", input: "frames", value: 17 },
  ];
  const frames = { quantity: "frames", value: 33, step: 1, why: "", settings, limits };
  const scale = scaleOf(frames);
  assert.deepEqual([scale.step, scale.min, (scale.max - scale.min) % 4], [4, 1, 0]);
  assert.deepEqual(editsOf(frames, 49), [set("1", "length", 49), set("2", "frames", 25)]);
  assert.equal(sidesAt({ now }, frames, 49), null);
});

test("megapixels grow with the square of a side", () => {
  const at = {
    stays: "running",
    edits: [],
    ...place(4, "resident", { width: 2048, height: 2048 }),
    beyond: place(4.1, "oom"),
  };
  const pixels = size({ value: 1, step: 16, settings: [{ node: "9", input: "megapixels", value: 1 }], limits: [at] });
  assert.deepEqual([scaleOf(pixels).step, scaleOf(pixels).min], [0.1, 0.1]);
  assert.deepEqual(sidesAt({ now: { ...now, height: 1024 } }, pixels, 2.25), [1536, 1536]);
  assert.deepEqual(editsOf(pixels, 2.25), [set("9", "megapixels", 2.25)]);
});
