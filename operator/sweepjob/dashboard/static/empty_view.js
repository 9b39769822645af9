// What a view shows that has nothing to draw: the state of the sweep, and why there is nothing.
import { isOver } from "./causes.js";
import { element } from "./dom.js";
import { patchChildren } from "./patch.js";
import { troubleCards } from "./summary/failures.js";
import { nextCard } from "./summary/next_card.js";
import { stateCard } from "./summary/state_card.js";

/** Whether a model has what a view needs: "values" of the metric, "trials", or nothing. */
export function hasContent({ trials }, needs) {
  if (needs === "trials") return trials.length > 0;
  return needs !== "values" || trials.some(({ best }) => best !== null);
}

/** Mounts it instead of a view. */
export function mountEmptyView(panel, page, { title, needs }) {
  const text = element("p", { class: "note" });
  const cards = element("div", { class: "columns" });
  panel.append(text, cards);
  return {
    update() {
      text.textContent = `${title}: ${whyEmpty(page.model, needs)}`;
      const summary = [stateCard(page), nextCard(page)].filter(Boolean);
      patchChildren(cards, [...summary, ...troubleCards(page)]);
    },
    close() {},
  };
}

function whyEmpty({ sweep, trials }, needs) {
  const yet = isOver(sweep) ? "" : " yet; the view fills by itself";
  return needs === "trials" || !trials.length
    ? `no trial was started${yet}.`
    : `no trial has a value of ${sweep.metric}${yet}.`;
}
