// The best value so far of several sweeps.
import { axisStyle, NAME_BELOW, tooltipText } from "../chart.js";
import { formatCount, formatDuration, formatGpuTime, formatNumber } from "../format.js";
import { sum } from "../numbers.js";
import { phaseStyle } from "../phases.js";

const SYMBOLS = ["circle", "diamond", "triangle", "rect"];

/** Draws the sweeps into a chart, over their cost or over the number of their trials. */
export function drawComparison(chart, models, isByCost) {
  const axis = axisStyle();
  const unit = models.some((model) => model.hasGpus) ? formatGpuTime : formatDuration;
  const amount = (value) => (isByCost ? unit(value) : formatCount(value, "trial"));
  const axisLabel = { ...axis.axisLabel, ...(isByCost ? { formatter: unit } : {}) };
  chart.draw(
    {
      legend: {},
      tooltip: {
        trigger: "item",
        formatter: ({ seriesName, value: [x, y] }) =>
          tooltipText([seriesName, `${formatNumber(y)} after ${amount(x)}`]),
      },
      xAxis: {
        ...axis,
        type: "value",
        name: isByCost ? "cost" : "trials",
        ...NAME_BELOW,
        axisLabel,
      },
      yAxis: { ...axis, type: "value", name: models[0].sweep.metric, scale: true },
      series: models.map((model, n) => sweepSeries(model, n, isByCost)),
    },
    models
      .map(({ title, sweep }) => `${title} reached ${formatNumber(sweep.bestValue)}`)
      .join(", "),
  );
}

function sweepSeries(model, position, isByCost) {
  const colors = [phaseStyle("Succeeded").color, phaseStyle("Failed").color, "#009e73", "#cc79a7"];
  return {
    type: "line",
    name: model.title,
    step: "end",
    symbolSize: 6,
    symbol: SYMBOLS[position % SYMBOLS.length],
    color: colors[position % colors.length],
    lineStyle: { width: 2, type: position ? "dashed" : "solid" },
    data: bestSoFar(model, isByCost),
  };
}

function bestSoFar(model, isByCost) {
  const places = new Map(model.trialsByEnd().map((trial, n) => [trial.index, n + 1]));
  const points = model
    .improvements()
    .map(({ trial, spent }) => [isByCost ? spent : places.get(trial.index), trial.best]);
  const total = isByCost
    ? sum(model.trials.map((trial) => model.costOf(trial)))
    : model.trials.length;
  return points.length ? [...points, [total, points.at(-1)[1]]] : [];
}
