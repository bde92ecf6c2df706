// One strip for what stands in the way, and a short word for what was done.
import { find } from "./dom.js";

const TOAST = 2600; // ms
let timer;

export function toast(text) {
  find("toast").textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => (find("toast").textContent = ""), TOAST);
}

/** `kind` is "offline", "trouble" or "slow"; no text takes the strip away. */
export function notice(text = "", kind = "", canRetry = false) {
  const strip = find("notice");
  if (strip.dataset.kind !== kind) strip.dataset.kind = kind;
  if (find("notice-text").textContent !== text) find("notice-text").textContent = text;
  find("retry").hidden = !canRetry;
  strip.hidden = !text;
}

/** What kind of thing stands in the way now, or "". */
export const noticed = () => (find("notice").hidden ? "" : find("notice").dataset.kind);
