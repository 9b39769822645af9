// Charts: ECharts in the colours of the page, without animation, and never with HTML made of data.
import { element } from "./dom.js";
import { formatExact } from "./format.js";
import { echarts } from "./libraries.js";
import { themeColors } from "./theme.js";

/** What all axes of a chart have in common. */
export function axisStyle() {
  const colors = themeColors();
  return {
    nameTextStyle: { color: colors.text, align: "left" },
    axisLabel: { color: colors.text, hideOverlap: true },
    axisLine: { lineStyle: { color: colors.faint } },
    splitLine: { lineStyle: { color: colors.line } },
  };
}

/** Places the name of a horizontal axis below it. */
export const NAME_BELOW = {
  nameLocation: "middle",
  nameGap: 28,
  nameTextStyle: { align: "center" },
};

/** A chart in a panel. `label` says to screen readers what it shows. */
export class Chart {
  constructor(panel, label, kind = "") {
    const attributes = { class: `chart ${kind}`, role: "img", "aria-label": label, tabindex: "0" };
    this.box = element("div", attributes);
    panel.append(this.box);
    this.label = label;
    this.chart = null;
    this.listeners = [];
    this.observer = new ResizeObserver(() => this.chart?.resize());
    this.observer.observe(this.box);
  }

  on(event, listener) {
    this.listeners.push([event, listener]);
    this.chart?.on(event, listener);
  }

  /** Draws the chart anew. Where the viewer has zoomed, and what they have switched off, stays so. */
  draw(option, description) {
    const before = this.chart?.getOption();
    if (!this.chart) this.create();
    this.box.setAttribute("aria-label", description ? `${this.label}: ${description}` : this.label);
    this.chart.setOption(
      { ...baseOption(option), ...keptState(option, before) },
      { notMerge: true },
    );
  }

  create() {
    this.chart = echarts.init(this.box, null, { renderer: "canvas" });
    for (const [event, listener] of this.listeners) this.chart.on(event, listener);
  }

  close() {
    this.observer.disconnect();
    if (!this.chart) return;
    // ECharts would go on with what it paints over several frames, on a canvas that is gone: paint nothing.
    this.chart.clear();
    this.chart.getZr().flush();
    this.chart.dispose();
  }
}

function baseOption(option) {
  const colors = themeColors();
  const tooltip = {
    renderMode: "richText",
    confine: true,
    backgroundColor: colors.back,
    borderColor: colors.faint,
    textStyle: { color: colors.text, fontSize: 12 },
    ...option.tooltip,
  };
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { color: colors.text, fontFamily: "system-ui, sans-serif" },
    grid: { left: 12, right: 24, top: 56, bottom: 36, containLabel: true },
    ...option,
    tooltip,
  };
}

// Zoom and legend of the option, in the state in which they were before.
function keptState(option, before) {
  const dataZoom = option.dataZoom?.map((zoom, n) => {
    const { start, end } = before?.dataZoom?.[n] || {};
    return { ...zoom, start, end };
  });
  const { text, faint } = themeColors();
  const legend = option.legend && {
    selected: before?.legend?.[0]?.selected,
    textStyle: { color: text },
    inactiveColor: faint,
    top: 4,
    type: "scroll",
    ...option.legend,
  };
  return { dataZoom, legend };
}

/** The text of a tooltip. Braces and bars have a meaning in ECharts' rich text, and data must not. */
export function tooltipText(lines) {
  return lines
    .filter(Boolean)
    .map((line) => String(line).replace(/[{}|]/g, " "))
    .join("\n");
}

const MOST_PARAMETERS = 12;

/** The tooltip of a trial: its name, its best value and its first parameters. */
export function trialTooltip(model, trial) {
  const parameters = Object.entries(trial.parameters).slice(0, MOST_PARAMETERS);
  return tooltipText([
    `${trial.name}  ${trial.phase}`,
    trial.best === null ? "" : `${model.sweep.metric} ${formatExact(trial.best)}`,
    ...parameters.map(([name, value]) => `${name} = ${formatExact(value)}`),
  ]);
}
