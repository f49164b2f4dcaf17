import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { face as badge, room } from "../../web/badge_face.js";
import { face, partsOf, together, worse } from "../../web/node_faces.js";
import { use } from "../../web/text.js";

const GIB = 2 ** 30;
const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
use(read("../../web/texts/en.json"), "en");

const exactly = (best) => ({ low: best, best, high: best, basis: "exact" });

function step(node, more) {
  return {
    node,
    kind: "sample",
    components: [],
    weights: 0,
    resident: 0,
    vram_peak: exactly(11.7 * GIB),
    need: exactly(4 * GIB),
    ram_kept: 0,
    seconds: exactly(66),
    tight: false,
    verdict: "streamed",
    ...more,
  };
}

function forecast(steps, components = []) {
  return { steps, components, device: { total: 12 * GIB }, host: { ram_total: 32 * GIB } };
}

const LOADED = { key: "1/diffusion_model/flux-dev", node: "1", bytes: 22.2 * GIB };

test("a loader says its bytes and the share that is on the card where it is least", () => {
  const uses = { components: [LOADED.key], weights: 22.2 * GIB };
  const all = forecast([step("3", { ...uses, resident: 22.2 * GIB }), step("4", { ...uses, resident: 6.66 * GIB })], [LOADED]);
  assert.equal(face(partsOf(all).get("1"), all).text, "22.2 GB · 30 % on card");
});

test("what no step uses says its bytes alone", () => {
  const all = forecast([], [LOADED]);
  assert.equal(face(partsOf(all).get("1"), all).text, "22.2 GB");
});

test("a share is whole only where nothing is missing", () => {
  const uses = { components: [LOADED.key], weights: 1000, resident: 999 };
  const all = forecast([step("3", uses)], [LOADED]);
  assert.equal(face(partsOf(all).get("1"), all).text, "22.2 GB · 99 % on card");
});

test("a node with several steps says the highest peak and all of the time", () => {
  const all = forecast([step("3"), step("3", { kind: "decode", vram_peak: exactly(3 * GIB), seconds: exactly(4) })]);
  assert.equal(face(partsOf(all).get("3"), all).text, "peak 11.7 GB · 70 s");
});

test("what would fail says what it needs, of the card or of RAM", () => {
  const card = step("3", { verdict: "oom", need: { low: 11 * GIB, best: 12 * GIB, high: 13.5 * GIB, basis: "modelled" } });
  const ram = step("4", { verdict: "oom", need: exactly(0), ram_kept: 41 * GIB });
  const all = forecast([card, ram]);
  assert.equal(face(partsOf(all).get("3"), all).text, "■ out of memory: 13.5 / 12 GB");
  assert.equal(face(partsOf(all).get("4"), all).text, "■ out of memory: RAM 41 / 32 GB");
});

test("a text encoder says nothing unless it is what fails", () => {
  const all = forecast([step("5", { kind: "encode_text" }), step("6", { kind: "encode_text", verdict: "spill" })]);
  assert.deepEqual([...partsOf(all).keys()], ["6"]);
  assert.equal(face(partsOf(all).get("6"), all).text, "▲ spills · minutes");
});

test("a subgraph comes to what its nodes do together, and warns of the worst", () => {
  const fine = forecast([step("57:3"), step("57:8", { kind: "decode", seconds: exactly(1) })], [{ ...LOADED, node: "57:1" }]);
  assert.equal(face(together([...partsOf(fine).values()]), fine).text, "22.2 GB · peak 11.7 GB · 67 s");
  const bad = forecast([...fine.steps, step("57:9", { verdict: "oom", need: exactly(14 * GIB) })]);
  assert.equal(face(together([...partsOf(bad).values()]), bad).text, "■ out of memory: 14 / 12 GB");
});

test("of two instances the worse is shown, whichever comes first", () => {
  const all = forecast([step("57:3"), step("58:3", { vram_peak: exactly(5 * GIB) }), step("59:3", { verdict: "oom" })]);
  const [one, two, three] = ["57:3", "58:3", "59:3"].map((id) => partsOf(all).get(id));
  assert.equal(worse(one, two).peak, 11.7 * GIB);
  assert.equal(worse(two, one).peak, 11.7 * GIB);
  assert.equal(worse(three, one).worst.node, "59:3");
  assert.equal(worse(one, three).worst.node, "59:3");
});

test("the badge keeps the room that it took, and letters of Chinese take two digits", () => {
  assert.deepEqual([room("12345", 0), room("1", 8), room("123456789", 8), room("不足", 0)], [8, 8, 12, 4]);
});

test("the badge keeps its words while an answer is on its way, and says why there is none", () => {
  const { steps, ...rest } = forecast([step("3")]);
  const known = { ...rest, steps, verdict: "resident", tight: true, because: "Fits.", vram_peak: exactly(11.9 * GIB) };
  const at = (phase, found = known) => badge({ phase, forecast: found, prompt: "", error: "gone" });
  assert.equal(at("fresh").label, "● 11.9 / 12 GB · fits · tight");
  assert.deepEqual([at("stale").label, at("running").label], [at("fresh").label, at("fresh").label]);
  assert.match(at("stale").look, /stale/);
  assert.match(at("running").tooltip, /Fits\. A prompt is running/);
  assert.deepEqual([at("failed", null).label, at("failed", null).tooltip], ["VRAM ?", "No forecast: gone"]);
  assert.equal(at("empty", null).label, "VRAM –");
});
