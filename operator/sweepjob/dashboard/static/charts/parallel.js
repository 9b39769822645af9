// Parallel coordinates: a line for each trial through its parameters and its best value.
import { axisStyle } from "../chart.js";
import { formatCount, formatNumber, formatTick } from "../format.js";
import { extent } from "../numbers.js";
import { frontOf, hasFront, objectivesOf } from "../pareto.js";
import { phaseStyle } from "../phases.js";
import { isDark, isNarrow, scoreColors, themeColors } from "../theme.js";

const NOT_THERE = "not there"; // a parameter of another branch
const MANY = 1000; // trials, beyond which lines are thin and a selection takes effect when it is done

const WIDE = { left: 60, right: 90, top: 44, bottom: 70 };
// On a phone the axes lie below one another: there is no room for them side by side.
const NARROW = { layout: "vertical", left: 24, right: 24, top: 34, bottom: 84 };
// Labels stay readable on the lines behind them.
const HALO = () => ({ textBorderColor: themeColors().back, textBorderWidth: 3 });
// A line, or a tick, that ends at a number would be read as a minus sign: a box from the axis on covers it.
const numberLabel = () => ({
  formatter: formatTick,
  ...(isNarrow() ? {} : { backgroundColor: themeColors().back, padding: [1, 3, 1, 5], margin: 1 }),
});

function lineStyle(isMany) {
  const opacity = isDark() ? [0.95, 0.5] : [0.8, 0.35];
  return { width: isMany ? 0.8 : 1.8, opacity: opacity[Number(isMany)] };
}

/**
 * Draws some parameters and the metric into a chart; returns the trials in the order of its data.
 *
 * With several objectives there is an axis for each, and the trials on the front have a color of their own.
 */
export function drawParallel(chart, model, names) {
  const isFront = hasFront(model);
  const trials = isFront ? orderedByFront(model) : orderedByValue(model);
  const range = trials.length && !isFront ? extent(trials.map((trial) => trial.best)) : [0, 1];
  const objectives = isFront ? objectivesOf(model).map(({ metric }) => metric) : [];
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
          axisTick: { show: false },
          axisLine: { lineStyle: { color: themeColors().faint } },
          areaSelectStyle: { width: 22, color: accent, borderColor: accent, opacity: 0.25 },
          realtime: !isMany,
        },
      },
      parallelAxis: parallelAxes(model, parameters, trials, range),
      ...(isFront ? {} : { visualMap: colorScale(model, names.length, range) }),
      series: [
        {
          type: "parallel",
          smooth: false,
          progressive: 2000,
          progressiveThreshold: 4000,
          lineStyle: lineStyle(isMany),
          inactiveOpacity: 0.03,
          activeOpacity: 0.9,
          data: lines(model, trials, parameters, objectives),
        },
      ],
    },
    describe(model, trials, names, objectives),
  );
  return trials;
}

function describe(model, trials, names, objectives) {
  const last = objectives.length ? objectives.join(", ") : model.sweep.metric;
  const front = objectives.length ? `, ${frontOf(model).length} on the Pareto front` : "";
  return `${formatCount(trials.length, "trial")}${front} over ${names.join(", ")} and ${last}`;
}

// Better trials are drawn over worse ones.
function orderedByValue(model) {
  return model.trials
    .filter((trial) => trial.best !== null)
    .sort((a, b) => model.sign * (a.best - b.best));
}

// The front is drawn over all others.
function orderedByFront(model) {
  const onFront = new Set(frontOf(model).map(({ index }) => index));
  const rank = (trial) => (onFront.has(trial.index) ? 2 : Number(trial.feasible !== false));
  const isComplete = ({ results }) =>
    objectivesOf(model).every(({ metric }) => typeof results?.[metric] === "number");
  return model.trials.filter(isComplete).sort((a, b) => rank(a) - rank(b));
}

function lines(model, trials, parameters, objectives) {
  const through = (trial) => parameters.map((p) => coordinate(trial, p));
  if (!objectives.length) return trials.map((trial) => [...through(trial), trial.best]);
  const onFront = new Set(frontOf(model).map(({ index }) => index));
  return trials.map((trial) => ({
    value: [...through(trial), ...objectives.map((name) => trial.results[name])],
    lineStyle: onFront.has(trial.index)
      ? { color: phaseStyle("Succeeded").color, width: 2.5, opacity: 0.95 }
      : {
          color: phaseStyle(trial.feasible === false ? "Failed" : "Pending").color,
          type: trial.feasible === false ? "dashed" : "solid",
          opacity: 0.35,
        },
  }));
}

function parallelAxes(model, parameters, trials, range) {
  const metrics = hasFront(model)
    ? objectivesOf(model).map(({ goal, metric }) => {
        const values = trials.map(({ results }) => results[metric]);
        return [metric, goal === "minimize", values.length ? extent(values) : [0, 1]];
      })
    : [[model.sweep.metric, model.sign < 0, range]];
  const axes = metrics.map((metric, n) => metricAxis(parameters.length + n, ...metric));
  return [...parameters.map(parameterAxis), ...axes];
}

function metricAxis(dim, name, inverse, [low, high]) {
  const range = low === high ? {} : { min: low, max: high };
  const label = { axisLabel: numberLabel() };
  return { dim, name: shorten(name), inverse, type: "value", ...range, ...label };
}

function parameterAxis(parameter, dim) {
  const { name, isNumber, isAlways, choices, log, low, high } = parameter;
  const base = { dim, name: shorten(name), nameTextStyle: axisStyle().nameTextStyle };
  if (!isNumber) {
    const data = isAlways ? choices : [...choices, NOT_THERE];
    return { ...base, type: "category", data, axisLabel: { width: 110, overflow: "truncate" } };
  }
  const range = low === high ? {} : { min: low, max: high };
  return { ...base, type: log ? "log" : "value", ...range, axisLabel: numberLabel() };
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
