// The metric over the plane of two parameters.
import { binOf, valueOnAxis } from "../axis_values.js";
import { axisStyle, NAME_BELOW, tooltipText, trialTooltip } from "../chart.js";
import { formatExact, formatNumber, formatTick } from "../format.js";
import { extent } from "../numbers.js";
import { isNarrow, scoreColors, themeColors } from "../theme.js";

const MOST_TRIALS = 200; // the best ones; more of them would hide the plane

/** Draws the plane of a pair of parameters into a chart. */
export function drawContour(chart, model, pair) {
  const axes = [pair.first, pair.second].map((name) =>
    model.document.importance.axes.find((a) => a.name === name),
  );
  const labels = axes.map((axis) =>
    axis.values.map((v) => (v === null ? "not there" : formatTick(v))),
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
      grid: isNarrow()
        ? { left: 12, right: 16, top: 36, bottom: 100, containLabel: true }
        : { left: 12, right: 110, top: 36, bottom: 56, containLabel: true },
      xAxis: { ...category(pair.first, labels[0]), ...NAME_BELOW },
      yAxis: { ...category(pair.second, labels[1]), nameLocation: "end" },
      visualMap: colorScale(model, extent(cells.map(([, , value]) => value))),
      series: [
        { type: "heatmap", name: "mean over all others", data: cells, progressive: 0 },
        {
          type: "scatter",
          name: "the best trials",
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
    `${model.sweep.metric} ${formatExact(mean)}`,
  ]);
}

function trialPoints(model, axes) {
  return model
    .ranked(MOST_TRIALS)
    .map((trial) => [
      ...axes.map((axis) => binOf(axis, valueOnAxis(trial, axis))),
      trial.best,
      trial.index,
    ])
    .filter(([x, y]) => x >= 0 && y >= 0);
}

function colorScale(model, [low, high]) {
  const place = isNarrow()
    ? { orient: "horizontal", left: "center", bottom: 0 }
    : { right: 0, top: "middle" };
  return {
    type: "continuous",
    seriesIndex: 0,
    dimension: 2,
    min: low,
    max: high === low ? low + 1 : high,
    inRange: { color: scoreColors(model) },
    text: [formatNumber(high), formatNumber(low)],
    itemHeight: 160,
    ...place,
    textStyle: { color: themeColors().text },
  };
}
