// The best value so far of several sweeps.
import { axisStyle, NAME_BELOW, tooltipText } from "../chart.js";
import { costAxis } from "../cost_axis.js";
import {
  formatCount,
  formatDuration,
  formatExact,
  formatGpuTime,
  formatNumber,
  formatTick,
} from "../format.js";
import { highest, sum } from "../numbers.js";
import { phaseStyle } from "../phases.js";
import { stepPoints } from "../steps.js";

const FEW_STEPS = 40; // each has a symbol up to here
const SYMBOLS = ["circle", "diamond", "triangle", "rect"];

/** Draws sweeps of one objective into a chart, over their cost or over the number of their trials. */
export function drawComparison(chart, models, isByCost) {
  const axis = axisStyle();
  // Where only some have GPUs, the time of trials is what all of them have.
  const hasGpus = models.every((model) => model.hasGpus);
  const costOf = (trial) => (hasGpus ? trial.gpuSeconds : trial.seconds || 0);
  const points = models.map((model) => bestSoFar(model, isByCost ? costOf : () => 1));
  const most = highest(points.map((found) => found.at(-1)?.[0] ?? 0));
  const unit = hasGpus ? formatGpuTime : formatDuration;
  const { axisLabel, ...scale } = isByCost
    ? costAxis(hasGpus ? "GPU time" : "time of trials", most, hasGpus)
    : { name: "trials" };
  const amount = (value) => (isByCost ? unit(value) : formatCount(value, "trial"));
  chart.draw(
    {
      legend: {},
      tooltip: {
        trigger: "item",
        formatter: ({ seriesName, value: [x, y] }) =>
          tooltipText([seriesName, `${formatExact(y)} after ${amount(x)}`]),
      },
      xAxis: {
        ...axis,
        ...scale,
        type: "value",
        ...NAME_BELOW,
        axisLabel: { ...axis.axisLabel, ...axisLabel },
      },
      yAxis: {
        ...axis,
        type: "value",
        name: models[0].sweep.metric,
        scale: true,
        axisLabel: { ...axis.axisLabel, formatter: formatTick },
      },
      series: models.map((model, n) => sweepSeries(model, n, points[n])),
    },
    models
      .map(({ title, sweep }) => `${title} reached ${formatNumber(sweep.bestValue)}`)
      .join(", "),
  );
}

function sweepSeries(model, position, data) {
  const colors = [phaseStyle("Succeeded").color, phaseStyle("Failed").color, "#009e73", "#cc79a7"];
  return {
    type: "line",
    name: model.title,
    symbolSize: 6,
    showSymbol: data.length <= FEW_STEPS,
    symbol: SYMBOLS[position % SYMBOLS.length],
    color: colors[position % colors.length],
    lineStyle: { width: 2, type: position ? "dashed" : "solid" },
    data: stepPoints(data),
  };
}

// Pairs of what was spent (costs, or the number of trials) and the best value until then.
function bestSoFar(model, costOf) {
  const points = model.improvements(costOf).map(({ trial, spent }) => [spent, trial.best]);
  const total = sum(model.trials.map(costOf));
  return points.length ? [...points, [total, points.at(-1)[1]]] : [];
}
