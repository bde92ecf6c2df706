// The chat page. Everything that people or answers say goes in as text, never as HTML.
"use strict";

const API = "/webhooks/web/";
const PATIENCE_MS = 20000;
const GREETING = {
  text: "你好，我是明白账，可以聊逾期、征信和费用，也能帮你看怎么还款、怎么保护自己。\n· 用自己的话问就行，一次一件事说得更清楚。\n· 我不会问你要密码、验证码和银行卡号。",
  buttons: [{ title: "逾期有什么后果" }, { title: "逾期会上征信吗" }, { title: "罚息怎么算" }],
};
const find = (id) => document.getElementById(id);
const log = find("log");
const box = find("text");
let pending = null; // the message that could not be sent yet

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function bubbleOf(text, isAnswer) {
  const bubble = element("div", "bubble");
  if (!isAnswer) {
    bubble.textContent = text;
    return bubble;
  }
  for (const line of text.split("\n").filter((part) => part.trim())) {
    const kind = line.startsWith("·") ? "point" : line.startsWith("下一步") ? "next" : "";
    bubble.append(element("p", kind, line));
  }
  return bubble;
}

function sourcesOf(sources) {
  const details = element("details");
  details.append(element("summary", "", "依据"));
  const list = element("ul");
  const seen = new Set();
  for (const source of sources) {
    if (seen.has(source.cite)) continue;
    seen.add(source.cite);
    const since = source.since ? `（${source.since} 起${source.until ? `，至 ${source.until}` : ""}）` : "";
    list.append(element("li", "", `${source.cite}${since}`));
  }
  details.append(list);
  return details;
}

function stamp(seconds) {
  const at = seconds ? new Date(seconds * 1000) : new Date();
  const time = element("time", "", at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at.toISOString();
  return time;
}

function show(from, message) {
  const item = element("div", from);
  item.append(element("span", "hidden", from === "customer" ? "我说：" : "明白账说："));
  const bubble = bubbleOf(message.text, from === "assistant");
  const sources = message.custom && message.custom.sources;
  if (sources && sources.length) bubble.append(sourcesOf(sources));
  item.append(bubble);
  if (message.buttons && message.buttons.length) {
    const choices = element("div", "choices");
    for (const choice of message.buttons) {
      const button = element("button", "", choice.title);
      button.type = "button";
      button.addEventListener("click", () => say(choice.title));
      choices.append(button);
    }
    item.append(choices);
  }
  item.append(stamp(message.at));
  log.append(item);
  item.scrollIntoView({ block: "end" });
}

function dropOldChoices() {
  for (const choices of log.querySelectorAll(".choices")) choices.remove();
}

function notice(text) {
  find("notice-text").textContent = text;
  find("notice").hidden = !text;
  find("retry").hidden = !pending;
}

async function call(path, body) {
  const options = { method: body ? "POST" : "GET", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) };
  if (body) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const response = await fetch(API + path, options);
  const data = await response.json().catch(() => ({}));
  return { status: response.status, data };
}

async function deliver(text) {
  let answer = await call("message", { text });
  if (answer.status === 401) {
    await call("history"); // the session has expired: the server makes a new one
    answer = await call("message", { text });
  }
  return answer;
}

async function send(text) {
  pending = text;
  notice("");
  find("typing").hidden = false;
  find("send").disabled = true;
  try {
    const answer = await deliver(text);
    if (answer.status === 200) {
      pending = null;
      for (const reply of answer.data.replies) show("assistant", reply);
    }
    notice(answer.status === 200 ? "" : answer.data.error || "抱歉，我这边出了点问题，没能回答。请稍后再试。");
  } catch (error) {
    notice(navigator.onLine ? "抱歉，暂时连不上。你的话还在，可以再试一次。" : "网络断开了。你的话还在，连上后可以再试一次。");
  } finally {
    find("typing").hidden = true;
    find("send").disabled = false;
  }
}

function say(text) {
  const said = text.trim();
  if (!said || find("send").disabled) return;
  dropOldChoices();
  show("customer", { text: said });
  send(said);
}

function grow() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (find("send").disabled) return;
  const text = box.value;
  box.value = "";
  grow();
  say(text);
  box.focus();
});
box.addEventListener("input", grow);
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    find("form").requestSubmit();
  }
});
find("retry").addEventListener("click", () => pending && send(pending));
window.addEventListener("online", () => pending && send(pending));
find("handoff").addEventListener("click", () => say("转人工"));
find("restart").addEventListener("click", async () => {
  await call("restart", {}).catch(() => null);
  pending = null;
  notice("");
  log.replaceChildren();
  show("assistant", GREETING);
  box.focus();
});

(async () => {
  try {
    const { data } = await call("history");
    const turns = data.turns || [];
    turns.forEach((turn, index) => show(turn.from, index < turns.length - 1 ? { ...turn, buttons: [] } : turn));
    if (!turns.length) show("assistant", GREETING);
  } catch (error) {
    notice("抱歉，暂时连不上。请稍后刷新页面。");
  }
})();
