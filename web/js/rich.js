// The parts of an answer: lines, table, chart, what unfolds, sources, telephone numbers.
import { chart } from "./chart.js";
import { make } from "./dom.js";
import { icon } from "./icons.js";
import * as texts from "./texts.js";

// Hotlines only: five digits that begin with 12 or 96110, and no amount or count behind them.
const HOTLINE = /(?<![\d.])(12(?:3\d\d|1\d\d)|96110)(?![\d.]|\s*(?:元|块|万|%|天|期|次|笔))/g;
const FIGURE = /^[-−+]?[¥￥]?\s?[\d,]+(?:\.\d+)?\s?(?:%|元|万|天|期)?$/;

/** Put text into `node`; hotlines become links that a telephone can call. */
function say(node, text, extra = []) {
  const pattern = extra.length ? new RegExp(`${HOTLINE.source}|(?<!\\d)(${extra.join("|")})(?!\\d)`, "g") : HOTLINE;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    node.append(text.slice(from, match.index), make("a", { href: `tel:${match[0]}` }, match[0]));
    from = match.index + match[0].length;
  }
  node.append(text.slice(from));
  return node;
}

export function lines(text, { calm = false } = {}) {
  const extra = calm ? ["110", "120"] : [];
  const nodes = [];
  let list = null;
  for (const line of text.split("\n").map((part) => part.trim()).filter(Boolean)) {
    if (line.startsWith("·")) {
      if (!list) nodes.push((list = make("ul", { class: "points" })));
      list.append(say(make("li"), line.slice(1).trim(), extra));
      continue;
    }
    list = null;
    if (line.startsWith("下一步")) nodes.push(make("p", { class: "next-step" }, icon("next"), say(make("span"), line, extra)));
    else nodes.push(say(make("p", { class: nodes.length ? null : "lead" }), line, extra));
  }
  return nodes;
}

export function table({ caption, columns, rows }) {
  const isFigure = columns.map((_, column) => rows.length > 0 && rows.every((row) => FIGURE.test(row[column] ?? "")));
  const kind = (column) => (isFigure[column] ? "figure" : null);
  const head = make("tr", {}, ...columns.map((text, column) => make("th", { scope: "col", class: kind(column) }, text)));
  const body = rows.map((row) =>
    make("tr", {}, ...row.map((text, column) => make(column ? "td" : "th", { scope: column ? null : "row", class: kind(column) }, text))),
  );
  return make(
    "div",
    { class: "table-scroll", role: "region", tabindex: "0", "aria-label": caption },
    make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body)),
  );
}

function unfolding(title, kind, ...children) {
  return make("details", { class: kind }, make("summary", {}, title), ...children);
}

const details = (items) =>
  items.map(({ title, lines: said }) => unfolding(title, "working", ...said.map((line) => make("p", {}, line))));

function sources(list) {
  const once = [...new Map(list.map((source) => [source.cite, source])).values()];
  const since = ({ since: from, until }) => (from ? `${from} 起${until ? `，至 ${until}` : "施行"}` : "");
  const items = once.map((source) =>
    make(
      "li",
      {},
      source.title && source.title !== source.cite ? make("strong", {}, source.title) : null,
      make("span", {}, source.cite),
      since(source) ? make("small", {}, since(source)) : null,
    ),
  );
  return unfolding(`${texts.SOURCES} ${once.length} 条`, "sources", make("ul", {}, ...items));
}

const hotlines = () =>
  make(
    "div",
    { class: "hotlines" },
    ...texts.HOTLINES.map(([number, what]) =>
      make("a", { href: `tel:${number}` }, icon("phone"), make("span", {}, make("strong", {}, number), ` ${what}`)),
    ),
  );

export const isCalm = (custom) => String(custom.answer || "").startsWith("utter_crisis");

/** Everything in an answer's bubble. */
export function content({ text, custom }) {
  const calm = isCalm(custom);
  const said = lines(text, { calm });
  const next = said.filter((node) => node.className === "next-step"); // after the figures it rests on
  const nodes = said.filter((node) => !next.includes(node));
  if (calm) nodes.splice(1, 0, hotlines());
  if (custom.chart) nodes.push(chart(custom.chart));
  if (custom.table) nodes.push(table(custom.table));
  else if (custom.chart) nodes.push(unfolding(texts.TABLE_OF_CHART, "working", table(tableOf(custom.chart))));
  nodes.push(...next);
  if (custom.details?.length) nodes.push(...details(custom.details));
  if (custom.sources?.length && !calm) nodes.push(sources(custom.sources));
  return nodes;
}

function tableOf({ title, unit, series }) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => String(x))))];
  const value = ({ points }, x) => points.find(([at]) => String(at) === x)?.[1] ?? "—";
  return {
    caption: `${title}（${unit}）`,
    columns: ["", ...series.map(({ name }) => name)],
    rows: xs.map((x) => [x, ...series.map((one) => String(value(one, x)))]),
  };
}
