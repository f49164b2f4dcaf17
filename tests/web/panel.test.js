import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { hostOf } from "../../web/panel/changes.js";
import { grouped } from "../../web/panel/elsewhere.js";
import { taken } from "../../web/panel/past.js";
import { Question } from "../../web/panel/question.js";
import { rowsOf, titlesOf } from "../../web/panel/rows.js";
import { plain } from "../../web/panel/verdict.js";
import { use } from "../../web/text.js";

const GIB = 2 ** 30;
use(JSON.parse(readFileSync(new URL("../../web/texts/en.json", import.meta.url), "utf8")));

/** A step with what a row reads. */
function step(more) {
  const own = { node: "3", class_type: "KSampler", kind: "sample", verdict: "resident", tight: false };
  const peak = { best: (more.peak ?? 1) * GIB };
  return { ...own, vram_peak: peak, resident: GIB, streamed_per_pass: 0, seconds: { best: 2 }, ...more };
}

const steps = (count, more = () => ({})) =>
  Array.from({ length: count }, (_, at) => step({ node: `${at}`, ...more(at) }));

test("each step has a row, named as its node is on the canvas", () => {
  const titles = titlesOf(
    '{"3": {"class_type": "KSampler", "inputs": {}, "_meta": {"title": "Second pass"}}, "4": {"class_type": "X"}}',
  );
  assert.deepEqual(titles, { 3: "Second pass", 4: "X" });
  const { rows, left } = rowsOf({ steps: [step({})] }, titles);
  assert.deepEqual([rows[0].title, rows[0].count, rows[0].seconds, left], ["Second pass", 1, 2, 0]);
  assert.equal(rowsOf({ steps: [step({})] }, {}).rows[0].title, "KSampler");
  assert.deepEqual(titlesOf("no JSON"), {});
});

test("beyond the most rows neighbours that are alike are one, with the highest peak and all their seconds", () => {
  const kind = (at) => ({ kind: at < 200 ? "sample" : "decode", peak: at === 7 ? 9 : 1 });
  const { rows, left } = rowsOf({ steps: steps(400, kind) }, {});
  assert.deepEqual(
    rows.map((one) => [one.kind, one.count, one.seconds, left]),
    [
      ["sample", 200, 400, 0],
      ["decode", 200, 400, 0],
    ],
  );
  assert.deepEqual([rows[0].node, rows[0].peak], ["7", 9 * GIB]);
});

test("alike ones that alternate are put together, and a failing one stays apart", () => {
  const turn = (at) => ({ kind: at % 2 ? "sample" : "decode", verdict: at === 100 ? "oom" : "resident" });
  const { rows } = rowsOf({ steps: steps(302, turn) }, {});
  assert.deepEqual(
    rows.map((one) => [one.kind, one.verdict, one.count]),
    [
      ["decode", "resident", 150],
      ["sample", "resident", 151],
      ["decode", "oom", 1],
    ],
  );
});

test("never more rows than the most, and how many steps have none is told", () => {
  const { rows, left } = rowsOf({ steps: steps(310, (at) => ({ class_type: `Node ${at}` })) }, {});
  assert.deepEqual([rows.length, left], [300, 10]);
});

test("where there is no forecast a plain sentence says why", () => {
  const said = (more) => plain({ phase: "fresh", forecast: null, prompt: "", error: "", ...more });
  assert.match(said({ phase: "empty" }), /nothing to run/);
  assert.match(said({ phase: "failed", error: "Failed to fetch" }), /server does not answer/);
  assert.match(said({ phase: "failed", error: "No card was found." }), /No card was found\./);
  assert.match(said({ phase: "running" }), /running/);
  assert.equal(said({ forecast: {} }), "");
});

test("only addresses on the web are linked", () => {
  const found = ["https://huggingface.co/a/b", "javascript:alert(1)", "file:///etc/passwd", "not one"].map(hostOf);
  assert.deepEqual(found, ["huggingface.co", "", "", ""]);
});

test("cards stand by maker and purpose, with numbers in their names in order", () => {
  const card = (name, segment, vendor = "nvidia") => ({ id: name, name, vendor, segment, total: GIB });
  const cards = [
    card("A100", "datacenter"),
    card("RTX 4090", "geforce"),
    card("RTX 590", "geforce"),
    card("B580", "arc", "intel"),
  ];
  const told = grouped(cards).map(([group, own]) => [group, own.map((one) => one.name)]);
  assert.deepEqual(told, [
    ["NVIDIA", ["RTX 590", "RTX 4090"]],
    ["Intel", ["B580"]],
    ["NVIDIA, data centre", ["A100"]],
  ]);
});

test("what a node took is bounded where more is not known", () => {
  assert.equal(taken({ peak: 3 * GIB, before: 0, after: GIB, full: false }), "2 GB");
  assert.equal(taken({ peak: 3 * GIB, before: 2 * GIB, after: GIB, full: false }), "≤ 2 GB");
  assert.equal(taken({ peak: 3 * GIB, before: 2 * GIB, after: GIB, full: true }), "≥ 2 GB");
  assert.equal(taken({ peak: 3 * GIB, before: 0, after: null, full: false }), "–");
});

/** Waits for all timers of no delay, and what they began. */
const turn = () => new Promise((done) => setTimeout(done, 5));

test("a question is asked once for a key, and only the latest counts", async () => {
  const asked = [];
  let changes = 0;
  const ask = async (key, signal) => {
    asked.push(key);
    if (key === "slow") await new Promise((done) => setTimeout(done, 20));
    assert.equal(key === "slow", signal.aborted);
    return key.toUpperCase();
  };
  const question = new Question(ask, () => changes++, 0);
  question.want("slow");
  await turn();
  assert.equal(question.want("b").asking, true);
  await turn();
  const known = question.want("b");
  await new Promise((done) => setTimeout(done, 30));
  assert.deepEqual([asked, known, changes], [["slow", "b"], { answer: "B", of: "b", asking: false, error: "" }, 1]);
  assert.equal(question.want("b"), known);
});

test("a question that failed says why, and is asked again after a while", async () => {
  let count = 0;
  const fail = () => Promise.reject(new Error(`no ${++count}`));
  const question = new Question(fail, () => {}, 0, 10);
  question.want("a");
  await turn();
  assert.equal(question.want("a").error, "no 1");
  await new Promise((done) => setTimeout(done, 20));
  question.want("a");
  await turn();
  assert.equal(question.want("a").error, "no 2");
});

test("a question that was given up is asked again when somebody looks again", async () => {
  let count = 0;
  const question = new Question(
    async () => ++count,
    () => {},
    5,
  );
  question.want("a");
  question.stop();
  await new Promise((done) => setTimeout(done, 15));
  assert.equal(count, 0);
  question.want("a");
  await new Promise((done) => setTimeout(done, 15));
  assert.equal(question.want("a").answer, 1);
});
