// Parallel coordinates: a line for each trial through its parameters and its best value.
import { axisStyle } from "../chart.js";
import { formatCount, formatNumber } from "../format.js";
import { extent } from "../numbers.js";
import { scoreColors, themeColors } from "../theme.js";

const NOT_THERE = "not there"; // a parameter of another branch
const MANY = 1000; // trials, beyond which lines are thin and a selection takes effect when it is done

/** Draws some parameters and the metric into a chart; returns the trials in the order of its data. */
export function drawParallel(chart, model, names) {
  const trials = model.trials.filter((trial) => trial.best !== null);
  const range = trials.length ? extent(trials.map((trial) => trial.best)) : [0, 1];
  const parameters = names.map((name) => model.parameter(name));
  const isMany = trials.length > MANY;
  const { text, accent } = themeColors();
  chart.draw(
    {
      tooltip: { show: false },
      parallel: {
        left: 60,
        right: 90,
        top: 44,
        bottom: 70,
        parallelAxisDefault: {
          nameLocation: "end",
          nameTextStyle: { color: text },
          axisLabel: { color: text },
          axisLine: { lineStyle: { color: themeColors().faint } },
          areaSelectStyle: { width: 22, color: accent, borderColor: accent, opacity: 0.25 },
          realtime: !isMany,
        },
      },
      parallelAxis: parallelAxes(model, parameters, range),
      visualMap: colorScale(model, names.length, range),
      series: [
        {
          type: "parallel",
          smooth: false,
          progressive: 2000,
          progressiveThreshold: 4000,
          lineStyle: { width: isMany ? 0.8 : 1.4, opacity: isMany ? 0.35 : 0.7 },
          inactiveOpacity: 0.03,
          activeOpacity: 0.9,
          data: trials.map((trial) => [...parameters.map((p) => coordinate(trial, p)), trial.best]),
        },
      ],
    },
    `${formatCount(trials.length, "trial")} over ${names.join(", ")} and ${model.sweep.metric}`,
  );
  return trials;
}

function parallelAxes(model, parameters, [low, high]) {
  const range = low === high ? {} : { min: low, max: high };
  const metric = {
    dim: parameters.length,
    name: shorten(model.sweep.metric),
    inverse: model.sign < 0,
    type: "value",
    ...range,
    axisLabel: { formatter: formatNumber },
  };
  return [...parameters.map(parameterAxis), metric];
}

function parameterAxis(parameter, dim) {
  const { name, isNumber, isAlways, choices, log, low, high } = parameter;
  const base = { dim, name: shorten(name), nameTextStyle: axisStyle().nameTextStyle };
  if (!isNumber) {
    const data = isAlways ? choices : [...choices, NOT_THERE];
    return { ...base, type: "category", data, axisLabel: { width: 110, overflow: "truncate" } };
  }
  const range = low === high ? {} : { min: low, max: high };
  return { ...base, type: log ? "log" : "value", ...range, axisLabel: { formatter: formatNumber } };
}

const shorten = (name) => (name.length > 18 ? `${name.slice(0, 8)}…${name.slice(-8)}` : name);

function coordinate(trial, { name, isNumber }) {
  const value = trial.parameters[name];
  if (value === undefined) return isNumber ? "-" : NOT_THERE; // "-" is ECharts' missing value
  return isNumber ? value : String(value);
}

function colorScale(model, dimension, [low, high]) {
  return {
    type: "continuous",
    dimension,
    min: low,
    max: high === low ? low + 1 : high,
    inRange: { color: scoreColors(model) },
    orient: "horizontal",
    left: "center",
    bottom: 4,
    itemHeight: 160,
    text: [formatNumber(high), formatNumber(low)],
    textStyle: { color: themeColors().text },
    calculable: false,
  };
}
