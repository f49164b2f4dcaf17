import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { use } from "../../web/text.js";
import { amount, badgeText, duration, useUnits } from "../../web/words.js";

const GIB = 2 ** 30;
use(JSON.parse(readFileSync(new URL("../../web/texts/en.json", import.meta.url), "utf8")));

/** A forecast with what a badge reads. */
function forecast(more) {
  const estimate = (best) => ({ low: best, best, high: best, basis: "exact" });
  return {
    verdict: "resident",
    device: { name: "card", total: 16 * GIB, free: 15 * GIB, holders: null },
    host: { ram_total: 32 * GIB, ram_free: 30 * GIB },
    vram_peak: estimate(14.2 * GIB),
    ram_peak: estimate(41 * GIB),
    seconds: estimate(38.2),
    where: { node: "3", class_type: "KSampler", kind: "sample", step: 0 },
    components: [],
    steps: [],
    ...more,
  };
}

test("a badge says the peak, the card, the verdict and the time", () => {
  assert.equal(badgeText(forecast({})), "14.2 / 16 GB · fits · 38 s");
});

test("a badge for what runs out of memory says what it needs", () => {
  const need = { low: 11 * GIB, best: 12 * GIB, high: 13.5 * GIB, basis: "modelled" };
  const steps = [{ node: "3", kind: "sample", verdict: "oom", need }];
  const device = { total: 12 * GIB, taken: { high: 0.5 * GIB } };
  assert.equal(badgeText(forecast({ verdict: "oom", steps, device })), "needs 13 / 12 GB · out of memory");
});

test("a badge for too little RAM speaks of RAM, and one for what is not known of weights", () => {
  assert.equal(badgeText(forecast({ verdict: "disk" })), "RAM 41 / 32 GB · disk · 38 s");
  const components = [{ bytes: 7.3 * GIB }];
  assert.equal(badgeText(forecast({ verdict: "unknown", components })), "7.3 GB + ? · unknown");
  assert.equal(badgeText(forecast({ verdict: "spill" })), "spills · minutes");
});

test("sizes are written in the unit that was chosen", () => {
  const said = ["GB", "GiB", "MB"].map((units) => {
    useUnits(units);
    return amount(1.5 * GIB);
  });
  useUnits("GB");
  assert.deepEqual(said, ["1.5 GB", "1.5 GiB", "1536 MB"]);
});

test("times are rounded to what a forecast supports", () => {
  assert.deepEqual([0.44, 18.2, 130, 5500].map(duration), ["0.4 s", "18 s", "2 min", "1.5 h"]);
});
