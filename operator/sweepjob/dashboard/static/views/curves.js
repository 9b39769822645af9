// Learning curves of all trials or of some; of the primary metric or of another one.
import { Chart } from "../chart.js";
import { drawCurves, trialIndexOf } from "../charts/curves.js";
import { element, labelledCheckbox, labelledSelect } from "../dom.js";
import { metricNames, withMetric } from "../other_metrics.js";

const BEST = 20;
const SELECTIONS = [
  ["all", "all trials"],
  ["best", `the best ${BEST}`],
  ["running", "those that run"],
  ["stopped", "those stopped early"],
];

export const curvesView = {
  id: "curves",
  title: "Curves",
  needs: "values",
  mount(panel, page) {
    const { options } = page;
    const set = (name, usual) => (value) => {
      options.set(name, value, usual);
      update();
    };
    const flag = (text, name, usual) => {
      const isOn = options.get(name, usual) === "on";
      return labelledCheckbox(text, isOn, (on) => set(name, usual)(on ? "on" : "off"));
    };
    const metric = element("span");
    panel.append(
      element(
        "div",
        { class: "controls" },
        labelledSelect("Show", SELECTIONS, options.get("show", "all"), set("show", "all")),
        metric,
        flag("threshold", "threshold", "on"),
        flag("logarithmic values", "logY", "off"),
        flag("logarithmic reports", "logX", "off"),
      ),
    );
    const chart = new Chart(panel, "Learning curves", "tall");
    const note = element("p", { class: "note" });
    panel.append(note);
    chart.on("click", (event) => {
      const index = trialIndexOf(event);
      if (index !== undefined) page.openTrial(index);
    });
    const update = () => {
      const { model } = page;
      showMetrics(metric, model, options.get("metric"), set("metric"));
      const trials = selectTrials(model, options.get("show", "all"));
      const other = options.get("metric");
      drawCurves(chart, model, other ? trials.map((trial) => withMetric(trial, other)) : trials, {
        metric: other || model.sweep.metric,
        threshold: !other && options.get("threshold", "on") === "on",
        logX: options.get("logX") === "on",
        logY: options.get("logY") === "on",
      });
      note.textContent = explanation(model);
    };
    return { update, chart, close: () => chart.close() };
  },
};

// The choice of a metric, where trials report others beside the primary one.
function showMetrics(place, model, chosen, onChange) {
  const others = metricNames(model.trials).filter((name) => name !== model.sweep.metric);
  if (!others.length || place.contains(document.activeElement)) return;
  const names = [["", model.sweep.metric], ...others.map((name) => [name, name])];
  place.replaceChildren(labelledSelect("Metric", names, chosen, onChange));
}

function selectTrials(model, selection) {
  const reported = model.trials.filter((trial) => trial.curve.intervals.length);
  if (selection === "running") return reported.filter((trial) => trial.ended === null);
  if (selection === "stopped") return reported.filter((trial) => trial.phase === "EarlyStopped");
  if (selection !== "best") return reported;
  const scored = reported.filter((trial) => trial.best !== null);
  return scored.sort((a, b) => model.sign * (b.best - a.best)).slice(0, BEST);
}

function explanation(model) {
  const { pointsEach } = model.document;
  const longest = Math.max(0, ...model.trials.slice(0, 1000).map((trial) => trial.reports));
  const sampled = pointsEach < longest ? `Of each curve ${pointsEach} points are drawn. ` : "";
  const policy = model.sweep.policy
    ? `Policy: ${model.sweep.policy}. The threshold is what a further trial would have to reach now; a decision used what was known then.`
    : "There is no policy.";
  return `${sampled}${policy} Scroll to zoom, drag to move, click on a curve to open its trial.`;
}
