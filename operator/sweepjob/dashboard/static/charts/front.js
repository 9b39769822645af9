// Two objectives of all trials, with the Pareto front.
import { axisStyle, NAME_BELOW, tooltipText } from "../chart.js";
import { formatCount, formatExact, formatTick } from "../format.js";
import { isFeasible, objectivesOf } from "../pareto.js";
import { phaseStyle } from "../phases.js";
import { themeColors } from "../theme.js";

const MANY = 2000; // trials, beyond which their symbols are small
const MOST_PARAMETERS = 12;

/** Draws a chart with the metrics `x` and `y`; `front` has the trials of the front. */
export function drawFront(chart, model, front, { x, y }) {
  const onFront = new Set(front.map(({ index }) => index));
  const shown = model.trials.filter((trial) => hasBoth(trial, x, y));
  const infeasible = shown.filter((trial) => trial.feasible === false);
  const others = shown.filter((t) => !onFront.has(t.index) && t.feasible !== false);
  chart.draw(
    {
      legend: {},
      tooltip: {
        trigger: "item",
        formatter: ({ value }) => (value?.length > 2 ? resultTooltip(model, value[2]) : ""),
      },
      xAxis: { ...valueAxis(x), ...NAME_BELOW },
      yAxis: valueAxis(y),
      series: [
        points("other trials", others, x, y, phaseStyle("Pending").color, "circle", shown.length),
        points("infeasible", infeasible, x, y, phaseStyle("Failed").color, "rect", shown.length),
        frontSeries(model, front, x, y),
      ],
    },
    `${formatCount(shown.length, "trial")}, ${front.length} on the Pareto front`,
  );
}

const hasBoth = ({ results }, x, y) =>
  typeof results?.[x] === "number" && typeof results?.[y] === "number";

function valueAxis(name) {
  const axis = axisStyle();
  return {
    ...axis,
    type: "value",
    name,
    scale: true,
    axisLabel: { ...axis.axisLabel, formatter: formatTick },
  };
}

const point = (trial, x, y) => [trial.results[x], trial.results[y], trial.index];

function points(name, trials, x, y, color, symbol, count) {
  return {
    type: "scatter",
    name,
    symbol,
    symbolSize: count > MANY ? 4 : 8,
    itemStyle: { color, opacity: 0.6 },
    data: trials.map((trial) => point(trial, x, y)),
  };
}

// A line connects the front where the chart shows all of its objectives; otherwise it would zigzag.
function frontSeries(model, front, x, y) {
  const isWhole = objectivesOf(model).length === 2;
  const { color } = phaseStyle("Succeeded");
  return {
    type: "line",
    name: "Pareto front",
    symbol: "diamond",
    symbolSize: 12,
    showAllSymbol: true,
    color,
    itemStyle: { color, borderColor: themeColors().back, borderWidth: 1 },
    lineStyle: { width: isWhole ? 2 : 0 },
    z: 3,
    data: front.map((trial) => point(trial, x, y)),
  };
}

/** The tooltip of a trial: its name, its compared values and its first parameters. */
function resultTooltip(model, index) {
  const trial = model.trial(index);
  const parameters = Object.entries(trial.parameters).slice(0, MOST_PARAMETERS);
  return tooltipText([
    `${trial.name}  ${trial.phase}${isFeasible(model, trial) ? "" : "  infeasible"}`,
    ...Object.entries(trial.results).map(([name, value]) => `${name} ${formatExact(value)}`),
    ...parameters.map(([name, value]) => `${name} = ${formatExact(value)}`),
  ]);
}
