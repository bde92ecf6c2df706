// The menu: colours, text size, about, restart. Escape and a click elsewhere close it.
import { find, remember } from "./dom.js";
import { icon } from "./icons.js";

const root = document.documentElement;

function close(focus = false) {
  find("menu").hidden = true;
  find("menu-button").setAttribute("aria-expanded", "false");
  if (focus) find("menu-button").focus();
}

function choice(name) {
  for (const input of document.querySelectorAll(`input[name="${name}"]`)) {
    input.checked = root.dataset[name] === input.value;
    input.addEventListener("change", () => {
      root.dataset[name] = input.value;
      remember(`finlit.${name}`, input.value);
    });
  }
}

function dialog(id) {
  const node = find(id);
  node.addEventListener("click", (event) => {
    if (event.target === node) node.close("no"); // beside it
    if (event.target instanceof HTMLButtonElement) node.close(event.target.value);
  });
  return node;
}

export function menu({ restart }) {
  find("menu-button").append(icon("more"));
  find("menu-button").addEventListener("click", () => {
    const opens = find("menu").hidden;
    find("menu").hidden = !opens;
    find("menu-button").setAttribute("aria-expanded", String(opens));
    if (opens) find("menu").querySelector("input:checked").focus();
  });
  document.addEventListener("click", (event) => {
    if (!find("menu").contains(event.target) && !find("menu-button").contains(event.target)) close();
  });
  find("menu").addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), close(true)));
  find("menu").addEventListener("focusout", (event) => {
    if (event.relatedTarget && !find("menu").contains(event.relatedTarget) && event.relatedTarget !== find("menu-button")) close();
  });
  choice("theme");
  choice("size");

  const about = dialog("about");
  const sure = dialog("restart-dialog");
  find("about-button").addEventListener("click", () => (close(true), about.showModal()));
  find("restart").addEventListener("click", () => (close(true), sure.showModal()));
  sure.addEventListener("close", () => sure.returnValue === "yes" && restart());
}
