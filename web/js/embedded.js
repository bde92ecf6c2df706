// Inside another site's page: close, and what that page says. Only the origins in the server's settings can
// frame this page (its policy sees to that), so the parent is one of them.
import { find } from "./dom.js";
import { icon } from "./icons.js";

export function embedded({ identify }) {
  if (document.documentElement.dataset.frame !== "widget" || parent === window) return;
  const tell = (what) => parent.postMessage({ finlit: what }, "*"); // carries nothing that is secret
  find("close").append(icon("close"));
  find("close").hidden = false;
  find("close").addEventListener("click", () => tell("close"));
  addEventListener("keydown", (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && tell("close"));
  addEventListener("message", (event) => {
    if (event.source !== parent) return;
    if (event.data?.finlit === "focus") find("text").focus();
    if (event.data?.finlit === "identify" && typeof event.data.token === "string") identify(event.data.token);
  });
  tell("ready");
}
