// Making elements. Text goes in as text, never as HTML: there is no other way to make one here.

const SVG = "http://www.w3.org/2000/svg";

export const find = (id) => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
export const unseen = (text) => make("span", { class: "unseen" }, text);

/** Remember a choice of the reader; a browser without storage forgets it. */
export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    /* private mode */
  }
}
