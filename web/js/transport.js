// Requests to the server. In another site's page the cookie is a partitioned one; where the browser keeps
// none at all, the server hands us the token, and it travels in a header.

const API = "/webhooks/web/";
const PATIENCE = 40_000; // ms; the server answers or says "still at it" after 25 s
const inWidget = document.documentElement.dataset.frame === "widget";
const TOKEN = "finlit.token";
let token = read();

function read() {
  if (!inWidget) return null;
  try {
    return sessionStorage.getItem(TOKEN);
  } catch {
    return null;
  }
}

function hold(value) {
  token = value;
  try {
    sessionStorage.setItem(TOKEN, value);
  } catch {
    /* held in memory only */
  }
}

/** The network failed, or nobody answered in time. */
export class NotReached extends Error {}

function address(path, query) {
  const parameters = new URLSearchParams(query);
  if (inWidget) parameters.set("frame", "widget");
  return `${API}${path}?${parameters}`;
}

const headers = (more = {}) => (token ? { ...more, Authorization: `Bearer ${token}` } : more);

export async function request(path, { body, query = {}, signal } = {}) {
  const abort = new AbortController();
  const stop = () => abort.abort();
  const timer = setTimeout(stop, PATIENCE);
  signal?.addEventListener("abort", stop);
  try {
    const response = await fetch(address(path, query), {
      method: body === undefined ? "GET" : "POST",
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: abort.signal,
    });
    const data = await response.json().catch(() => ({}));
    return { status: response.status, data };
  } catch (error) {
    throw new NotReached(String(error));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

let asking = null;

/** What was said after turn `after`; opens a session where there is none, one however many ask at once. */
export function history(after = 0) {
  asking ??= ask(after).finally(() => (asking = null));
  return asking;
}

async function ask(after) {
  const answer = await request("history", { query: { after } });
  if (!answer.data.opened || !inWidget || token) return answer;
  const again = await request("history", { query: { after } }); // did the cookie stay?
  if (!again.data.opened) return again;
  const held = await request("history", { query: { after, hold: "token" } });
  if (held.data.token) hold(held.data.token);
  return held;
}

async function begin(path, body) {
  const answer = await request(path, { body, query: token ? { hold: "token" } : {} });
  if (answer.data.token) hold(answer.data.token);
  return answer;
}

export const restart = () => begin("restart", {});

/** Begin as the customer whom the page around us has logged in; `hostToken` is signed by its server. */
export const identify = (hostToken) => begin("identify", { token: hostToken });

export const send = (entry, after) => request("message", { body: { id: entry.id, text: entry.text, after } });
export const rate = (n, rating, word) => request("feedback", { body: { n, rating, word } });

export const openStream = (after, signal) =>
  fetch(address("stream", { after }), { headers: headers(), credentials: "same-origin", cache: "no-store", signal });
