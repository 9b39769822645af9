// The other metrics that trials report: a small chart for each; nothing where there are none.
import { Chart } from "./chart.js";
import { drawTrialCurves } from "./charts/trial_curves.js";
import { element } from "./dom.js";
import { metricNames, pointsOf } from "./other_metrics.js";

const MOST = 12; // charts at first

/** Charts below a heading in a panel; `trialsOf` returns the trials whose curves they have. */
export function metricCharts(panel, page, trialsOf) {
  const grid = element("div", { class: "metric-grid" });
  const more = element("button", { type: "button", hidden: true });
  const section = element(
    "section",
    { class: "card", hidden: true },
    element("h2", {}, "Other metrics"),
    grid,
    more,
  );
  panel.append(section);
  const charts = new Map(); // by metric
  let most = MOST;
  const chartOf = (name) => {
    if (!charts.has(name)) charts.set(name, new Chart(grid, name, "small"));
    return charts.get(name);
  };
  const update = () => {
    const trials = trialsOf();
    const names = metricNames(trials).filter((name) => name !== page.model.sweep.metric);
    section.hidden = !names.length;
    more.hidden = names.length <= most;
    more.textContent = `Show ${names.length - most} more`;
    for (const name of names.slice(0, most)) {
      const curves = trials.map((trial) => ({ name: trial.name, ...pointsOf(trial, name) }));
      drawTrialCurves(
        chartOf(name),
        curves.filter(({ intervals }) => intervals.length),
        name,
        "step",
      );
    }
  };
  more.addEventListener("click", () => {
    most = Infinity;
    update();
  });
  const close = () => {
    for (const chart of charts.values()) chart.close();
  };
  return { update, close };
}
