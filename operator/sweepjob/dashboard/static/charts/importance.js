// The importance of the parameters as bars.
import { axisStyle, tooltipText } from "../chart.js";
import { formatPercent } from "../format.js";
import { phaseStyle } from "../phases.js";
import { themeColors } from "../theme.js";

const MOST_BARS = 30;

/** Draws the importance into a chart, and writes below it how it was computed. */
export function drawImportance(chart, model, note, most = MOST_BARS) {
  const { importance } = model.document;
  const mains = (importance?.mains || []).slice(0, most);
  const axis = axisStyle();
  const bottomUp = mains.toReversed();
  note.textContent = explanation(model, mains.length > 0);
  chart.box.hidden = !mains.length;
  if (!mains.length) return;
  chart.draw(
    {
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: ([p]) => importanceTooltip(bottomUp[p.dataIndex]),
      },
      xAxis: {
        ...axis,
        type: "value",
        min: 0,
        max: (v) => Math.min(1, Math.max(0.1, v.max * 1.05)),
        axisLabel: { ...axis.axisLabel, formatter: (v) => `${Math.round(v * 100)} %` },
      },
      grid: { left: 12, right: 24, top: 12, bottom: 30, containLabel: true },
      yAxis: {
        ...axis,
        type: "category",
        data: bottomUp.map((main) => main.name),
        axisLabel: { ...axis.axisLabel, width: 140, overflow: "truncate" },
      },
      series: [
        {
          type: "bar",
          name: "share",
          color: phaseStyle("Succeeded").color,
          barMaxWidth: 26,
          data: bottomUp.map((m) => m.share),
        },
        whiskerSeries(mains),
      ],
    },
    mains.map((main) => `${main.name} ${formatPercent(main.share)}`).join(", "),
  );
}

function importanceTooltip(main) {
  return tooltipText([
    main.name,
    `${formatPercent(main.share)} of the variance`,
    `80 % of the trees: ${formatPercent(main.low)} to ${formatPercent(main.high)}`,
  ]);
}

function whiskerSeries(mains) {
  const line = (x1, y1, x2, y2) => ({
    type: "line",
    shape: { x1, y1, x2, y2 },
    style: { stroke: themeColors().text, lineWidth: 1.5 },
  });
  return {
    type: "custom",
    name: "spread",
    z: 5,
    encode: { x: [0, 1], y: 2 },
    tooltip: { show: false },
    data: mains.map((main, n) => [main.low, main.high, mains.length - 1 - n]),
    renderItem: (_, api) => {
      const [low, y] = api.coord([api.value(0), api.value(2)]);
      const [high] = api.coord([api.value(1), api.value(2)]);
      const children = [
        line(low, y, high, y),
        line(low, y - 5, low, y + 5),
        line(high, y - 5, high, y + 5),
      ];
      return { type: "group", children };
    },
  };
}

const FEWEST = 8; // trials with a value, below which nothing is computed

function explanation({ document: { importance }, trials, sweep }, isKnown) {
  if (!importance) return "Importance is being computed.";
  if (!isKnown) {
    const values = trials.map(({ best }) => best).filter((best) => best !== null);
    if (values.length < FEWEST)
      return `Importance needs ${FEWEST} trials with a value; ${values.length} have one.`;
    return new Set(values).size === 1
      ? `All ${values.length} trials have the same ${sweep.metric}: no parameter made a difference.`
      : "The search space has no parameter whose importance could be computed.";
  }
  const clipped = importance.clipped
    ? ` ${importance.clipped} far outliers were moved to the edge.`
    : "";
  return (
    "Share of the metric's variance over the search space that each parameter explains on its own: functional " +
    `ANOVA (Hutter et al. 2014) on a random forest of 64 trees over ${importance.trials} trials; whiskers cover ` +
    `80 % of the trees. Trials that were stopped count with their best so far.${clipped}`
  );
}
