// The best value of every trial, and the best so far.
import { axisStyle, NAME_BELOW, trialTooltip } from "../chart.js";
import { formatNumber } from "../format.js";
import { groupByPhase, phaseStyle } from "../phases.js";
import { themeColors } from "../theme.js";

const MANY = 2000; // trials, beyond which their symbols are small

/** Draws the history into a chart. */
export function drawHistory(chart, model) {
  const order = model.trialsByEnd();
  const places = new Map(order.map((trial, n) => [trial.index, n + 1]));
  const axis = axisStyle();
  const { best } = model.sweep;
  chart.draw(
    {
      legend: {},
      tooltip: {
        trigger: "item",
        formatter: (p) => (p.value.length > 2 ? trialTooltip(model, model.trial(p.value[2])) : ""),
      },
      xAxis: {
        ...axis,
        type: "value",
        name: "trials by their end",
        ...NAME_BELOW,
        minInterval: 1,
        min: 0,
      },
      yAxis: { ...axis, type: "value", name: model.sweep.metric, scale: true },
      dataZoom: [{ type: "inside", filterMode: "none" }],
      series: [...trialSeries(order, places), bestSeries(model, places)],
    },
    best ? `${order.length} trials, the best value is ${formatNumber(best.value)}` : "no value yet",
  );
}

function trialSeries(order, places) {
  return groupByPhase(order.filter((trial) => trial.best !== null)).map(([phase, trials]) => {
    const { color, symbol } = phaseStyle(phase);
    return {
      type: "scatter",
      name: phase,
      symbol,
      symbolSize: order.length > MANY ? 4 : 8,
      itemStyle: { color },
      data: trials.map((trial) => [places.get(trial.index), trial.best, trial.index]),
    };
  });
}

function bestSeries(model, places) {
  const steps = model.improvements().map(({ trial }) => [places.get(trial.index), trial.best]);
  if (steps.length) steps.push([places.size, steps.at(-1)[1]]);
  return {
    type: "line",
    name: "best so far",
    step: "end",
    showSymbol: false,
    data: steps,
    color: themeColors().text,
    lineStyle: { width: 2 },
  };
}
