// The timeline's columns, shapes and words, of forecasts of official templates (tools/page_forecasts.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { columns, top, widths } from "../../web/charts/columns.js";
import { hueNumbers } from "../../web/charts/hues.js";
import { meet, short, textWidth } from "../../web/charts/labels.js";
import { entries } from "../../web/charts/legend.js";
import { scene } from "../../web/charts/scene.js";
import { stairs } from "../../web/charts/shapes.js";
import { ticks } from "../../web/charts/scale.js";
import { use } from "../../web/text.js";

const GIB = 2 ** 30;
const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const speak = (language) => use(read(`../../web/texts/${language}.json`));
const FORECASTS = read("./forecasts.json");
const LONG = { "60 steps": repeated(60), "300 steps": repeated(300) };
const ALL = Object.entries({ ...FORECASTS, ...LONG });
const LARGE = { width: 460, height: 240, ram: 60, interactive: true, id: "a" };
const SMALL = { width: 520, height: 120, ram: 0, interactive: false, id: "a" };
speak("en");

/** A forecast whose steps come again and again. */
function repeated(count) {
  const { steps, ...rest } = FORECASTS.resident;
  return { ...rest, steps: Array.from({ length: count }, (_, at) => ({ ...steps[at % steps.length] })) };
}

/** All shapes of a chart. */
function* shapes(of) {
  yield of;
  for (const child of of.children) if (typeof child !== "string") yield* shapes(child);
}

function drawn(forecast, options) {
  return [...shapes(scene(forecast, options).svg)];
}

/** The shapes that have a class of ours. */
function classed(found, name) {
  return found.filter(({ attributes }) => ` ${attributes.class} `.includes(` vram-forecast-${name} `));
}

function words(found) {
  return found.filter(({ tag }) => tag === "text").map(({ children }) => children[0]);
}

/** Where a text lies at most. */
function boxOf({ attributes: { x, y, class: kind }, children: [said] }) {
  const wide = textWidth(said, 11);
  const end = /chart-(end|tick)( |$)/.test(kind);
  const left = end ? x - wide : kind.includes("chart-middle") ? x - wide / 2 : x;
  return { said, left, right: left + wide, top: y - 5.5, bottom: y + 5.5 };
}

test("columns join, fill their room, and none is narrower than 8 pixels", () => {
  for (const [name, forecast] of ALL)
    for (const room of [260, 520, 1600]) {
      const shown = columns(forecast, room);
      assert.ok(shown.every((one) => one.width >= 8 - 1e-9), name);
      assert.ok(shown.every((one, at) => !at || Math.abs(shown[at - 1].left + shown[at - 1].width - one.left) < 1e-6));
      assert.equal(forecast.steps.length, shown.reduce((sum, one) => sum + one.steps.length, 0));
      assert.ok(Math.abs(shown.at(-1).left + shown.at(-1).width - room) < 1e-6);
    }
});

test("the layers of a step add up to its peak", () => {
  for (const [, forecast] of ALL)
    for (const one of columns(forecast, 520))
      if (one.step.vram_peak.high) assert.ok(Math.abs(top(one) - one.step.vram_peak.best) < 4);
});

test("a longer step is wider, and one without a time as wide as the average", () => {
  assert.deepEqual(widths([1, 1, 98], 200, 8).map(Math.round), [8, 8, 184]);
  const [first, second, third] = repeated(3).steps;
  const steps = [{ ...first, seconds: { best: 2 } }, { ...second, seconds: null }, { ...third, seconds: { best: 4 } }];
  const found = columns({ ...FORECASTS.resident, steps }, 900).map((one) => one.width);
  assert.deepEqual(found.map(Math.round), [200, 300, 400]);
});

test("no word covers another, in any language, at any width", () => {
  for (const language of ["en", "ru", "zh", "ja"]) {
    speak(language);
    for (const [name, forecast] of ALL)
      for (const options of [LARGE, SMALL])
        for (const width of [240, 330, 560, 1200]) {
          const texts = drawn(forecast, { ...options, width }).filter(({ tag }) => tag === "text");
          const boxes = texts.map(boxOf);
          boxes.forEach((one, at) =>
            boxes.slice(at + 1).forEach((two) => assert.ok(!meet(one, two), `${name}: ${one.said} / ${two.said}`)),
          );
          assert.ok(boxes.every((one) => one.left >= -1 && one.right <= width + 1), name);
        }
  }
  speak("en");
});

test("the small one has no axis and no names, but the card's line has its word", () => {
  assert.deepEqual(words(drawn(FORECASTS.resident, SMALL)), ["● 5.9 GB", "card 24 GB"]);
});

test("the step that fails has a frame and a word, and what comes after it is not reached", () => {
  for (const options of [LARGE, SMALL]) {
    const found = drawn(FORECASTS.oom, options);
    assert.equal(classed(found, "chart-frame").length, 1);
    assert.ok(words(found).includes("✗ out of memory"));
    assert.ok(classed(found, "chart-unreached").length > 0);
    assert.match(classed(found, "chart-step").at(-1).children[0].children[0], /VAEDecode .* not reached/);
  }
  assert.equal(classed(drawn(FORECASTS.resident, LARGE), "chart-frame").length, 0);
});

test("a step that streams says how much", () => {
  assert.ok(words(drawn(FORECASTS.streamed, LARGE)).includes("◐ streams 15.8 GB per pass"));
});

