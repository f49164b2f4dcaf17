// RAM under a timeline, with the computer's own line; alone where all that matters is there.
import { text } from "../text.js";
import { amount } from "../words.js";
import { placed } from "./labels.js";
import { inRam } from "./measured.js";
import { marks, named } from "./named.js";
import { axis, beside, heading, HEADING, line, measuredLine, rule, written } from "./parts.js";
import { ramMarkOf } from "./says.js";
import { ramCeiling, upward } from "./scale.js";
import { across, box, look, shape } from "./shapes.js";

/**
 * @typedef {import("./labels.js").Box} Area
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./columns.js").Column} Column
 */

/**
 * RAM as a strip (`how` is empty), `small` or `large` in place of the card.
 *
 * @param {Forecast} forecast
 * @param {Column[]} shown
 * @param {Area} area
 * @param {"" | "small" | "large"} how
 * @param {import("./scene.js").Options} options
 * @returns {Shape[]}
 */
export function inTheRam(forecast, shown, area, how, { measured }) {
  const [total, wanted, ran] = [forecast.host.ram_total, forecast.ram_peak.best, inRam(shown, measured)];
  const end = ramCeiling(forecast, Math.max(0, ...ran.map((one) => one ?? 0)));
  const y = upward(area, end);
  const title = heading(text("chart.ram"), area);
  const shapes = [...boxes(shown, y), rule(y(total), area), rule(y(wanted), area)];
  const taken = how === "small" ? [] : [title.box];
  const over = how ? marks(shown, (one) => ramMarkOf(one, forecast), (one) => y(one.step.ram_kept), area) : [];
  const words = [...over, ...limits(forecast, y, area)];
  return [
    ...(how === "small" ? [] : [title.drawn]),
    ...(how === "large" ? axis(end, 5, y, area) : []),
    ...bars(shown, y),
    ...line("card", across(area.left, area.right, y(total))),
    ...line("free", across(area.left, area.right, y(wanted))),
    ...measuredLine(shown, ran, y),
    ...written(placed(words, { ...area, top: area.top - HEADING }, taken, shapes)),
    ...(how === "large" ? named(forecast, shown, area) : []),
  ];
}

/** @param {Forecast} forecast @param {(bytes: number) => number} y @param {Area} area */
function limits({ host, ram_peak: { best } }, y, area) {
  const has = beside(text("chart.has", { size: amount(host.ram_total) }), y(host.ram_total), area);
  return [has, beside(text("chart.wants", { size: amount(best) }), y(best), area)];
}

/** @param {Column[]} shown @param {(bytes: number) => number} y */
function bars(shown, y) {
  return [true, false].map((reached) => {
    const own = shown.filter((one) => one.reached === reached).map(({ left, width, step: { ram_kept: kept } }) => {
      return box(left, y(kept), width, y(0) - y(kept));
    });
    const kind = `chart-layer chart-in-ram${reached ? "" : " chart-unreached"}`;
    return shape("path", { class: look(kind), d: own.join("") });
  });
}

/** Where the bars are. @param {Column[]} shown @param {(bytes: number) => number} y @returns {Area[]} */
function boxes(shown, y) {
  return shown.map(({ left, width, step }) => ({ left, right: left + width, top: y(step.ram_kept), bottom: y(0) }));
}
