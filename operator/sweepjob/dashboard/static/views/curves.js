// Learning curves of all trials or of some.
import { Chart } from "../chart.js";
import { drawCurves, trialIndexOf } from "../charts/curves.js";
import { element, labelledCheckbox, labelledSelect } from "../dom.js";

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
  mount(panel, page) {
    const options = { logX: false, logY: false, threshold: true, selection: "all" };
    const set = (key) => (value) => {
      options[key] = value;
      update();
    };
    panel.append(
      element(
        "div",
        { class: "controls" },
        labelledSelect("Show", SELECTIONS, "all", set("selection")),
        labelledCheckbox("threshold", true, set("threshold")),
        labelledCheckbox("logarithmic values", false, set("logY")),
        labelledCheckbox("logarithmic reports", false, set("logX")),
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
      drawCurves(chart, page.model, selectTrials(page.model, options.selection), options);
      note.textContent = explanation(page.model);
    };
    return { update, chart, close: () => chart.close() };
  },
};

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
  return `${sampled}${policy} Scroll to zoom, drag to move.`;
}
