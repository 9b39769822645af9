// The best value of every trial, and the best so far.
import { axisStyle, NAME_BELOW, trialTooltip } from "../chart.js";
import { element, labelledSelect } from "../dom.js";
import { formatCount, formatNumber, formatTick } from "../format.js";
import { groupByPhase, phaseStyle } from "../phases.js";
import { stepPoints } from "../steps.js";
import { themeColors } from "../theme.js";
import { isBeyond, scoreRange, usualZoom, ZOOMS } from "../value_zoom.js";

const MANY = 2000; // trials, beyond which their symbols are small

/** The control of the history's zoom: its `element`, and `zoom`, null where the viewer has not chosen. */
export function historyControls(options, onChange) {
  const choices = [["", "automatically"], ...ZOOMS];
  const select = labelledSelect("Show", choices, options.get("zoom"), (zoom) => {
    options.set("zoom", zoom);
    onChange();
  });
  const box = element("div", { class: "controls" }, select);
  return { element: box, zoom: () => options.get("zoom") || null };
}

/** Draws the history into a chart; returns what is beyond its axis. */
export function drawHistory(chart, model, chosenZoom) {
  const order = model.trialsByEnd();
  const places = new Map(order.map((trial, n) => [trial.index, n + 1]));
  const values = order.map(({ best }) => best).filter((value) => value !== null);
  const zoom = chosenZoom ?? usualZoom(values, model.sign);
  const range = scoreRange(values, model.sign, zoom);
  const axis = axisStyle();
  const { best } = model.sweep;
  chart.draw(
    {
      legend: {},
      tooltip: {
        trigger: "item",
        formatter: (p) => (p.value.length > 2 ? trialTooltip(model, model.trial(p.value[2])) : ""),
      },
      xAxis: {
        ...axis,
        type: "value",
        name: "trials in the order of their ends",
        ...NAME_BELOW,
        minInterval: 1,
        min: 0,
        max: Math.max(order.length, 1),
      },
      yAxis: {
        ...axis,
        type: "value",
        name: model.sweep.metric,
        min: range.low,
        max: range.high,
        axisLabel: {
          ...axis.axisLabel,
          formatter: formatTick,
          showMinLabel: false,
          showMaxLabel: false,
        },
      },
      dataZoom: [{ type: "inside", xAxisIndex: 0, filterMode: "none" }],
      series: [...trialSeries(order, places, range), bestSeries(model, places)],
    },
    best ? `${order.length} trials, the best value is ${formatNumber(best.value)}` : "no value yet",
  );
  const beyond = values.filter((value) => isBeyond(value, range)).length;
  if (!beyond) return "";
  const [, shown] = ZOOMS.find(([id]) => id === zoom);
  return `Shown: ${shown}. ${formatCount(beyond, "trial")} beyond the axis, drawn at its edge.`;
}

function trialSeries(order, places, range) {
  return groupByPhase(order.filter((trial) => trial.best !== null)).map(([phase, trials]) => {
    const { color, symbol } = phaseStyle(phase);
    const faded = { itemStyle: { opacity: 0.35 } };
    return {
      type: "scatter",
      name: phase,
      symbol,
      symbolSize: order.length > MANY ? 4 : 9,
      clip: false,
      itemStyle: { color },
      data: trials.map(({ index, best }) => {
        const shown = Math.min(range.high, Math.max(range.low, best));
        const value = [places.get(index), shown, index];
        return shown === best ? value : { value, ...faded };
      }),
    };
  });
}

function bestSeries(model, places) {
  const points = model.improvements().map(({ trial }) => [places.get(trial.index), trial.best]);
  if (points.length) points.push([places.size, points.at(-1)[1]]);
  return {
    type: "line",
    name: "best so far",
    symbol: "none",
    z: 1,
    data: stepPoints(points),
    color: themeColors().text,
    lineStyle: { width: 2 },
  };
}
