// The metric against one parameter: all trials, and the mean over all other parameters.
import { plainName, valueOnAxis } from "../axis_values.js";
import { axisStyle, NAME_BELOW, trialTooltip } from "../chart.js";
import { formatCount, formatTick } from "../format.js";
import { phaseStyle } from "../phases.js";
import { themeColors } from "../theme.js";

const MANY = 2000; // trials, beyond which their symbols are small

/** Draws the slice of a parameter into a chart. */
export function drawSlice(chart, model, name) {
  const { mains, axes } = model.document.importance;
  const main = mains.find((m) => m.name === name);
  const axis = axes.find((a) => a.name === name);
  const parameter = model.parameter(plainName(name));
  const isNumeric = axis.ordered && parameter.isNumber;
  const place = (value) => (isNumeric ? value : String(value));
  const trials = model.trials.filter((t) => t.best !== null && valueOnAxis(t, axis) !== undefined);
  const style = axisStyle();
  chart.draw(
    {
      legend: { data: ["trials", "mean over all others"] },
      tooltip: {
        trigger: "item",
        formatter: (p) => (p.value.length > 2 ? trialTooltip(model, model.trial(p.value[2])) : ""),
      },
      xAxis: {
        ...style,
        name,
        ...NAME_BELOW,
        ...(isNumeric ? numberAxis(style, parameter) : categoryAxis(axis)),
      },
      yAxis: {
        ...style,
        type: "value",
        name: model.sweep.metric,
        scale: true,
        axisLabel: { ...style.axisLabel, formatter: formatTick },
      },
      series: [
        {
          type: "scatter",
          name: "trials",
          symbolSize: trials.length > MANY ? 3 : 7,
          itemStyle: { color: phaseStyle("Succeeded").color, opacity: 0.6 },
          data: trials.map((trial) => [place(valueOnAxis(trial, axis)), trial.best, trial.index]),
        },
        ...effectSeries(main, axis, place, isNumeric),
      ],
    },
    `${name} against ${model.sweep.metric}, ${formatCount(trials.length, "trial")}`,
  );
}

function numberAxis(style, { log, low, high }) {
  const axisLabel = { ...style.axisLabel, formatter: formatTick };
  return { type: log ? "log" : "value", scale: true, axisLabel, min: low, max: high };
}

function categoryAxis(axis) {
  return { type: "category", data: axis.values.filter((value) => value !== null).map(String) };
}

function effectSeries(main, axis, place, isNumeric) {
  const bins = axis.values.map((value, n) => [value, n]).filter(([value]) => value !== null);
  const mean = bins.map(([value, n]) => [place(value), main.effect[n]]);
  const edge = (sign) =>
    bins.map(([value, n]) => [place(value), main.effect[n] + sign * main.spread[n]]);
  const band = {
    type: "line",
    showSymbol: false,
    lineStyle: { type: "dotted", width: 1 },
    color: themeColors().text,
  };
  return [
    {
      type: "line",
      name: "mean over all others",
      showSymbol: !isNumeric,
      color: phaseStyle("Failed").color,
      lineStyle: { width: 2.5 },
      data: mean,
    },
    { ...band, name: "above", data: edge(1) },
    { ...band, name: "below", data: edge(-1) },
  ];
}
