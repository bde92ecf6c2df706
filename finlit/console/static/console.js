// The console works without this file; it adds previews while typing, hints, the two chats and progress.
"use strict";

const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";

async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  });
  if (response.status === 401) location.assign("/login");
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

function later(work, milliseconds) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(work, milliseconds); };
}

function node(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// The answer: preview, sources, review date
for (const card of document.querySelectorAll("[data-preview]")) {
  const form = card.querySelector("form.edit");
  const text = form.elements.text;
  const draw = later(async () => {
    const titles = [...form.querySelectorAll("[name=title]")].map((field) => field.value);
    const seen = await post(card.dataset.preview, { text: text.value, titles, reviewed: form.elements.reviewed.value });
    card.querySelector("[data-web]").replaceChildren(...seen.web.text.split("\n").map((line) => node("p", line)));
    card.querySelector("[data-chips]").replaceChildren(...seen.web.buttons.map((button) => node("span", button.title)));
    const sources = (seen.web.custom.sources ?? []).map((source) => node("li", `${source.id}　${source.cite}`));
    card.querySelector("[data-sources]").replaceChildren(...sources);
    card.querySelector("[data-wechat]").textContent = seen.wechat;
    const bytes = card.querySelector("[data-bytes]");
    bytes.textContent = seen.bytes;
    bytes.className = seen.bytes > seen.limit ? "worse" : "";
  }, 250);
  form.addEventListener("input", draw);
  form.querySelector(".today").addEventListener("click", (event) => {
    form.elements.reviewed.value = event.target.dataset.today;
  });
  const cite = form.querySelector(".cite");
  cite.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const id = cite.value.trim().split(/[\s｜]/)[0];
    if (!id) return;
    const end = text.value.indexOf("\n", text.selectionEnd);
    const at = end < 0 ? text.value.length : end;
    text.setRangeText(`[${id}]`, at, at, "end");
    cite.value = "";
    text.focus();
    draw();
  });
}

// What the model sees in the last line that is being typed
for (const field of document.querySelectorAll("[data-hint]")) {
  const box = field.form.querySelector("[data-hintbox]");
  let asked = 0;
  field.addEventListener("input", later(async () => {
    const line = field.value.trim().split("\n").pop();
    const mine = ++asked;
    if (!line) return;
    const seen = await post(field.dataset.hint, { text: line });
    if (mine !== asked) return;
    const kinds = { answered: "直接答", asked: "反问", refused: "不答" };
    const read = seen.ranking.slice(0, 3).map(([name, sure]) => `${name} ${(100 * sure).toFixed(0)}%`).join("、");
    const right = seen.ranking.length && seen.ranking[0][0] === field.dataset.label.split("/")[0];
    const lines = [node("div", seen.note ?? `「${line}」现在会被理解成：${read}（${kinds[seen.kind] ?? ""}）`, right ? "good" : "")];
    const list = node("ul");
    for (const near of seen.nearest) {
      const share = (100 * near.likeness).toFixed(0);
      list.append(node("li", `${near.text} ← ${near.label}（像 ${share}%）`, near.label === field.dataset.label ? "" : "worse"));
    }
    box.replaceChildren(...lines, list);
  }, 300));
}

// Rewording one sentence in its place
const reword = document.querySelector("#reword");
document.addEventListener("click", (event) => {
  const button = event.target.closest(".reword");
  if (!button || !reword) return;
  reword.elements.old.value = reword.elements.new.value = button.dataset.text;
  reword.hidden = false;
  button.closest("ul").before(reword);
  reword.elements.new.focus();
});
reword?.addEventListener("keydown", (event) => { if (event.key === "Escape") reword.hidden = true; });

// Filters, questions before what can't be undone at once, keys
for (const field of document.querySelectorAll("[data-filter]")) {
  field.addEventListener("input", () => {
    const words = field.value.trim().toLowerCase();
    for (const item of document.querySelectorAll(field.dataset.filter)) {
      const own = [...item.querySelectorAll("textarea, input[name=concept]")].map((inner) => inner.value).join(" ");
      item.hidden = !`${item.textContent} ${own}`.toLowerCase().includes(words);
    }
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
document.addEventListener("click", (event) => {
  const sure = event.target.closest("[data-sure]");
  if (sure && !confirm(sure.dataset.sure)) event.preventDefault();
});
let form = null;
document.addEventListener("focusin", (event) => { form = event.target.form ?? form; });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s" && form) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button.main") ?? undefined);
  } else if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    document.querySelector(".search input")?.focus();
  }
});

// What was typed and not saved is not left by mistake
let dirty = false;
document.addEventListener("input", (event) => { if (event.target.matches(".edit textarea, .source")) dirty = true; });
document.addEventListener("submit", () => { dirty = false; });
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

// The line of a file that a check named
const source = document.querySelector(".source");
if (source?.dataset.line) {
  const lines = source.value.split("\n");
  const wanted = Number(source.dataset.line) - 1;
  const start = lines.slice(0, wanted).join("\n").length + (wanted ? 1 : 0);
  source.focus();
  source.setSelectionRange(start, start + (lines[wanted] ?? "").length);
  source.scrollTop = (wanted - 6) * (source.scrollHeight / lines.length);
}

// One question to the draft and to the published model
const chat = document.querySelector("#try");
chat?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = chat.elements.text.value.trim();
  if (!text) return;
  chat.elements.text.value = "";
  const sides = document.querySelectorAll("[data-side]");
  for (const side of sides) {
    side.append(node("div", text, "turn customer"));
    side.append(node("div", "…", "turn waiting"));
  }
  let seen = {};
  try {
    seen = await post(chat.dataset.action, { text, channel: chat.elements.channel.value, talk: chat.dataset.talk });
  } catch {
    seen = { fault: "没有应答，请再试一次。" };
  }
  for (const side of sides) {
    side.querySelector(".waiting").remove();
    const turn = seen[side.dataset.side] ?? seen;
    if (turn.fault) { side.append(node("div", turn.fault, "told error")); continue; }
    for (const reply of turn.replies) {
      const bubble = node("div", reply.text, "turn assistant");
      const chips = node("div", "", "chips");
      for (const button of reply.buttons) chips.append(node("span", button.title));
      side.append(bubble, chips);
    }
    const ranking = turn.ranking.map(([name, sure]) => `${name} ${(100 * sure).toFixed(0)}%`).join("、");
    const entities = turn.entities.map(([kind, value]) => `${kind}=${value}`).join("、");
    side.append(node("small", `${turn.intent}｜${ranking}${entities ? `｜实体 ${entities}` : ""}｜动作 ${turn.actions.join("、") || "无"}｜${turn.milliseconds} 毫秒`));
  }
});

// Progress of measuring and publishing
const progress = document.querySelector("#progress");
if (progress?.dataset.busy) {
  const watch = async () => {
    try {
      const seen = await (await fetch(progress.dataset.url, { headers: { Accept: "application/json" } })).json();
      const busy = seen.working || (seen.open && seen.publication.state === "running");
      if (!busy) { location.reload(); return; }
      progress.hidden = false;
      progress.textContent = seen.working ? `${seen.step}…（${seen.seconds} 秒）` : seen.publication.log.trim().split("\n").pop();
      const log = document.querySelector(".log");
      if (log && seen.publication.log) log.textContent = seen.publication.log;
    } catch { /* the next look will tell */ }
    setTimeout(watch, 700);
  };
  watch();
}
