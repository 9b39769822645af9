// Trials over slots: when each waited, ran and ended.
import { axisStyle, NAME_BELOW, tooltipText } from "../chart.js";
import { formatCount, formatDuration } from "../format.js";
import { sum } from "../numbers.js";
import { phaseStyle } from "../phases.js";
import { assignSlots } from "../slots.js";
import { themeColors } from "../theme.js";

const MOST_SLOT_NAMES = 20;
const CHARACTER = 6.5; // pixels
const LINE = 15; // pixels

/** Draws the timeline; returns the number of bars and of slots, and the mean wait in seconds. */
export function drawTimeline(chart, model) {
  const bars = assignSlots(model.trials, model.document.made, model.sweep.created);
  const begin = bars.reduce((first, bar) => Math.min(first, bar.created), Infinity);
  const end = bars.reduce((last, bar) => Math.max(last, bar.to), begin);
  const unit = unitOf(end - begin);
  const trials = new Set(bars.map(({ trial }) => trial)).size;
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
        max: Math.max(end - begin, 1) / unit,
        minInterval: 1 / unit,
        axisLine: { ...axis.axisLine, onZero: false },
        axisLabel: {
          ...axis.axisLabel,
          formatter: (units) => formatDuration(Math.round(units * unit)),
          showMaxLabel: false,
        },
      },
      yAxis: {
        ...axis,
        type: "value",
        name: "slot",
        inverse: true,
        nameLocation: "start",
        min: -0.5,
        max: slots - 0.5,
        minInterval: 1,
        axisTick: { show: false },
        axisLabel: { ...axis.axisLabel, customValues: slotMarks(slots), formatter: slotName },
        splitLine: { show: false },
      },
      dataZoom: [{ type: "inside", filterMode: "weakFilter" }],
      series: barSeries(model, bars, begin, unit),
    },
    `${formatCount(trials, "trial")} in ${formatCount(slots, "slot")}`,
  );
  const waits = bars.map(({ from, created }) => from - created);
  return { count: trials, slots, meanWait: trials ? sum(waits) / trials : 0 };
}

// The axis counts in these seconds, so that its marks are at whole minutes, hours or days.
const unitOf = (seconds) => [86400, 3600, 60].find((unit) => seconds >= 2 * unit) ?? 1;

// Slots are counted from one; of many not each has its number.
const slotName = (slot) => String(slot + 1);
function slotMarks(slots) {
  const step = Math.ceil(slots / MOST_SLOT_NAMES);
  return Array.from({ length: Math.ceil(slots / step) }, (_, n) => n * step);
}

// A bar is [from, to, slot, 0, index of the trial]: ECharts hands no more than numbers to what draws it.
function barSeries(model, bars, begin, unit) {
  const place = (seconds) => (seconds - begin) / unit;
  const running = bars.map(({ trial, slot, from, to }) => [
    place(from),
    place(to),
    slot,
    0,
    trial.index,
  ]);
  const waiting = bars.map(({ trial, slot, from, created }) => [
    place(created),
    place(from),
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
      renderItem: renderBar(() => themeColors().faint, null),
      data: waiting,
    },
    {
      ...series,
      name: "trials",
      renderItem: renderBar(phaseColor, (index) => model.trial(index)?.name ?? ""),
      data: running,
    },
  ];
}

// Draws bars with names, where there is room for them; thin ones without.
function renderBar(colorOf, nameOf) {
  return (_, api) => {
    const [left, middle] = api.coord([api.value(0), api.value(2)]);
    const [right] = api.coord([api.value(1), api.value(2)]);
    const slotHeight = Math.abs(api.size([0, 1])[1]);
    const height = Math.max(1, slotHeight * (nameOf ? 0.7 : 0.1));
    const y = nameOf ? middle - height / 2 : middle + slotHeight * 0.38;
    const width = Math.max(right - left, 1);
    const bar = {
      type: "rect",
      shape: { x: left, y, width, height },
      style: {
        fill: colorOf(api.value(4)),
        opacity: nameOf ? 0.9 : 0.6,
        stroke: themeColors().back,
        lineWidth: nameOf ? 0.5 : 0,
      },
    };
    const name = nameOf ? fittingName(nameOf(api.value(4)), width, height) : "";
    if (!name) return bar;
    const style = {
      text: name,
      x: left + 4,
      y: middle,
      fill: textOn(bar.style.fill),
      verticalAlign: "middle",
    };
    return { type: "group", children: [bar, { type: "text", style, silent: true }] };
  };
}

// Black or white, whichever is easier to read on a colour such as "#0072b2" (WCAG's relative luminance).
function textOn(color) {
  const channel = (at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return luminance > 0.179 ? "#000" : "#fff";
}

// The name of a trial, or its number where only that fits into the bar; nothing where neither does.
function fittingName(name, width, height) {
  if (height < LINE) return "";
  const number = name.slice(name.lastIndexOf("-") + 1);
  return [name, number].find((text) => text.length * CHARACTER + 8 <= width) ?? "";
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
