// Under an answer: the time, copy, thumbs up or down with an optional word.
import { make } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./status.js";
import * as texts from "./texts.js";
import { rate } from "./transport.js";

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(texts.COPIED);
  } catch {
    toast(texts.COPY_FAILED);
  }
}

const button = (name, label, click, pressed) =>
  make("button", { type: "button", class: "small", "aria-label": label, title: label, "aria-pressed": pressed, on: { click } }, icon(name));

export function tools(turn) {
  const row = make("div", { class: "tools" });
  row.append(button("copy", texts.COPY, () => copy(turn.text)));
  const thumbs = [
    ["up", texts.UP, 1],
    ["down", texts.DOWN, -1],
  ].map(([name, label, value]) => button(name, label, () => vote(name), String(turn.rated === value)));
  row.append(...thumbs);

  async function store(rating, word) {
    const { status } = await rate(turn.n, rating, word).catch(() => ({ status: 0 }));
    if (status !== 200) return toast(texts.FEEDBACK_FAILED), false;
    thumbs.forEach((thumb, index) => thumb.setAttribute("aria-pressed", String((rating === "up") === (index === 0))));
    return true;
  }

  async function vote(rating) {
    row.parentNode.querySelector(".word")?.remove();
    if (!(await store(rating))) return;
    if (rating === "down") row.after(wordForm());
    else toast(texts.THANKS);
  }

  function wordForm() {
    const id = `word-${turn.n}`;
    const input = make("input", { id, type: "text", maxlength: "200" });
    const send = async (event) => {
      event.preventDefault();
      if (input.value.trim() && !(await store("down", input.value.trim()))) return;
      form.remove();
      thumbs[1].focus();
      toast(texts.THANKS);
    };
    const form = make(
      "form",
      { class: "word", on: { submit: send } },
      make("label", { for: id }, texts.WORD_LABEL),
      make("div", { class: "word-row" }, input, make("button", { type: "submit", class: "pill" }, texts.WORD_SEND)),
    );
    queueMicrotask(() => input.focus());
    return form;
  }

  return row;
}
