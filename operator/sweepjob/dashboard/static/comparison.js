// Sweeps beside each other: the best value by trials or by cost, and a table.
import { Chart } from "./chart.js";
import { drawComparison } from "./charts/comparison.js";
import { element, labelledCheckbox, tableRow } from "./dom.js";
import { formatGpuTime, formatNumber } from "./format.js";

/** Mounts the comparison of models in a panel. */
export function mountComparison(panel, models) {
  let isByCost = false;
  const chart = new Chart(element("section", { class: "card" }), "Comparison of sweeps");
  const update = () => drawComparison(chart, models, isByCost);
  const checkbox = labelledCheckbox("by cost instead of trials", false, (on) => {
    isByCost = on;
    update();
  });
  panel.append(
    haveOneObjective(models)
      ? ""
      : element(
          "p",
          { class: "trouble" },
          "These sweeps have different objectives: their values cannot be compared.",
        ),
    element("div", { class: "controls" }, checkbox),
    chart.box,
    element("table", { class: "plain" }, rowsOf(models)),
  );
  update();
  return { update, close: () => chart.close() };
}

function haveOneObjective(models) {
  const [{ sweep }] = models;
  return models.every(
    (model) => model.sweep.metric === sweep.metric && model.sweep.goal === sweep.goal,
  );
}

function rowsOf(models) {
  const names = [...new Set(models.flatMap((model) => model.parameterNames()))];
  return [
    tableRow("th", ["", ...models.map((model) => model.title)]),
    row("state", models, ({ sweep }) => sweep.phase),
    row("sampling", models, ({ sweep }) => sweep.sampling),
    row("policy", models, ({ sweep }) => sweep.policy || "none"),
    row("trials", models, ({ trials }) => String(trials.length)),
    row("stopped early", models, ({ sweep }) => String(sweep.counts.earlyStopped || 0)),
    row("GPU-time", models, ({ sweep }) => formatGpuTime(sweep.used)),
    row(`best ${models[0].sweep.metric}`, models, ({ sweep }) => formatNumber(sweep.bestValue)),
    ...names.map((name) => row(name, models, ({ sweep }) => sweep.best?.parameters[name] ?? "")),
  ];
}

function row(title, models, textOf) {
  return element(
    "tr",
    {},
    element("th", {}, title),
    models.map((model) => element("td", {}, textOf(model))),
  );
}
