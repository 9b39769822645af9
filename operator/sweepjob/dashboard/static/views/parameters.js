// Parallel coordinates: drag along an axis to keep the trials that go through there.
import { Chart } from "../chart.js";
import { drawParallel } from "../charts/parallel.js";
import { element, labelledCheckbox } from "../dom.js";
import { formatCount, formatNumber } from "../format.js";
import { isDark } from "../theme.js";
import { throttled } from "../throttle.js";

const MOST_AXES = 12; // at first
const MOST_LISTED = 10;
const PAUSE = 100; // milliseconds between two lists of the selected trials

export const parametersView = {
  id: "parallel",
  title: "Parameters",
  mount(panel, page) {
    const shown = new Set(page.model.rankedNames().slice(0, MOST_AXES));
    panel.append(axesMenu(page.model.rankedNames(), shown, () => update()));
    const chart = new Chart(panel, "Parallel coordinates", "tall");
    const note = element("p", { class: "note", "aria-live": "polite" });
    const list = element("ul", { class: "selected" });
    panel.append(note, list);
    let trials = [];
    const listSelected = throttled(
      () => showSelected(page, selectedOf(chart.chart, trials), trials, note, list),
      PAUSE,
    );
    chart.on("axisareaselected", listSelected);
    let drawn = "";
    const update = () => {
      const names = page.model.rankedNames().filter((name) => shown.has(name));
      const scored = page.model.trials.filter((trial) => trial.best !== null).length;
      const state = JSON.stringify([names, scored, isDark()]);
      // Drawing anew ends a selection: only if something is different.
      if (state === drawn) return;
      drawn = state;
      trials = drawParallel(chart, page.model, names);
      listSelected();
    };
    return { update, chart, close: () => chart.close() };
  },
};

function axesMenu(names, shown, onChange) {
  const boxes = names.map((name) =>
    labelledCheckbox(name, shown.has(name), (on) => {
      if (on) shown.add(name);
      else shown.delete(name);
      onChange();
    }),
  );
  return element(
    "details",
    { class: "columns-menu" },
    element("summary", {}, "Axes"),
    element("div", { class: "checks" }, boxes),
  );
}

// The trials within the selections on the axes; null without any.
function selectedOf(chart, trials) {
  const axes = chart.getModel().queryComponents({ mainType: "parallelAxis" });
  if (!axes.some((axis) => axis.activeIntervals.length)) return null;
  const series = chart.getModel().getSeriesByIndex(0);
  return series.getRawIndicesByActiveState("active").map((n) => trials[n]);
}

function showSelected(page, selected, trials, note, list) {
  note.textContent = selected
    ? `${selected.length} of ${formatCount(trials.length, "trial")} selected; click on an axis to end its selection. The best of them:`
    : "Axes are ordered by importance. Drag along an axis to select trials.";
  const { sign, sweep } = page.model;
  const best = (selected || []).sort((a, b) => sign * (b.best - a.best)).slice(0, MOST_LISTED);
  list.replaceChildren(
    ...best.map((trial) =>
      element(
        "li",
        {},
        element("a", { href: page.hrefOf("trial", trial.index) }, trial.name),
        ` ${sweep.metric} ${formatNumber(trial.best)}`,
      ),
    ),
  );
}
