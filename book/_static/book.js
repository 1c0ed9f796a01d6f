// What the pages need beyond the theme's own scripts.
"use strict";

// What is too wide for the page scrolls in its own box, and whoever uses the keyboard must reach that box. The
// theme sees to it when the window changes; formulas, and what was folded, are left to us.
const SCROLL_BOXES = "div.math mjx-container, pre, .cell_output > .output, .pst-scrollable-table-container";

function letKeyboardScroll() {
  for (const box of document.querySelectorAll(SCROLL_BOXES)) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    box.tabIndex = scrolls ? 0 : -1;
  }
}

window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  letKeyboardScroll();
  new ResizeObserver(letKeyboardScroll).observe(document.querySelector("#main-content"));
});
