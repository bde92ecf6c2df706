// A line chart as SVG. Its figures are always in a table too, so the picture may be a picture.
import { draw, make } from "./dom.js";

const WIDTH = 360;
const HEIGHT = 210;
const LEFT = 56;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 30;
const GRID_LINES = 4;
const MOST_MARKS = 24; // with more points, marks would hide the line

/** A round step that covers `span` in about `count` steps. */
function niceStep(span, count) {
  const rough = span / count || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * unit).find((step) => step >= rough);
}

function scaleOf(values) {
  const low = Math.min(0, ...values);
  const step = niceStep(Math.max(...values) - low, GRID_LINES);
  const high = Math.max(step, Math.ceil(Math.max(...values) / step) * step);
  const ticks = [];
  for (let tick = Math.floor(low / step) * step; tick <= high + step / 1000; tick += step) ticks.push(tick);
  return { low: ticks[0], high: ticks.at(-1), ticks };
}

const short = (value) => (Math.abs(value) >= 10_000 ? `${+(value / 10_000).toFixed(2)}万` : `${+value.toFixed(2)}`);

export function chart({ title, unit, series }) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))];
  const isNumeric = xs.every((x) => Number.isFinite(Number(x)));
  if (isNumeric) xs.sort((one, other) => Number(one) - Number(other));
  const { low, high, ticks } = scaleOf(series.flatMap(({ points }) => points.map(([, y]) => Number(y))));
  const first = Number(xs[0]);
  const last = Number(xs.at(-1));
  const share = (x) => (isNumeric && last > first ? (Number(x) - first) / (last - first) : xs.indexOf(x) / Math.max(1, xs.length - 1));
  const across = (x) => LEFT + share(x) * (WIDTH - LEFT - RIGHT);
  const up = (y) => HEIGHT - BOTTOM - ((Number(y) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);

  const grid = ticks.flatMap((tick) => [
    draw("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: up(tick), y2: up(tick) }),
    draw("text", { class: "axis", x: LEFT - 8, y: up(tick) + 4, "text-anchor": "end" }, short(tick)),
  ]);
  const shown = xs.length > 2 ? [xs[0], xs[Math.floor((xs.length - 1) / 2)], xs.at(-1)] : xs;
  const labels = shown.map((x, index) =>
    draw(
      "text",
      { class: "axis", x: across(x), y: HEIGHT - 9, "text-anchor": index === 0 ? "start" : x === xs.at(-1) ? "end" : "middle" },
      String(x),
    ),
  );
  const paths = series.flatMap(({ points }, index) => [
    draw("polyline", { class: `line line-${index % 4}`, points: points.map(([x, y]) => `${across(x)},${up(y)}`).join(" ") }),
    ...(points.length <= MOST_MARKS
      ? points.map(([x, y]) => draw("circle", { class: `mark line-${index % 4}`, cx: across(x), cy: up(y), r: 3 }))
      : []),
  ]);
  const name = `${title}，单位${unit}。${series.map(({ name: one, points }) => `${one}：从 ${points[0]?.[1]} 到 ${points.at(-1)?.[1]}`).join("；")}`;
  const legend = series.map(({ name: one }, index) =>
    make("li", {}, draw("svg", { class: "key", viewBox: "0 0 24 8", "aria-hidden": "true" }, draw("line", { class: `line line-${index % 4}`, x1: 1, x2: 23, y1: 4, y2: 4 })), one),
  );
  return make(
    "figure",
    { class: "chart" },
    make("figcaption", {}, `${title}（${unit}）`),
    draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": name }, ...grid, ...labels, ...paths),
    make("ul", { class: "legend" }, ...legend),
  );
}
