// Trials over slots: when each waited, ran and ended.
import { axisStyle, NAME_BELOW, tooltipText } from "../chart.js";
import { formatCount, formatDuration } from "../format.js";
import { sum } from "../numbers.js";
import { phaseStyle } from "../phases.js";
import { assignSlots } from "../slots.js";
import { themeColors } from "../theme.js";

/** Draws the timeline; returns the number of bars and of slots, and the mean wait in seconds. */
export function drawTimeline(chart, model) {
  const bars = assignSlots(model.trials, model.document.made);
  const begin = bars.reduce((first, bar) => Math.min(first, bar.created), Infinity);
  const slots = bars.reduce((most, bar) => Math.max(most, bar.slot + 1), 1);
  const axis = axisStyle();
  chart.draw(
    {
      tooltip: { trigger: "item", formatter: (p) => timelineTooltip(model.trial(p.value[4])) },
      xAxis: {
        ...axis,
        type: "value",
        name: "since the first trial",
        ...NAME_BELOW,
        min: 0,
        minInterval: 1,
        axisLine: { ...axis.axisLine, onZero: false },
        axisLabel: { ...axis.axisLabel, formatter: formatDuration },
      },
      yAxis: {
        ...axis,
        type: "value",
        name: "slot",
        min: -0.5,
        max: slots - 0.5,
        minInterval: 1,
        axisLabel: { show: false },
        splitLine: { show: false },
      },
      dataZoom: [{ type: "inside", filterMode: "weakFilter" }],
      series: barSeries(model, bars, begin),
    },
    `${formatCount(bars.length, "trial")} in ${formatCount(slots, "slot")}`,
  );
  const waits = bars.map(({ from, created }) => from - created);
  return { count: bars.length, slots, meanWait: waits.length ? sum(waits) / waits.length : 0 };
}

// A bar is [from, to, slot, 0, index of the trial]: ECharts hands no more than numbers to what draws it.
function barSeries(model, bars, begin) {
  const running = bars.map(({ trial, slot, from, to }) => [
    from - begin,
    to - begin,
    slot,
    0,
    trial.index,
  ]);
  const waiting = bars.map(({ trial, slot, from, created }) => [
    created - begin,
    from - begin,
    slot,
    0,
    trial.index,
  ]);
  const series = { type: "custom", encode: { x: [0, 1], y: 2 }, progressive: 2000 };
  const phaseColor = (index) => phaseStyle(model.trial(index)?.phase).color;
  return [
    {
      ...series,
      name: "waiting",
      renderItem: renderBar(() => themeColors().faint, { isThin: true }),
      data: waiting,
    },
    {
      ...series,
      name: "trials",
      renderItem: renderBar(phaseColor, { isThin: false }),
      data: running,
    },
  ];
}

function renderBar(colorOf, { isThin }) {
  return (_, api) => {
    const [left, middle] = api.coord([api.value(0), api.value(2)]);
    const [right] = api.coord([api.value(1), api.value(2)]);
    const slotHeight = api.size([0, 1])[1];
    const height = Math.max(1, slotHeight * (isThin ? 0.1 : 0.7));
    const y = isThin ? middle + slotHeight * 0.38 : middle - height / 2;
    return {
      type: "rect",
      shape: { x: left, y, width: Math.max(right - left, 1), height },
      style: {
        fill: colorOf(api.value(4)),
        opacity: isThin ? 0.6 : 0.9,
        stroke: themeColors().back,
        lineWidth: isThin ? 0 : 0.5,
      },
    };
  };
}

function timelineTooltip(trial) {
  if (!trial) return "";
  const hasStarted = trial.started !== null && trial.created !== null;
  return tooltipText([
    `${trial.name}  ${trial.phase}`,
    hasStarted ? `waited ${formatDuration(trial.started - trial.created)}` : "",
    `ran ${formatDuration(trial.seconds)}`,
  ]);
}
