import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { sentence, told } from "../../web/sentence.js";
import { speakAs } from "./speaking.js";

const OTHERS = ["ru", "zh", "ja"];
const GIB = 2 ** 30;
const recorded = JSON.parse(readFileSync(new URL("./recorded/forecasts.json", import.meta.url), "utf8"));

/** The numbers of a sentence, in any order. */
const numbers = (said) => said.match(/\d+(\.\d+)?/g)?.sort() ?? [];

/** The recorded forecast of a verdict. */
const of = (verdict) => recorded.find((one) => one.verdict === verdict && one.steps.length && !one.tight);

test("in English a sentence is the server's own, whatever its facts", () => {
  speakAs("en");
  assert.equal(sentence({ ...of("oom"), because: "As it said." }), "As it said.");
});

test("made of the facts in English it is the server's own too", () => {
  speakAs("en");
  for (const one of recorded) assert.equal(told(one), one.because);
});

test("it has the numbers of the English one in each language", () => {
  for (const language of OTHERS) {
    speakAs(language);
    for (const one of recorded) {
      assert.deepEqual(numbers(sentence(one)), numbers(one.because), `${language}: ${sentence(one)}`);
      assert.doesNotMatch(sentence(one), /[{}]|sentence\.|Runs|Fits|out of memory/);
    }
  }
});

test("what fails is said with place, need, card and who holds memory", () => {
  speakAs("ru");
  const one = structuredClone(of("oom"));
  one.device.holders = [{ name: "the desktop (Xorg)", bytes: null }, { name: "Chrome", bytes: 1.5 * GIB }];
  const { title, node } = one.steps[one.where.step];
  const said = sentence(one);
  assert.ok(said.startsWith(`Не хватит памяти на шаге ${title} (узел ${node}): нужно сразу от `), said);
  assert.ok(said.endsWith("(рабочий стол (Xorg), Chrome 1.5 GiB)."), said);
});

test("what lies between two digits is rounded as the server rounds", () => {
  speakAs("zh");
  const one = structuredClone(of("resident"));
  for (const [gib, words] of [[12.25, "12.2 GiB"], [12.75, "12.8 GiB"], [0.35, "0.3 GiB"]]) {
    one.vram_peak.best = gib * GIB;
    assert.ok(sentence(one).includes(words), `${gib}: ${sentence(one)}`);
  }
});
