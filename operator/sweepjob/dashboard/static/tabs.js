// The tabs of a sweep's views. https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
import { element } from "./dom.js";
import { VIEWS } from "./views.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** Puts the tabs into a list, with one of them selected; the arrow keys open the ones beside it. */
export function showTabs(list, selected, hrefOf) {
  const tabs = VIEWS.map(({ id, title }) =>
    element(
      "a",
      {
        role: "tab",
        href: hrefOf(id),
        id: `tab-${id}`,
        "aria-controls": "view",
        "aria-selected": String(id === selected),
        tabindex: id === selected ? "0" : "-1",
      },
      title,
    ),
  );
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...tabs);
  // Only the list itself is scrolled, never the page.
  const { offsetLeft, offsetWidth } = tabs.find((tab) => tab.tabIndex === 0) ?? tabs[0];
  list.scrollLeft = offsetLeft - list.offsetLeft - (list.clientWidth - offsetWidth) / 2;
  if (hadFocus) document.getElementById(`tab-${selected}`).focus();
  list.onkeydown = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    const position = VIEWS.findIndex(({ id }) => id === selected);
    location.hash = tabs.at((position + step) % tabs.length).getAttribute("href");
  };
}
