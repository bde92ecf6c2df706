// What is new, as it happens: server-sent events read by fetch (EventSource can't send our header).
// Where streams don't get through, the page asks every few seconds instead.
import { history, openStream } from "./transport.js";

const SILENCE = 40_000; // ms; the server says something every 15 s
const PAUSES = [500, 1000, 2000, 3000, 5000]; // ms, a little more or less for each page
const POLL = 3000;
const POLLS = 20; // then a stream is tried again
const FAILURES_BEFORE_POLLING = 2;

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** Follows a conversation while the page is visible: `onNews(news)`, `onReach(isReached)`, `after()`. */
export class Stream {
  constructor({ onNews, onReach, after }) {
    Object.assign(this, { onNews, onReach, after, abort: null });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.start()));
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", (event) => event.persisted && this.start());
  }

  start() {
    if (this.abort || document.hidden) return;
    this.abort = new AbortController();
    this.follow(this.abort.signal);
  }

  stop() {
    this.abort?.abort();
    this.abort = null;
  }

  /** Begin anew at once: after a restart, or when the network is back. */
  again() {
    this.stop();
    this.start();
  }

  async follow(signal) {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const response = await openStream(this.after(), signal);
        if (response.status === 401) await this.ask(signal);
        else if (!response.ok || !response.body) throw new Error(`stream ${response.status}`);
        else {
          failures = 0;
          this.onReach(true);
          await this.read(response.body.getReader(), signal);
        }
      } catch {
        if (signal.aborted) return;
        failures += 1;
        if (failures > FAILURES_BEFORE_POLLING) await this.poll(signal);
        else await this.ask(signal).catch(() => signal.aborted || this.onReach(false));
      }
      await pause(PAUSES[Math.min(failures, PAUSES.length - 1)] * (0.75 + Math.random() / 2), signal);
    }
  }

  async read(reader, signal) {
    const decoder = new TextDecoder();
    let text = "";
    let timer;
    const wake = () => (clearTimeout(timer), (timer = setTimeout(() => reader.cancel(), SILENCE)));
    try {
      for (;;) {
        wake();
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        text += decoder.decode(value, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop();
        for (const block of blocks) this.take(block);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  take(block) {
    const data = block.split("\n").find((line) => line.startsWith("data: "));
    if (data) this.onNews(JSON.parse(data.slice(6)));
  }

  /** What an ended following still hears counts no more: another one may have reached the server meanwhile. */
  async ask(signal) {
    const { status, data } = await history(this.after());
    if (signal.aborted) return;
    this.onReach(status < 500);
    if (status === 200) this.onNews(data);
  }

  async poll(signal) {
    for (let count = 0; count < POLLS && !signal.aborted; count += 1) {
      try {
        await this.ask(signal);
      } catch {
        if (!signal.aborted) this.onReach(false);
        return;
      }
      await pause(POLL, signal);
    }
  }
}
