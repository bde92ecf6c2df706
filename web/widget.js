// The chat on the lender's own pages, by one line:
//   <script src="https://chat.example.com/web/widget.js" async></script>
// It adds a button, and on the first press a frame. The page's styles can't reach in, ours can't get out.
// For a customer who is logged in there: finlit.identify(token), a token that the lender's server signed.
// Options on the script element: data-label (the button's text), data-side ("left" or "right").
(function () {
  "use strict";
  const script = document.currentScript;
  if (!script || window.finlit) return;
  const origin = new URL(script.src).origin;
  const label = script.dataset.label || "问问明白账";
  const side = script.dataset.side === "left" ? "left" : "right";

  const STYLE = `
    :host { all: initial; }
    .open { position: fixed; ${side}: 1.25rem; bottom: max(1.25rem, env(safe-area-inset-bottom)); z-index: 2147483000; display: inline-flex; align-items: center; gap: .55rem; min-height: 3.25rem; padding: .5rem 1.25rem .5rem 1rem; border: 0; border-radius: 1.7rem; background: #0a6a63; color: #fff; font: 600 1rem/1.3 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; box-shadow: 0 8px 28px rgb(10 60 55 / 35%); cursor: pointer; }
    .open:hover { background: #085650; }
    .open:focus-visible { outline: 3px solid #0a6a63; outline-offset: 3px; }
    svg { width: 1.5rem; height: 1.5rem; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
    iframe { position: fixed; ${side}: 1.25rem; bottom: 1.25rem; z-index: 2147483001; width: min(25rem, calc(100vw - 2.5rem)); height: min(42rem, calc(100vh - 2.5rem)); border: 0; border-radius: 1.1rem; box-shadow: 0 12px 48px rgb(10 40 36 / 32%); background: #f2f5f4; color-scheme: normal; }
    [hidden] { display: none; }
    @media (max-width: 30rem) { iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; } }
  `;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet(); // allowed under a strict policy, unlike a style element
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.className = "open";
  button.setAttribute("aria-expanded", "false");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M4 5h16v11H9l-5 4zM8.500 9h7M8.500 12h4");
  svg.append(path);
  button.append(svg, label);
  root.append(button);

  let frame = null;
  let isReady = false; // the frame's page listens
  let hostToken = null; // waits until it does

  const tell = (what, token) => frame.contentWindow.postMessage({ finlit: what, token }, origin);

  function open() {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.src = `${origin}/embed`;
      frame.title = "明白账 · 借款知识助手";
      frame.allow = "clipboard-write";
      root.append(frame);
    }
    frame.hidden = false;
    button.hidden = true;
    button.setAttribute("aria-expanded", "true");
    frame.focus();
    if (isReady) tell("focus");
  }

  function identify(token) {
    hostToken = isReady ? null : token;
    if (isReady) tell("identify", token);
    else open();
  }

  function close() {
    if (!frame) return;
    frame.hidden = true;
    button.hidden = false;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  }

  button.addEventListener("click", open);
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin) return;
    if (event.data && event.data.finlit === "close") close();
    if (event.data && event.data.finlit === "ready") {
      isReady = true;
      tell("focus");
      if (hostToken) identify(hostToken);
    }
  });
  window.finlit = Object.freeze({ open, close, identify });

  const place = () => document.body.append(host);
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
