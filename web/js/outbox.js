// Messages on their way. They wait in the browser's storage, so neither a reload nor a dead battery loses one;
// each has a name by which the server knows it again, so none is answered twice.

const KEY = document.documentElement.dataset.frame === "widget" ? "finlit.outbox.widget" : "finlit.outbox";
let inMemory = [];

function load() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) || "[]");
    return Array.isArray(stored) ? stored.filter((entry) => typeof entry?.id === "string" && typeof entry.text === "string") : [];
  } catch {
    return inMemory;
  }
}

function save(entries) {
  inMemory = entries;
  try {
    if (entries.length) localStorage.setItem(KEY, JSON.stringify(entries));
    else localStorage.removeItem(KEY);
  } catch {
    /* private mode: in memory only */
  }
}

function newName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const waiting = () => load();
export const clear = () => save([]);
export const remove = (id) => save(load().filter((entry) => entry.id !== id));

export function add(text) {
  const entry = { id: newName(), text, at: Date.now() / 1000 };
  save([...load(), entry]);
  return entry;
}

/** Run `work` in one tab at a time; a browser that refuses locks (in some frames) runs it at once. */
export async function alone(work) {
  let begun = false;
  const begin = () => ((begun = true), work());
  try {
    return await (navigator.locks ? navigator.locks.request(KEY, begin) : begin());
  } catch (error) {
    if (begun) throw error;
    return work();
  }
}
