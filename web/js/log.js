// The list of turns: puts them in, replaces a message on its way by what the server stored, keeps the place.
import { find } from "./dom.js";
import * as texts from "./texts.js";
import { answerTurn, asideTurn, choices, customerTurn } from "./turn.js";

const NEAR = 120; // px from the end: still reading the newest
const MARGIN = 12; // px above what is shown
const log = find("log");
const scroll = find("scroll");
const newer = find("newer");
const pendingOf = (id) => log.querySelector(`.pending[data-id="${CSS.escape(id)}"]`);

const isNearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;

/** Show the end, but never push the beginning of `node` out of sight. */
function settle(node) {
  const top = scroll.scrollTop + node.getBoundingClientRect().top - scroll.getBoundingClientRect().top - MARGIN;
  scroll.scrollTop = Math.min(scroll.scrollHeight - scroll.clientHeight, Math.max(0, top));
}

export class Log {
  constructor(say) {
    this.say = say;
    this.focusNext = false;
    this.question = null; // the customer's last message: an answer is shown from there on
    newer.textContent = texts.NEWER;
    newer.addEventListener("click", () => {
      scroll.scrollTop = scroll.scrollHeight;
      newer.hidden = true;
    });
    scroll.addEventListener("scroll", () => isNearEnd() && (newer.hidden = true), { passive: true });
  }

  clear() {
    log.replaceChildren();
    this.question = null;
  }

  get isEmpty() {
    return !log.firstChild;
  }

  dropChoices() {
    const held = Boolean(document.activeElement?.closest(".choices"));
    for (const old of log.querySelectorAll(".choices")) old.remove();
    return held;
  }

  /** A message that the server may not have yet. */
  sent(entry) {
    if (pendingOf(entry.id)) return;
    this.focusNext = this.dropChoices(); // the button that was pressed is gone: the answer to it takes the focus
    this.question = customerTurn(entry, texts.SENDING);
    log.append(this.question);
    scroll.scrollTop = scroll.scrollHeight;
    if (this.focusNext) scroll.focus({ preventScroll: true });
  }

  mark(state) {
    for (const node of log.querySelectorAll(".pending .state")) node.textContent = state;
  }

  drop(entry) {
    pendingOf(entry.id)?.remove();
    this.dropAside();
  }

  /** What can be said to `entry` although the server can't take it now; it stands until the server can. */
  aside(entry, said) {
    const old = log.querySelector(".turn.aside");
    if (!said || old?.dataset.to === entry.id) return;
    old?.remove();
    const node = asideTurn(said, entry.id);
    pendingOf(entry.id)?.after(node);
    settle(node);
  }

  dropAside() {
    log.querySelector(".turn.aside")?.remove();
  }

  turn(turn) {
    const stay = !isNearEnd() && !this.question;
    if (turn.from === "customer") this.customer(turn);
    else this.answer(turn.hidden ? { ...turn, text: texts.HIDDEN, buttons: [{ title: texts.VERIFY }] } : turn);
    if (stay && turn.from === "assistant") newer.hidden = false;
    else if (this.question) settle(this.question);
    else scroll.scrollTop = scroll.scrollHeight;
  }

  customer(turn) {
    const node = customerTurn(turn);
    const pending = turn.id && pendingOf(turn.id);
    this.dropChoices();
    if (pending) this.dropAside();
    if (pending) pending.replaceWith(node);
    else this.insert(node);
    this.question = node;
  }

  answer(turn) {
    const node = answerTurn(turn);
    if (turn.buttons.length) node.append(choices(turn.buttons, this.say));
    this.insert(node);
    if (this.focusNext) node.focus({ preventScroll: true });
    this.focusNext = false;
  }

  /** What the server has stands before what is still on its way. */
  insert(node) {
    log.insertBefore(node, log.querySelector(".pending"));
  }

  /** Say whether the message of `entry` got no answer at all. */
  isUnanswered(entry) {
    const turns = [...log.querySelectorAll(".turn:not(.pending, .aside)")];
    return turns.at(-1)?.dataset.id === entry.id;
  }
}
