// The first view: state, best and what to do next, then the history and the parameters that matter.
import { Chart } from "../chart.js";
import { drawFront } from "../charts/front.js";
import { drawHistory, historyControls } from "../charts/history.js";
import { drawHypervolume } from "../charts/hypervolume.js";
import { drawImportance } from "../charts/importance.js";
import { card, element, labelledSelect } from "../dom.js";
import { frontOf, hasFront, objectivesOf } from "../pareto.js";
import { patchChildren } from "../patch.js";
import { bestCard } from "../summary/best_card.js";
import { troubleCards } from "../summary/failures.js";
import { frontCard } from "../summary/front_card.js";
import { nextCard } from "../summary/next_card.js";
import { stateCard } from "../summary/state_card.js";

const MOST_BARS = 8;
const VOLUME_NOTE =
  "Hypervolume: the share of the box around the values of all trials that the front dominates.";

export const overviewView = {
  id: "overview",
  title: "Overview",
  mount(panel, page) {
    const summary = element("div", { class: "columns three" });
    const failures = element("div", { class: "columns" });
    const title = hasFront(page.model) ? "Trials by objective" : "Objective history";
    const left = card("h2", title);
    const right = card("h2", "Which parameters matter");
    const charts = element("div", { class: "columns" }, left, right);
    panel.append(summary, failures, charts);
    const results = resultChart(page, left, title, () => update());
    const hidden = element("p", { class: "note" });
    const importance = new Chart(right, "Parameter importance");
    const note = element("p", { class: "note" });
    left.append(hidden);
    right.append(note);
    const update = () => {
      const { model } = page;
      const hasValues = model.trials.some(({ best }) => best !== null);
      const cards = [stateCard(page), frontCard(page) ?? bestCard(page), nextCard(page)];
      patchChildren(summary, cards.filter(Boolean));
      const isFailed = model.sweep.phase === "Failed" || !hasValues;
      patchChildren(failures, isFailed ? troubleCards(page) : []);
      charts.hidden = !hasValues;
      if (!hasValues) return;
      hidden.textContent = results.draw();
      drawImportance(importance, model, note, MOST_BARS);
    };
    return {
      update,
      close() {
        results.close();
        importance.close();
      },
    };
  },
};

// The chart of the results: the history of one objective, or two of several objectives with the front.
function resultChart(page, box, title, onChange) {
  const { model, options } = page;
  const controls = hasFront(model)
    ? frontControls(page, onChange)
    : historyControls(options, onChange);
  box.append(controls.element);
  const chart = new Chart(box, title);
  chart.on("click", (event) => event.value.length > 2 && page.openTrial(event.value[2]));
  const volume = hasFront(model) ? new Chart(box, "Hypervolume") : null;
  return {
    draw() {
      if (!hasFront(model)) return drawHistory(chart, model, controls.zoom());
      drawFront(chart, model, frontOf(model), controls.axes());
      drawHypervolume(volume, model);
      return VOLUME_NOTE;
    },
    close() {
      chart.close();
      volume?.close();
    },
  };
}

// The choice of two of several objectives.
function frontControls({ model, options }, onChange) {
  const metrics = objectivesOf(model).map(({ metric }) => metric);
  const usual = { x: metrics[1], y: metrics[0] };
  const chosen = (axis) => (metrics.includes(options.get(axis)) ? options.get(axis) : usual[axis]);
  const select = (axis, label) =>
    labelledSelect(
      label,
      metrics.map((name) => [name, name]),
      chosen(axis),
      (name) => {
        options.set(axis, name, usual[axis]);
        onChange();
      },
    );
  const selects = metrics.length > 2 ? [select("x", "Across"), select("y", "Up")] : [];
  return {
    element: element("div", { class: "controls" }, selects),
    axes: () => ({ x: chosen("x"), y: chosen("y") }),
  };
}
