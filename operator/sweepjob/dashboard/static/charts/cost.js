// What a sweep cost: by the phases of its trials, and until each improvement.
import { axisStyle, NAME_BELOW, trialTooltip } from "../chart.js";
import { costAxis } from "../cost_axis.js";
import { formatCount, formatDuration, formatGpuTime, formatTick } from "../format.js";
import { phaseStyle } from "../phases.js";
import { stepPoints } from "../steps.js";
import { isNarrow } from "../theme.js";

/** What formats the costs of a sweep. */
export const costFormat = (model) => (model.hasGpus ? formatGpuTime : formatDuration);
const costTitle = (model) => (model.hasGpus ? "GPU time" : "time of trials");

/** Draws the costs of the phases, as `costsByPhase` returns them. */
export function drawCostByPhase(chart, model, { phases, total }) {
  const unit = costFormat(model);
  const axis = axisStyle();
  const most = Math.max(0, ...phases.map(({ used, saved }) => used + (model.hasGpus ? saved : 0)));
  const { axisLabel, ...scale } = costAxis(costTitle(model), most, model.hasGpus);
  const series = { type: "bar", stack: "all", barMaxWidth: 60 };
  chart.draw(
    {
      legend: {},
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: unit },
      xAxis: {
        ...axis,
        type: "category",
        data: phases.map(({ phase }) => phase),
        axisLabel: {
          ...axis.axisLabel,
          interval: 0,
          hideOverlap: false,
          rotate: isNarrow() ? 30 : 0,
        },
      },
      yAxis: {
        ...axis,
        ...scale,
        type: "value",
        axisLabel: { ...axis.axisLabel, ...axisLabel },
      },
      series: [
        {
          ...series,
          name: "used",
          color: phaseStyle("Succeeded").color,
          data: phases.map(({ phase, used }) => ({
            value: used,
            itemStyle: { color: phaseStyle(phase).color },
          })),
        },
        {
          ...series,
          name: "saved (estimate)",
          color: "#56b4e9",
          itemStyle: { decal: STRIPES },
          data: phases.map(({ saved }) => (model.hasGpus ? saved : 0)),
        },
      ],
    },
    `${unit(total.used)} used${model.hasGpus ? `, ${unit(total.saved)} saved` : ""}`,
  );
}

const STRIPES = {
  symbol: "rect",
  dashArrayX: [1, 0],
  dashArrayY: [2, 4],
  rotation: -0.8,
  color: "rgba(0,0,0,0.4)",
};

/** Draws the best value over what was spent until then. */
export function drawCostOfBest(chart, model, total) {
  const axis = axisStyle();
  const { axisLabel, ...scale } = costAxis(costTitle(model), total, model.hasGpus);
  const found = model.improvements();
  const points = found.map(({ trial, spent }) => [spent, trial.best, trial.index]);
  if (points.length) points.push([total, ...points.at(-1).slice(1)]);
  const tooltip = (index) => (model.trial(index) ? trialTooltip(model, model.trial(index)) : "");
  chart.draw(
    {
      tooltip: { trigger: "item", formatter: (p) => tooltip(p.value[2]) },
      xAxis: {
        ...axis,
        ...scale,
        type: "value",
        ...NAME_BELOW,
        max: total || 1,
        axisLabel: { ...axis.axisLabel, ...axisLabel, showMaxLabel: false },
      },
      yAxis: {
        ...axis,
        type: "value",
        name: model.sweep.metric,
        scale: true,
        axisLabel: { ...axis.axisLabel, formatter: formatTick },
      },
      series: [
        {
          type: "line",
          color: phaseStyle("Succeeded").color,
          symbolSize: 7,
          data: stepPoints(points),
        },
      ],
    },
    formatCount(found.length, "improvement"),
  );
}