test("what is not known is named on the chart", () => {
  for (const options of [LARGE, SMALL])
    assert.ok(words(drawn(FORECASTS.unknown, options)).includes("? MySampler not known"));
});

test("where the trouble is in RAM the small one shows RAM, and so do both where nothing is on the card", () => {
  assert.deepEqual(words(drawn(FORECASTS.disk, SMALL)), ["◍ disk", "RAM 16 GB", "wants 22.4 GB"]);
  assert.ok(words(drawn(FORECASTS.disk, LARGE)).includes("VRAM, GB"));
  const alone = drawn(FORECASTS.processor, LARGE);
  assert.ok(words(alone).includes("RAM, GB") && !words(alone).includes("VRAM, GB"));
  assert.equal(alone[0].attributes.height, 240);
});

test("what was measured is a line over the columns that were, broken where nothing was", () => {
  const [one, , three] = FORECASTS.streamed.steps;
  const nodes = [one, three].map(({ node }) => ({ node, card_peak: 4 * GIB, ram_used: 9 * GIB }));
  const lines = classed(drawn(FORECASTS.streamed, { ...LARGE, measured: { nodes } }), "chart-measured");
  assert.equal(lines.length, 4); // with its rim, on the card and in RAM
  assert.equal(lines[1].attributes.d.match(/M/g).length, 2);
  assert.equal(classed(drawn(FORECASTS.streamed, { ...LARGE, measured: null }), "chart-measured").length, 0);
  const before = { nodes: nodes.map(({ node }) => ({ node, card_peak: null, ram_used: null })) };
  assert.equal(classed(drawn(FORECASTS.streamed, { ...LARGE, measured: before }), "chart-measured").length, 0);
});

test("a line in steps goes up and down between columns", () => {
  const levels = [{ left: 0, right: 5, at: 9 }, { left: 5, right: 9, at: 3 }, { left: 9, right: 12, at: null }];
  assert.equal(stairs([...levels, { left: 12, right: 20, at: 1 }]), "M0 9H5V3H9M12 1H20");
});

test("who does not see the chart hears its sentence, and each step by the keyboard", () => {
  const [svg, title] = drawn(FORECASTS.video, LARGE);
  assert.deepEqual([svg.attributes.role, svg.attributes["aria-labelledby"]], ["group", title.attributes.id]);
  assert.ok(title.children[0].endsWith(FORECASTS.video.because));
  const steps = classed(drawn(FORECASTS.video, LARGE), "chart-step").map(({ attributes }) => attributes);
  assert.deepEqual(steps.map((one) => one.tabindex), [0, -1, -1, -1]);
  assert.match(steps[2]["aria-label"], /^KSampler \(node 3\) · peak 11\.\d GB of 12 GB · streams .* · 17 min$/);
  const still = drawn(FORECASTS.video, SMALL);
  assert.equal(still[0].attributes.role, "img");
  assert.ok(still.every(({ attributes }) => !("tabindex" in attributes || "aria-label" in attributes)));
});

test("colours are classes: no shape has one of its own", () => {
  for (const [, forecast] of ALL)
    for (const { attributes } of drawn(forecast, { ...LARGE, measured: null })) {
      assert.ok(!("style" in attributes || "stroke" in attributes));
      assert.ok(!attributes.fill || attributes.fill === "url(#a-hatch)");
    }
});

test("the largest components have hues of their own, in the order of loading, and the others share one", () => {
  assert.deepEqual([...hueNumbers(FORECASTS.streamed).values()], [1, 2, 3, 4]);
  const bytes = [5, 1, 4, 3, 6, 2].map((size, at) => ({ key: `${at}`, bytes: size }));
  const steps = [{ components: bytes.map((one) => one.key) }];
  assert.deepEqual([...hueNumbers({ components: bytes, steps }).values()], [1, 0, 2, 3, 4, 5]);
});

test("the legend names what is on the chart, models by their titles", () => {
  const said = entries(FORECASTS.streamed).map((one) => one.words);
  assert.deepEqual(said.slice(0, 3), ["other programs", "workspace", "KL VAE (FLUX) BF16"]);
  assert.ok(!said.includes("measured"));
  assert.deepEqual(entries(FORECASTS.processor).map((one) => one.words), ["kept in RAM"]);
  assert.ok(entries(FORECASTS.streamed, { ram: 60 }).some((one) => one.words === "kept in RAM"));
  const [first, ...rest] = FORECASTS.streamed.components;
  const alike = { ...FORECASTS.streamed, components: [first, ...rest.map((one) => ({ ...one, title: "x", storage_dtype: "" }))] };
  assert.ok(entries(alike).some((one) => one.words === "t5xxl_fp16"));
});

test("round sizes are named on the axis", () => {
  assert.deepEqual(ticks(8.8 * GIB, 5).map((one) => one / GIB), [0, 2, 4, 6, 8]);
  assert.deepEqual(ticks(26.4 * GIB, 5).map((one) => one / GIB), [0, 8, 16, 24]);
});

test("any name of a node is one short line", () => {
  assert.equal(short("a\n\u0000\u001bb\ud800", 22).includes("\n"), false);
  assert.equal([...short("看".repeat(500), 22)].length, 22);
});

test("300 steps are ready to be drawn in less than 10 ms", () => {
  const took = Array.from({ length: 21 }, () => {
    const began = performance.now();
    scene(LONG["300 steps"], { ...LARGE, width: 1200 });
    return performance.now() - began;
  });
  assert.ok(Math.min(...took) < 10, `${Math.min(...took)} ms`);
});
