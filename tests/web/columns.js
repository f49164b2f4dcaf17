// What the page makes of forecasts, for a test that holds it against the estimator's own picture: reads
// [[forecast, room], ...] from its input, writes the columns and the numbers of the hues.
import { readFileSync } from "node:fs";

import { columns } from "../../web/charts/columns.js";
import { hueNumbers } from "../../web/charts/hues.js";

const asked = JSON.parse(readFileSync(0, "utf8"));
const answers = asked.map(([forecast, room]) => ({
  columns: columns(forecast, room).map(({ step, steps, left, width, reached, layers }) => ({
    at: forecast.steps.indexOf(step),
    stands_for: steps.length,
    left,
    width,
    reached,
    layers: layers.map(({ what, component, bytes }) => [what, component, bytes]),
  })),
  hues: Object.fromEntries(hueNumbers(forecast)),
}));
process.stdout.write(JSON.stringify(answers));
