// The hypervolume of the front over the trials: whether the sweep still finds better compromises.
import { axisStyle, NAME_BELOW, tooltipText } from "../chart.js";
import { formatCount, formatNumber, formatPercent, formatTick } from "../format.js";
import { hypervolumeSteps } from "../hypervolume.js";
import { referenceScores } from "../pareto.js";
import { phaseStyle } from "../phases.js";
import { stepPoints } from "../steps.js";

/** Draws the hypervolume into a chart. */
export function drawHypervolume(chart, model) {
  const axis = axisStyle();
  const ended = model.trials.filter((trial) => trial.ended !== null).length;
  const steps = hypervolumeSteps(model);
  const hasReference = referenceScores(model).some((score) => score !== null);
  const last = steps.at(-1)?.[1] ?? 0;
  chart.draw(
    {
      tooltip: {
        trigger: "item",
        formatter: ({ value: [count, share] }) =>
          tooltipText([`${formatPercent(share)} after ${formatCount(count, "trial")}`]),
      },
      xAxis: {
        ...axis,
        type: "value",
        name: "trials in the order of their ends",
        ...NAME_BELOW,
        minInterval: 1,
        min: 0,
        max: Math.max(ended, 1),
      },
      yAxis: {
        ...axis,
        type: "value",
        name: "hypervolume",
        min: 0,
        max: 1,
        axisLabel: { ...axis.axisLabel, formatter: formatTick },
      },
      series: [
        {
          type: "line",
          symbolSize: 6,
          color: phaseStyle("Succeeded").color,
          lineStyle: { width: 2 },
          data: stepPoints([...steps, [ended, last]]),
        },
      ],
    },
    `${formatNumber(last)} of the box ${hasReference ? "from the reference to the best values" : "around all trials"}`,
  );
}
