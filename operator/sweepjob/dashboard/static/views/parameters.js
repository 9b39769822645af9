// Parallel coordinates: drag along an axis to keep the trials that go through there.
import { Chart } from "../chart.js";
import { drawParallel } from "../charts/parallel.js";
import { element, labelledCheckbox } from "../dom.js";
import { numberNode } from "../exact_numbers.js";
import { formatCount } from "../format.js";
import { comparedTrials, hasFront, objectivesOf } from "../pareto.js";
import { readNames, writeNames } from "../table_options.js";
import { isDark, isNarrow } from "../theme.js";
import { throttled } from "../throttle.js";

const FRONT_NOTE = "Thick lines are trials on the Pareto front, dashed ones are infeasible. ";
const MOST_AXES = 12; // at first
const MOST_ON_PHONES = 8;
const MOST_LISTED = 10;
const PAUSE = 100; // milliseconds between two lists of the selected trials

export const parametersView = {
  id: "parallel",
  title: "Parameters",
  needs: "values",
  mount(panel, page) {
    const { options } = page;
    const ranked = page.model.rankedNames();
    const usual = writeNames(ranked.slice(0, isNarrow() ? MOST_ON_PHONES : MOST_AXES));
    const shown = new Set(readNames(options.get("axes", usual)));
    const onChange = () => {
      options.set("axes", writeNames(ranked.filter((name) => shown.has(name))), usual);
      update();
    };
    panel.append(axesMenu(ranked, shown, onChange));
    const chart = new Chart(panel, "Parallel coordinates", "tall");
    const note = element("p", { class: "note", "aria-live": "polite" });
    const list = element("ul", { class: "selected" });
    panel.append(note, list);
    let trials = [];
    const listSelected = throttled(
      () => showSelected(page, selectedOf(chart.chart, trials), trials, note, list),
      PAUSE,
    );
    chart.on("axisareaselected", () => {
      keepSelection(chart.chart, options);
      listSelected();
    });
    let drawn = "";
    const update = () => {
      const names = page.model.rankedNames().filter((name) => shown.has(name));
      const scored = page.model.trials.filter((trial) => trial.best !== null).length;
      const compared = hasFront(page.model) ? comparedTrials(page.model).length : 0;
      const state = JSON.stringify([names, scored, compared, isDark(), isNarrow()]);
      // Drawing anew ends a selection: only if something is different.
      if (state === drawn) return;
      drawn = state;
      trials = drawParallel(chart, page.model, names);
      restoreSelection(chart.chart, options);
      listSelected();
    };
    const close = () => {
      listSelected.cancel();
      chart.close();
    };
    return { update, chart, close };
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

const axesOf = (chart) => chart.getModel().queryComponents({ mainType: "parallelAxis" });

// The selections in the address: "AXIS:LOW~HIGH" of each, by the position of the axis.
function keepSelection(chart, options) {
  const selections = axesOf(chart).flatMap((axis, position) =>
    axis.activeIntervals.map(([low, high]) => `${position}:${low}~${high}`),
  );
  options.set("brush", selections.join(","));
}

function restoreSelection(chart, options) {
  const selections = options.get("brush").split(",").filter(Boolean);
  for (const [position, axis] of axesOf(chart).entries()) {
    const intervals = selections
      .map((text) => text.split(":"))
      .filter(([place]) => Number(place) === position)
      .map(([, interval]) => interval.split("~").map(Number))
      .filter((interval) => interval.length === 2 && interval.every(Number.isFinite));
    const { id } = axis;
    if (intervals.length)
      chart.dispatchAction({ type: "axisAreaSelect", parallelAxisId: id, intervals });
  }
}

// The trials within the selections on the axes; null without any.
function selectedOf(chart, trials) {
  if (!axesOf(chart).some((axis) => axis.activeIntervals.length)) return null;
  const series = chart.getModel().getSeriesByIndex(0);
  return series.getRawIndicesByActiveState("active").map((n) => trials[n]);
}

function showSelected(page, selected, trials, note, list) {
  const isFront = hasFront(page.model);
  note.textContent = selected
    ? `${selected.length} of ${formatCount(trials.length, "trial")} selected; click on an axis to end its selection. ${isFront ? "Those on the Pareto front first" : "The best of them"}:`
    : `Axes are ordered by importance. ${isFront ? FRONT_NOTE : ""}Drag along an axis to select trials.`;
  // The chart draws the best ones last.
  const best = [...(selected || [])].reverse().slice(0, MOST_LISTED);
  const { sweep } = page.model;
  const values = (trial) =>
    isFront
      ? objectivesOf(page.model).map(({ metric }) => [metric, trial.results[metric]])
      : [[sweep.metric, trial.best]];
  list.replaceChildren(
    ...best.map((trial) =>
      element(
        "li",
        {},
        element("a", { href: page.hrefOf("trial", trial.index) }, trial.name),
        ...values(trial).flatMap(([name, value]) => [` ${name} `, numberNode(value)]),
      ),
    ),
  );
}
