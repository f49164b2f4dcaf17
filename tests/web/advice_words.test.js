import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { translated } from "../../web/phrases.js";
import { effects, problem, quality, title, why } from "../../web/sentence.js";
import { speakAs, textsOf } from "./speaking.js";

const OTHERS = ["ru", "zh", "ja"];
const changes = JSON.parse(readFileSync(new URL("./recorded/changes.json", import.meta.url), "utf8"));

/** Numbers, file names, flags and types of nodes: what is the same in each language. */
const FACTS = /--[\w-]+|[\w.+-]*\.(?:safetensors|gguf|sft|wslconfig)|\d+(?:\.\d+)?|\b\w+_\w+\b/g;
const facts = (said) => [...new Set(said.match(FACTS) ?? [])].sort();

test("what every rule offers has a title in each language, with all that the English one names", () => {
  for (const language of OTHERS) {
    speakAs(language);
    for (const one of changes) {
      const said = title(one);
      assert.notEqual(said, one.title, language);
      assert.deepEqual(facts(said), facts(one.title), `${language}: ${said}`);
      assert.doesNotMatch(said, /[{}]|rule\.|instead|download|on disk/);
    }
  }
});

test("how good it is and what else changes is said in each language", () => {
  for (const language of OTHERS) {
    speakAs(language);
    for (const one of changes) {
      for (const [said, english] of [[quality(one), one.quality], ...effects(one).map((it, at) => [it, one.effects[at]])]) {
        if (english) assert.notEqual(said, english, language);
        assert.deepEqual(facts(said), facts(english), `${language}: ${said}`);
      }
    }
  }
});

test("each phrase is known by its own text, whatever its slots hold", () => {
  const english = textsOf("en");
  for (const language of OTHERS) {
    speakAs(language);
    const own = textsOf(language);
    for (const [key, words] of Object.entries(english)) {
      const room = key.split(".")[0];
      if (!["rule", "quality", "effect", "why", "reason", "error", "fault", "remedy"].includes(room)) continue;
      if (key === "error.file") continue; // its parts are held below
      const fill = (said) => said.replace(/\{(\w+)\}/g, (_, name) => `<${name}>`).replace(/<(verdict|then)>/g, "oom");
      const wanted = fill(own[key]).replaceAll("oom", room === "why" ? own["verdict.oom"] : "oom");
      assert.equal(translated(room, fill(words)), wanted, key);
    }
  }
});

test("in English all is the server's own", () => {
  speakAs("en");
  for (const one of changes)
    assert.deepEqual([title(one), quality(one), effects(one)], [one.title, one.quality, one.effects]);
});

test("two changes are joined, and files, places and brackets in them are not taken apart", () => {
  speakAs("ru");
  const one = {
    title: "Load a.gguf and b.gguf instead (13.4 GiB to download); and decode",
    quality: "close to 16 bit (LPIPS 0.089 on FLUX.1 dev; another seed changes a picture more); the same",
  };
  assert.equal(title(one), "Заменить на a.gguf и b.gguf (скачать 13.4 GiB); и ещё: decode");
  const said = "близко к 16 битам (LPIPS 0.089 на FLUX.1 dev; другой seed меняет изображение сильнее); то же самое";
  assert.equal(quality(one), said);
});

test("what is wrong with a file is said with what to do about it, or as the server says it", () => {
  speakAs("zh");
  const english = "flux1-dev.safetensors: is cut short: 0.2 KiB of 19.6 KiB. Download it again.";
  assert.equal(problem(english), "flux1-dev.safetensors：文件不完整：应为 19.6 KiB，只有 0.2 KiB。请重新下载。");
  const other = "flux1-dev.safetensors: is of another world. Download it again.";
  assert.equal(problem(other), other);
});

test("what has no text stays as the server says it", () => {
  speakAs("ja");
  assert.equal(title({ title: "Paint the card red" }), "Paint the card red");
  assert.equal(problem("Something new."), "Something new.");
  assert.equal(why({ why: "oom becomes streamed" }), "メモリ不足 → ストリーミング");
});
