// Learning curves of trials, the policy's threshold, and where it stopped which.
import { axisStyle, NAME_BELOW, tooltipText, trialTooltip } from "../chart.js";
import { finitePoints, linePieces, stopPoint, valueRange } from "../curve_data.js";
import { formatCount, formatTick } from "../format.js";
import { groupByPhase, phaseStyle } from "../phases.js";
import { themeColors } from "../theme.js";

const MOST_WITH_TOOLTIPS = 400; // curves; with more of them it would take too long to find the one

/**
 * Draws the curves of some trials into a chart.
 * `metric` is the name of their values, if it is not the primary one. `decision` adds what the policy compared: the first trial's best so far, and the threshold at the decision.
 */
export function drawCurves(chart, model, trials, options = {}) {
  const { logX = false, logY = false, threshold = true, decision = false } = options;
  const { metric = model.sweep.metric } = options;
  const current = threshold ? model.document.threshold : null;
  const { low, high, last } = valueRange(trials, current, logY);
  const axis = axisStyle();
  const label = {
    ...axis.axisLabel,
    formatter: formatTick,
    showMinLabel: false,
    showMaxLabel: false,
  };
  const type = (isLog) => (isLog ? "log" : "value");
  chart.draw(
    {
      legend: {},
      tooltip: {
        show: trials.length <= MOST_WITH_TOOLTIPS,
        trigger: "item",
        formatter: (p) => curveTooltip(model, p),
      },
      xAxis: {
        ...axis,
        type: type(logX),
        name: "reports",
        ...NAME_BELOW,
        min: 1,
        max: Math.max(last, 2),
        minInterval: 1,
      },
      yAxis: {
        ...axis,
        axisLabel: label,
        type: type(logY),
        name: metric,
        min: low,
        max: high,
      },
      dataZoom: [
        { type: "inside", xAxisIndex: 0, filterMode: "none" },
        { type: "inside", yAxisIndex: 0, filterMode: "none" },
      ],
      series: [
        ...curveSeries(trials, logY),
        ...thresholdSeries(current, logY),
        ...stopSeries(trials),
        ...(decision ? decisionSeries(model, trials[0]) : []),
      ],
    },
    `${formatCount(trials.length, "trial")}${current ? ", with the policy's threshold" : ""}`,
  );
}

/** The index of the trial that an event of the chart is about; undefined for other points. */
export function trialIndexOf(event) {
  return event.seriesType === "lines" ? event.data.index : event.value?.[2];
}

function curveTooltip(model, event) {
  const trial = model.trial(trialIndexOf(event));
  if (!trial) return "";
  const why = event.seriesName === "stopped" ? `\n${tooltipText([trial.message])}` : "";
  return trialTooltip(model, trial) + why;
}

function curveSeries(trials, isLog) {
  const width = trials.length > 500 ? 0.7 : 1.2;
  const opacity = trials.length > 2000 ? 0.25 : trials.length > 200 ? 0.45 : 0.8;
  const lines = (trial) =>
    linePieces(trial.curve, isLog).map((coords) => ({ coords, index: trial.index }));
  return groupByPhase(trials).map(([phase, group]) => {
    const { color } = phaseStyle(phase);
    return {
      type: "lines",
      name: phase,
      coordinateSystem: "cartesian2d",
      polyline: true,
      progressive: 0,
      lineStyle: { color, width, opacity, type: phase === "Failed" ? "dashed" : "solid" },
      itemStyle: { color },
      data: group.flatMap(lines),
    };
  });
}

function thresholdSeries(threshold, isLog) {
  if (!threshold) return [];
  const points = threshold.intervals.map((interval, n) => [interval, threshold.values[n]]);
  return [
    {
      type: "line",
      name: "threshold as of now",
      step: "end",
      showSymbol: points.length === 1,
      symbol: "rect",
      z: 5,
      lineStyle: { type: "dashed", width: 2.5 },
      color: themeColors().accent,
      data: points.filter(([, value]) => value !== null && !(isLog && value <= 0)),
    },
  ];
}

function stopSeries(trials) {
  const stopped = trials.filter((trial) => trial.stop?.policy && trial.stop.value !== null);
  if (!stopped.length) return [];
  return [
    {
      type: "scatter",
      name: "stopped",
      symbol: "diamond",
      symbolSize: stopped.length > 300 ? 5 : 10,
      z: 6,
      itemStyle: { color: phaseStyle("EarlyStopped").color, borderColor: themeColors().back },
      data: stopped.map((trial) => [...stopPoint(trial), trial.index]),
    },
  ];
}

function decisionSeries(model, trial) {
  let best = null;
  const bestSoFar = finitePoints(trial.curve).map(([interval, value]) => {
    if (model.isBetter(value, best)) best = value;
    return [interval, best];
  });
  const { text, accent } = themeColors();
  const series = [
    {
      type: "line",
      name: "best so far",
      step: "end",
      showSymbol: false,
      color: text,
      lineStyle: { width: 1, type: "dotted" },
      data: bestSoFar,
    },
  ];
  const { stop } = trial;
  if (stop?.policy && stop.threshold !== null) {
    series.push({
      type: "scatter",
      name: "threshold then",
      symbol: "rect",
      symbolSize: [16, 4],
      z: 7,
      color: accent,
      data: [[stop.interval, stop.threshold]],
    });
  }
  return series;
}
