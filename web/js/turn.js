// One turn as elements: what the customer said, or an answer with its buttons.
import { make, unseen } from "./dom.js";
import { tools } from "./feedback.js";
import { content, isCalm } from "./rich.js";
import * as texts from "./texts.js";

const DAY = 86_400_000;
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

export function clock(seconds, now = new Date()) {
  const at = new Date(seconds * 1000);
  const time = at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const days = Math.round((midnight(now) - midnight(at)) / DAY);
  const day = days <= 0 ? "" : days === 1 ? `${texts.YESTERDAY} ` : `${at.getMonth() + 1}月${at.getDate()}日 `;
  return make("time", { datetime: at.toISOString() }, `${day}${time}`);
}

/** `state` tells where a message stands that the server doesn't have yet. */
export function customerTurn(turn, state) {
  return make(
    "div",
    { class: state ? "turn customer pending" : "turn customer", "data-id": turn.id },
    unseen(texts.YOU),
    make("div", { class: "bubble" }, turn.text),
    make("div", { class: "foot-row" }, state ? make("span", { class: "state" }, state) : clock(turn.at)),
  );
}

export function answerTurn(turn) {
  const calm = isCalm(turn.custom);
  return make(
    "div",
    { class: calm ? "turn answer calm" : "turn answer", tabindex: "-1" },
    unseen(texts.BOT),
    make("div", { class: "bubble" }, ...content(turn)),
    make("div", { class: "foot-row" }, clock(turn.at), calm || turn.hidden ? null : tools(turn)),
  );
}

/** An answer that is no part of the conversation: it can't be rated, and nothing follows from it. */
export function asideTurn(said, to) {
  const calm = isCalm(said.custom);
  return make(
    "div",
    { class: calm ? "turn answer aside calm" : "turn answer aside", "data-to": to },
    unseen(texts.BOT),
    make("div", { class: "bubble" }, ...content(said)),
  );
}

export function choices(buttons, say) {
  return make(
    "div",
    { class: "choices", role: "group", "aria-label": texts.CHOICES },
    ...buttons.map(({ title }) => make("button", { type: "button", class: "choice", on: { click: () => say(title) } }, title)),
  );
}
