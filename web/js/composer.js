// Where people write: grows with the text, sends with Enter, not in the middle of composing a character.
import { find } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./status.js";
import * as texts from "./texts.js";

export function composer(say) {
  const box = find("text");
  const grow = () => {
    box.rows = 1;
    while (box.scrollHeight > box.clientHeight && box.rows < 5) box.rows += 1;
  };
  find("send").append(icon("send"));
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    box.value = "";
    grow();
    box.focus();
    if (text) say(text);
  });
  box.addEventListener("input", () => {
    grow();
    if (box.value.length >= box.maxLength) toast(texts.full(box.maxLength)); // the browser drops the rest without a word
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    find("form").requestSubmit();
  });
}
