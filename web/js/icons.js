// Line icons of 24 by 24, drawn in the colour of the text.
import { draw } from "./dom.js";

const PATHS = {
  send: ["M4 12 20 4l-5 16-3.5-6.5z", "M11.5 13.5 20 4"],
  more: ["M5 12h.01M12 12h.01M19 12h.01"],
  close: ["M6 9l6 6 6-6"],
  copy: ["M9 9h10v11H9z", "M6 15H5V4h10v1"],
  up: ["M7 11v9H4v-9z", "M7 11l4-8c1.6 0 2.5 1.2 2.2 2.6L12.5 9H19c1.2 0 2 1 1.8 2.2l-1.2 7A2.2 2.2 0 0 1 17.5 20H7"],
  down: ["M17 13V4h3v9z", "M17 13l-4 8c-1.6 0-2.5-1.2-2.2-2.6l.7-3.4H5c-1.2 0-2-1-1.8-2.2l1.2-7A2.2 2.2 0 0 1 6.500 4H17"],
  next: ["M5 12h13M13 7l5 5-5 5"],
  phone: ["M6 3h3.500l1.500 4.500-2 1.500a12 12 0 0 0 6 6l1.500-2L21 14.500V18c0 1.700-1.300 3-3 3C10.300 21 3 13.700 3 6c0-1.700 1.300-3 3-3z"],
};

export const icon = (name) =>
  draw(
    "svg",
    { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    ...PATHS[name].map((d) => draw("path", { d })),
  );
