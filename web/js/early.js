// Before the first paint: the reader's own colours and text size. A classic script, because modules come later.
(function () {
  "use strict";
  var root = document.documentElement;
  try {
    root.dataset.theme = localStorage.getItem("finlit.theme") || "auto";
    root.dataset.size = localStorage.getItem("finlit.size") || "normal";
  } catch (error) {
    root.dataset.theme = "auto"; // no storage in this browser: the system decides
    root.dataset.size = "normal";
  }
  if (location.pathname === "/embed") root.dataset.frame = "widget";
})();
