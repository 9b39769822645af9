// The metric over the plane of two parameters.
import { binOf, valueOnAxis } from "../axis_values.js";
import { axisStyle, NAME_BELOW, tooltipText, trialTooltip } from "../chart.js";
import { formatNumber } from "../format.js";
import { extent } from "../numbers.js";
import { scoreColors, themeColors } from "../theme.js";

const MOST_TRIALS = 3000;

/** Draws the plane of a pair of parameters into a chart. */
export function drawContour(chart, model, pair) {
  const axes = [pair.first, pair.second].map((name) =>
    model.document.importance.axes.find((a) => a.name === name),
  );
  const labels = axes.map((axis) =>
    axis.values.map((v) => (v === null ? "not there" : formatNumber(v))),
  );
  const cells = pair.effect.flatMap((row, x) => row.map((value, y) => [x, y, value]));
  const style = axisStyle();
  const category = (name, data) => ({
    ...style,
    type: "category",
    name,
    data,
    splitLine: { show: false },
  });
  chart.draw(
    {
      tooltip: { trigger: "item", formatter: (p) => contourTooltip(model, pair, labels, p.value) },
      grid: { left: 12, right: 170, top: 36, bottom: 56, containLabel: true },
      xAxis: { ...category(pair.first, labels[0]), ...NAME_BELOW },
      yAxis: { ...category(pair.second, labels[1]), nameLocation: "end" },
      visualMap: colorScale(model, extent(cells.map(([, , value]) => value))),
      series: [
        { type: "heatmap", name: "mean over all others", data: cells, progressive: 0 },
        {
          type: "scatter",
          name: "trials",
          symbolSize: 5,
          itemStyle: {
            color: "transparent",
            borderColor: "#fff",
            borderWidth: 1.2,
            shadowBlur: 2,
            shadowColor: "#000",
          },
          data: trialPoints(model, axes),
        },
      ],
    },
    `${pair.first} and ${pair.second} against ${model.sweep.metric}`,
  );
}

function contourTooltip(model, pair, labels, value) {
  if (value.length > 3) return trialTooltip(model, model.trial(value[3]));
  const [x, y, mean] = value;
  return tooltipText([
    `${pair.first} ${labels[0][x]}`,
    `${pair.second} ${labels[1][y]}`,
    `${model.sweep.metric} ${formatNumber(mean)}`,
  ]);
}

function trialPoints(model, axes) {
  return model.trials
    .filter((trial) => trial.best !== null)
    .slice(0, MOST_TRIALS)
    .map((trial) => [
      ...axes.map((axis) => binOf(axis, valueOnAxis(trial, axis))),
      trial.best,
      trial.index,
    ])
    .filter(([x, y]) => x >= 0 && y >= 0);
}

function colorScale(model, [low, high]) {
  const digits = 2 - Math.floor(Math.log10(high - low || 1));
  return {
    type: "piecewise",
    seriesIndex: 0,
    dimension: 2,
    min: low,
    max: high === low ? low + 1 : high,
    splitNumber: 10,
    precision: Math.max(0, Math.min(8, digits)),
    inRange: { color: scoreColors(model) },
    right: 0,
    top: "middle",
    textStyle: { color: themeColors().text },
  };
}
