// What a sweep cost, what stopping early saved, and what each improvement took.
import { axisStyle, Chart, NAME_BELOW, trialTooltip } from "../chart.js";
import { costAxis } from "../cost_axis.js";
import { card, element, tableRow } from "../dom.js";
import { numberNode } from "../exact_numbers.js";
import { formatCount, formatDuration, formatGpuTime, formatTick } from "../format.js";
import { sum } from "../numbers.js";
import { groupByPhase, phaseStyle } from "../phases.js";
import { stepPoints } from "../steps.js";
import { isNarrow } from "../theme.js";

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
        drawBars(bars, page.model, costs);
        phases.replaceChildren(...phaseRows(page.model, costs));
        drawSteps(steps, page.model, costs.total.used);
        improvements.replaceChildren(...improvementRows(page));
      },
      close() {
        bars.close();
        steps.close();
      },
    };
  },
};

const unitOf = (model) => (model.hasGpus ? formatGpuTime : formatDuration);
const costTitle = (model) => (model.hasGpus ? "GPU time" : "time of trials");
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

function drawBars(chart, model, { phases, total }) {
  const unit = unitOf(model);
  const axis = axisStyle();
  const most = Math.max(0, ...phases.map(({ used, saved }) => used + (model.hasGpus ? saved : 0)));
  const { axisLabel, ...scale } = costAxis(costTitle(model), most, model.hasGpus);
  const series = { type: "bar", stack: "all", barMaxWidth: 60 };
  chart.draw(
    {
      legend: {},
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: unit },
      xAxis: {
        ...axis,
        type: "category",
        data: phases.map(({ phase }) => phase),
        axisLabel: {
          ...axis.axisLabel,
          interval: 0,
          hideOverlap: false,
          rotate: isNarrow() ? 30 : 0,
        },
      },
      yAxis: {
        ...axis,
        ...scale,
        type: "value",
        axisLabel: { ...axis.axisLabel, ...axisLabel },
      },
      series: [
        {
          ...series,
          name: "used",
          color: phaseStyle("Succeeded").color,
          data: phases.map(({ phase, used }) => ({
            value: used,
            itemStyle: { color: phaseStyle(phase).color },
          })),
        },
        {
          ...series,
          name: "saved (estimate)",
          color: "#56b4e9",
          itemStyle: { decal: STRIPES },
          data: phases.map(({ saved }) => (model.hasGpus ? saved : 0)),
        },
      ],
    },
    `${unit(total.used)} used${model.hasGpus ? `, ${unit(total.saved)} saved` : ""}`,
  );
}

const STRIPES = {
  symbol: "rect",
  dashArrayX: [1, 0],
  dashArrayY: [2, 4],
  rotation: -0.8,
  color: "rgba(0,0,0,0.4)",
};

function phaseRows(model, { phases, total }) {
  const unit = unitOf(model);
  const head = tableRow("th", ["", "trials", costName(model), "saved by stopping early"]);
  const row = ({ phase, count, used, saved }) =>
    tableRow("td", [phase, String(count), unit(used), model.hasGpus ? unit(saved) : ""]);
  return [head, ...[...phases, total].map(row)];
}

function drawSteps(chart, model, total) {
  const axis = axisStyle();
  const { axisLabel, ...scale } = costAxis(costTitle(model), total, model.hasGpus);
  const found = model.improvements();
  const points = found.map(({ trial, spent }) => [spent, trial.best, trial.index]);
  if (points.length) points.push([total, ...points.at(-1).slice(1)]);
  const tooltip = (index) => (model.trial(index) ? trialTooltip(model, model.trial(index)) : "");
  chart.draw(
    {
      tooltip: { trigger: "item", formatter: (p) => tooltip(p.value[2]) },
      xAxis: {
        ...axis,
        ...scale,
        type: "value",
        ...NAME_BELOW,
        max: total || 1,
        axisLabel: { ...axis.axisLabel, ...axisLabel, showMaxLabel: false },
      },
      yAxis: {
        ...axis,
        type: "value",
        name: model.sweep.metric,
        scale: true,
        axisLabel: { ...axis.axisLabel, formatter: formatTick },
      },
      series: [
        {
          type: "line",
          color: phaseStyle("Succeeded").color,
          symbolSize: 7,
          data: stepPoints(points),
        },
      ],
    },
    formatCount(found.length, "improvement"),
  );
}

function improvementRows(page) {
  const { model } = page;
  const unit = unitOf(model);
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
