// What a sweep cost, what stopping early saved, and what each improvement took.
import { Chart } from "../chart.js";
import { costFormat, drawCostByPhase, drawCostOfBest } from "../charts/cost.js";
import { card, element, tableRow } from "../dom.js";
import { numberNode } from "../exact_numbers.js";
import { sum } from "../numbers.js";
import { groupByPhase } from "../phases.js";

const MOST_IMPROVEMENTS = 50;

export const costView = {
  id: "cost",
  title: "Cost",
  needs: "trials",
  mount(panel, page) {
    const left = card("h2", "By what became of the trials");
    const right = card("h2", "What each improvement took");
    panel.append(element("div", { class: "columns" }, left, right));
    const bars = new Chart(left, "Cost by phase");
    const steps = new Chart(right, "Best value by cost");
    const phases = element("table", { class: "plain" });
    const improvements = element("table", { class: "plain" });
    left.append(phases);
    right.append(improvements);
    return {
      update() {
        const costs = costsByPhase(page.model);
        drawCostByPhase(bars, page.model, costs);
        phases.replaceChildren(...phaseRows(page.model, costs));
        drawCostOfBest(steps, page.model, costs.total.used);
        improvements.replaceChildren(...improvementRows(page));
      },
      close() {
        bars.close();
        steps.close();
      },
    };
  },
};

const costName = (model) => (model.hasGpus ? "GPU time" : "time of trials (none has a GPU)");

function costsByPhase(model) {
  const costOf = (phase, trials) => ({
    phase,
    count: trials.length,
    used: sum(trials.map((trial) => model.costOf(trial))),
    saved: sum(trials.map((trial) => trial.gpuSecondsSaved)),
  });
  const phases = groupByPhase(model.trials).map(([phase, trials]) => costOf(phase, trials));
  return { phases, total: costOf("all", model.trials) };
}

function phaseRows(model, { phases, total }) {
  const unit = costFormat(model);
  const head = tableRow("th", ["", "trials", costName(model), "saved by stopping early"]);
  const row = ({ phase, count, used, saved }) =>
    tableRow("td", [phase, String(count), unit(used), model.hasGpus ? unit(saved) : ""]);
  return [head, ...[...phases, total].map(row)];
}

function improvementRows(page) {
  const { model } = page;
  const unit = costFormat(model);
  const head = tableRow("th", [
    "trial",
    model.sweep.metric,
    "better by",
    "spent since the one before",
  ]);
  const rows = model.improvements().map(({ trial, before, spent }, n, all) => {
    const gain = before === null ? "" : numberNode(Math.abs(trial.best - before));
    return tableRow("td", [
      element("a", { href: page.hrefOf("trial", trial.index) }, trial.name),
      numberNode(trial.best),
      gain,
      unit(spent - (all[n - 1]?.spent || 0)),
    ]);
  });
  return [head, ...rows.slice(-MOST_IMPROVEMENTS).reverse()];
}
