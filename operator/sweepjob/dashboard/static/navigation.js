// The line at the top of the page, which stays in sight.
import { element } from "./dom.js";
import { showShortcuts } from "./shortcuts.js";

/** Creates it: the way to the list, the head of the open sweep, the time of the data, and two buttons. */
export function navigation(dashboard) {
  const { source } = dashboard;
  const hasList = source.isLive || source.documents.length > 1;
  return element(
    "nav",
    { class: "top", "aria-label": "page" },
    hasList ? element("a", { href: "#/" }, "Sweeps") : null,
    dashboard.head,
    dashboard.time,
    button("keyboard shortcuts", "?", showShortcuts),
    button("switch between light and dark", "◐", () => dashboard.switchTheme()),
  );
}

const button = (label, text, onClick) =>
  element(
    "button",
    { type: "button", "aria-label": label, title: label, on: { click: onClick } },
    text,
  );
