// Says in each language what is asked on stdin: {"forecasts": [...], "suggestions": [...]}. Forecasts are said in English
// too, from the same facts, to be held beside the server's own words.
import { readFileSync } from "node:fs";

import { effects, quality, title, told, why } from "../../web/sentence.js";
import { speakAs } from "./speaking.js";

const asked = JSON.parse(readFileSync(0, "utf8"));
const answer = {};
for (const language of ["en", "ru", "zh", "ja"]) {
  speakAs(language);
  answer[language] = {
    sentences: (asked.forecasts ?? []).map(told),
    suggestions: (asked.suggestions ?? []).map((one) => [title(one), quality(one), ...effects(one), why(one)]),
  };
}
process.stdout.write(JSON.stringify(answer));
