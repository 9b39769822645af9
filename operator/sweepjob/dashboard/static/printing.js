// Printing: on paper the page is light, whatever it is on the screen.

/** Calls `redraw` when the page has become light for the printer, and when it is as before. */
export function followPrinting(redraw) {
  const root = document.documentElement;
  let before;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
    redraw();
  });
  addEventListener("afterprint", () => {
    if (before === undefined) delete root.dataset.theme;
    else root.dataset.theme = before;
    redraw();
  });
}
