// Parallel coordinates: a line for each trial through its parameters and its best value.
import { axisStyle } from "../chart.js";
import { formatCount, formatNumber, formatTick } from "../format.js";
import { extent } from "../numbers.js";
import { isDark, isNarrow, scoreColors, themeColors } from "../theme.js";

const NOT_THERE = "not there"; // a parameter of another branch
const MANY = 1000; // trials, beyond which lines are thin and a selection takes effect when it is done

const WIDE = { left: 60, right: 90, top: 44, bottom: 70 };
// On a phone the axes lie below one another: there is no room for them side by side.
const NARROW = { layout: "vertical", left: 24, right: 24, top: 34, bottom: 84 };
// Labels stay readable on the lines behind them.
const HALO = () => ({ textBorderColor: themeColors().back, textBorderWidth: 3 });

function lineStyle(isMany) {
  const opacity = isDark() ? [0.95, 0.5] : [0.8, 0.35];
  return { width: isMany ? 0.8 : 1.8, opacity: opacity[Number(isMany)] };
}

/** Draws some parameters and the metric into a chart; returns the trials in the order of its data. */
export function drawParallel(chart, model, names) {
  // Better trials are drawn over worse ones.
  const trials = model.trials
    .filter((trial) => trial.best !== null)
    .sort((a, b) => model.sign * (a.best - b.best));
  const range = trials.length ? extent(trials.map((trial) => trial.best)) : [0, 1];
  const parameters = names.map((name) => model.parameter(name));
  const isMany = trials.length > MANY;
  const { text, accent } = themeColors();
  chart.draw(
    {
      tooltip: { show: false },
      parallel: {
        ...(isNarrow() ? NARROW : WIDE),
        parallelAxisDefault: {
          nameLocation: isNarrow() ? "middle" : "end",
          nameGap: isNarrow() ? 24 : 15,
          nameTextStyle: { color: text, fontWeight: "bold", ...HALO() },
          axisLabel: { color: text, hideOverlap: true, ...HALO() },
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
          lineStyle: lineStyle(isMany),
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
    axisLabel: { formatter: formatTick },
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
  return { ...base, type: log ? "log" : "value", ...range, axisLabel: { formatter: formatTick } };
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
