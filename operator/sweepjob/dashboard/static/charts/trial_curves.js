// Curves of a few trials, each with a colour, a symbol and a name of its own.
import { axisStyle, NAME_BELOW, tooltipText } from "../chart.js";
import { formatExact, formatTick } from "../format.js";
import { isDark } from "../theme.js";

// Of the palette of Okabe and Ito; symbols and dashes say the same.
const LIGHT = ["#0072b2", "#d55e00", "#009e73", "#b3589a", "#8a6d00"];
const DARK = ["#56b4e9", "#f0803c", "#2fc79b", "#e39ac8", "#f0e442"];
const SYMBOLS = ["circle", "diamond", "triangle", "rect", "pin"];
const DASHES = ["solid", "dashed", "solid", "dotted", "dashed"];
const FEW_POINTS = 60; // each has a symbol up to here

/** Draws curves, which have `name`, `intervals` and `values`, into a chart; `metric` names their values. */
export function drawTrialCurves(chart, curves, metric, axisName = "reports") {
  const colors = isDark() ? DARK : LIGHT;
  const axis = axisStyle();
  const label = { ...axis.axisLabel, formatter: formatTick };
  chart.draw(
    {
      legend: { show: curves.length > 1 },
      tooltip: {
        trigger: "axis",
        formatter: (points) =>
          tooltipText([
            `${axisName} ${points[0].value[0]}`,
            ...points.map(({ seriesName, value }) => `${seriesName}  ${formatExact(value[1])}`),
          ]),
      },
      xAxis: { ...axis, type: "value", name: axisName, ...NAME_BELOW, min: "dataMin" },
      yAxis: { ...axis, type: "value", name: metric, scale: true, axisLabel: label },
      dataZoom: [{ type: "inside", filterMode: "none" }],
      series: curves.map(({ name, intervals, values }, n) => ({
        type: "line",
        name,
        color: colors[n % colors.length],
        symbol: SYMBOLS[n % SYMBOLS.length],
        symbolSize: 6,
        showSymbol: intervals.length <= FEW_POINTS,
        lineStyle: { width: 2, type: DASHES[n % DASHES.length] },
        data: intervals.map((interval, place) => [interval, values[place]]),
      })),
    },
    `${metric} of ${curves.map(({ name }) => name).join(", ")}`,
  );
}
