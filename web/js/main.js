// Puts the page together: the talk knows the state, the parts show it.
import { composer } from "./composer.js";
import { find, make } from "./dom.js";
import { embedded } from "./embedded.js";
import { Log } from "./log.js";
import { menu } from "./menu.js";
import { notice, noticed, toast } from "./status.js";
import { Talk } from "./talk.js";
import * as texts from "./texts.js";

const say = (text) => talk.say(text);
const log = new Log(say);

function working(isWorking) {
  find("typing").hidden = !isWorking;
  find("log").setAttribute("aria-busy", String(isWorking));
}

const view = {
  working,
  turn: (turn) => log.turn(turn),
  sent(entry) {
    log.sent(entry);
    if (!navigator.onLine) this.offline();
  },
  cleared: () => log.clear(),
  delivered(entry) {
    if (log.isUnanswered(entry)) notice(texts.NO_ANSWER, "trouble");
    else notice();
  },
  settled(news, isWorking) {
    working(isWorking);
    find("verified").hidden = !news.verified;
    find("starters").hidden = !log.isEmpty;
  },
  reached() {
    if (!navigator.onLine) return;
    if (noticed() === "offline") notice();
    log.mark(texts.SENDING);
  },
  offline() {
    notice(texts.OFFLINE, "offline");
    log.mark(texts.WAITING);
  },
  unreached() {
    notice(navigator.onLine ? texts.RECONNECTING : texts.OFFLINE, "offline", true);
    log.mark(texts.WAITING);
  },
  late() {
    if (navigator.onLine) notice(texts.LATE, "slow");
  },
  slow: (seconds) => notice(texts.slowDown(seconds), "slow"),
  failed(entry, { error, aside }) {
    notice(texts.REFUSALS[error] || texts.REFUSALS.trouble, "trouble", true);
    log.mark(texts.WAITING);
    log.aside(entry, aside);
  },
  refused(entry, reason) {
    log.drop(entry);
    notice(texts.REFUSALS[reason] || texts.REFUSALS.not_understood, "trouble");
  },
};

const talk = new Talk(view);

async function restart() {
  try {
    await talk.restart();
    notice();
    find("text").focus();
  } catch {
    toast(texts.RESTART_FAILED);
  }
}

async function identify(hostToken) {
  try {
    await talk.identify(hostToken);
  } catch {
    toast(texts.REFUSALS.not_identified);
  }
}

for (const title of texts.STARTERS)
  find("starters").append(make("button", { type: "button", class: "choice", on: { click: () => say(title) } }, title));
find("handoff").addEventListener("click", () => say(texts.HANDOFF));
find("leave").addEventListener("click", () => say(texts.LEAVE));
find("retry").addEventListener("click", () => (talk.stream.again(), talk.hurry()));
composer(say);
menu({ restart });
embedded({ identify });
talk.start();
