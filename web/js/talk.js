// The conversation as this page knows it: what the server has, what is on its way, what stands between.
import * as outbox from "./outbox.js";
import * as transport from "./transport.js";
import { Stream } from "./stream.js";

const PAUSES = [1000, 2000, 3000, 5000]; // ms between tries
const LATE = 6000; // ms; a server that starts again, or has much to do, keeps a message waiting
const spread = (ms) => ms * (0.75 + Math.random() / 2); // not all pages in the same moment
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `view` with what to show; knows nothing of elements. */
export class Talk {
  constructor(view) {
    this.view = view;
    this.name = null; // of the conversation
    this.next = 0; // the last turn that we have
    this.isHiding = false; // answers that only a verified customer may see again
    this.busy = false;
    this.sending = false;
    this.hasStarted = false; // until then nobody knows which conversation a message belongs to
    this.started = new Promise((resolve) => (this.begun = resolve));
    this.wake = null; // ends a pause early
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel("finlit") : null;
    this.stream = new Stream({
      after: () => this.next,
      onNews: (news) => this.take(news),
      onReach: (isReached) => this.reached(isReached),
    });
  }

  async start() {
    this.channel?.addEventListener("message", () => this.stream.again());
    addEventListener("online", () => (this.stream.again(), this.hurry()));
    addEventListener("offline", () => this.view.offline());
    for (const entry of outbox.waiting()) this.view.sent(entry);
    try {
      this.take((await transport.history()).data); // first of all a session: the stream needs one
    } catch {
      this.view.unreached();
    }
    this.hasStarted = true;
    this.begun();
    this.stream.start();
    this.flush();
  }

  /** Merge what the server sent; a turn that we have is not shown again. */
  take(news) {
    if (typeof news.next !== "number") return;
    const isAnother = this.name && (news.talk !== this.name || news.next < this.next);
    const isProved = this.isHiding && news.verified;
    if (isAnother || isProved) {
      this.next = 0;
      this.isHiding = false;
      this.view.cleared();
      for (const entry of outbox.waiting()) this.view.sent(entry);
      if (isProved || (news.turns.length && news.turns[0].n > 1)) return void this.stream.again();
    }
    this.name = news.talk;
    for (const turn of news.turns) {
      if (turn.n <= this.next) continue;
      if (turn.id) outbox.remove(turn.id);
      this.view.turn(turn);
      this.isHiding ||= Boolean(turn.hidden);
      this.next = turn.n;
    }
    this.busy = news.busy;
    this.view.settled(news, this.busy || this.sending);
  }

  reached(isReached) {
    if (!isReached) this.view.unreached();
    else {
      this.view.reached();
      this.hurry();
    }
  }

  say(text) {
    this.view.sent(outbox.add(text));
    this.flush();
  }

  /** Don't wait any longer for the next try. */
  hurry() {
    this.wake?.();
    this.flush();
  }

  async flush() {
    if (!this.hasStarted || this.sending || !outbox.waiting().length) return;
    this.sending = true;
    try {
      await outbox.alone(() => this.sendAll());
    } finally {
      this.sending = false;
      this.view.working(this.busy);
    }
  }

  async sendAll() {
    for (let failures = 0; ; ) {
      const [entry] = outbox.waiting();
      if (!entry) return;
      const pause = await this.sendOne(entry);
      failures = pause === "again" ? failures + 1 : 0;
      const ms = pause === "again" ? spread(PAUSES[Math.min(failures, PAUSES.length) - 1]) : pause;
      if (ms) await this.pause(ms);
    }
  }

  /** Returns how long to wait before going on: milliseconds, or "again" for a try that failed. */
  async sendOne(entry) {
    this.view.working(true);
    const late = setTimeout(() => this.view.late(), LATE);
    try {
      const before = this.next;
      const { status, data } = await transport.send(entry, before);
      if (status === 200) {
        outbox.remove(entry.id);
        this.take(data);
        this.view.delivered(entry);
        return 0;
      }
      if (status === 202) return this.take(data), 500;
      if (status === 401) return this.take((await transport.history()).data), 0;
      if (status === 429) return this.view.slow(data.wait), data.wait * 1000;
      if (status >= 500) return this.view.failed(entry, data), this.view.working(false), "again";
      outbox.remove(entry.id);
      this.view.refused(entry, data.error);
      return 0;
    } catch {
      this.view.working(false);
      if (navigator.onLine) this.view.unreached();
      else this.view.offline();
      return "again";
    } finally {
      clearTimeout(late);
    }
  }

  pause(ms) {
    return Promise.race([sleep(ms), new Promise((resolve) => (this.wake = resolve))]).then(() => (this.wake = null));
  }

  restart() {
    return this.begin(() => transport.restart());
  }

  identify(hostToken) {
    return this.begin(() => transport.identify(hostToken));
  }

  async begin(ask) {
    await this.started;
    const { status, data } = await ask();
    if (status !== 200) throw new Error(data.error);
    outbox.clear();
    this.take(data);
    this.channel?.postMessage("restarted");
    this.stream.again();
  }
}
