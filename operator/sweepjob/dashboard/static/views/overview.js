// The first view: state, best and what to do next, then the history and the parameters that matter.
import { Chart } from "../chart.js";
import { drawHistory, historyControls } from "../charts/history.js";
import { drawImportance } from "../charts/importance.js";
import { card, element } from "../dom.js";
import { patchChildren } from "../patch.js";
import { bestCard } from "../summary/best_card.js";
import { troubleCards } from "../summary/failures.js";
import { nextCard } from "../summary/next_card.js";
import { stateCard } from "../summary/state_card.js";

const MOST_BARS = 8;

export const overviewView = {
  id: "overview",
  title: "Overview",
  mount(panel, page) {
    const summary = element("div", { class: "columns three" });
    const failures = element("div", { class: "columns" });
    const left = card("h2", "Objective history");
    const right = card("h2", "Which parameters matter");
    const charts = element("div", { class: "columns" }, left, right);
    panel.append(summary, failures, charts);
    const controls = historyControls(page.options, () => update());
    left.append(controls.element);
    const history = new Chart(left, "Objective history");
    const hidden = element("p", { class: "note" });
    const importance = new Chart(right, "Parameter importance");
    const note = element("p", { class: "note" });
    left.append(hidden);
    right.append(note);
    history.on("click", (event) => event.value.length > 2 && page.openTrial(event.value[2]));
    const update = () => {
      const { model } = page;
      const hasValues = model.trials.some(({ best }) => best !== null);
      const cards = [stateCard(page), bestCard(page), nextCard(page)];
      patchChildren(summary, cards.filter(Boolean));
      const isFailed = model.sweep.phase === "Failed" || !hasValues;
      patchChildren(failures, isFailed ? troubleCards(page) : []);
      charts.hidden = !hasValues;
      if (!hasValues) return;
      hidden.textContent = drawHistory(history, model, controls.zoom());
      drawImportance(importance, model, note, MOST_BARS);
    };
    return {
      update,
      close() {
        history.close();
        importance.close();
      },
    };
  },
};
