// One chart in a panel: ECharts with our colours, without animation, and never with HTML made of data.
"use strict";
Sweep.colors = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { text: of("--text"), faint: of("--faint"), line: of("--line"), back: of("--card"), accent: of("--accent") };
};

Sweep.axisStyle = () => {
  const c = Sweep.colors();
  return {
    nameTextStyle: { color: c.text, align: "left" },
    axisLabel: { color: c.text, hideOverlap: true },
    axisLine: { lineStyle: { color: c.faint } },
    splitLine: { lineStyle: { color: c.line } },
  };
};

// The name of a horizontal axis stands below it.
Sweep.below = { nameLocation: "middle", nameGap: 28, nameTextStyle: { align: "center" } };

Sweep.Chart = class {
  // What it shows is said in `label` to those who do not see it.
  constructor(panel, label, kind = "") {
    this.box = Sweep.el("div", { class: `chart ${kind}`, role: "img", "aria-label": label, tabindex: "0" });
    panel.append(this.box);
    this.label = label;
    this.chart = null;
    this.watcher = new ResizeObserver(() => this.chart?.resize());
    this.watcher.observe(this.box);
    this.watches = [];
  }

  on(event, act) {
    this.watches.push([event, act]);
    this.chart?.on(event, act);
  }

  draw(option, description) {
    const before = this.chart?.getOption();
    if (!this.chart) {
      this.chart = echarts.init(this.box, null, { renderer: "canvas" });
      for (const [event, act] of this.watches) this.chart.on(event, act);
    }
    const c = Sweep.colors();
    this.box.setAttribute("aria-label", description ? `${this.label}: ${description}` : this.label);
    // What the viewer has zoomed into and switched off stays so when the sweep goes on.
    const zoomed = option.dataZoom?.map((zoom, n) => {
      const { start, end } = before?.dataZoom?.[n] || {};
      return { ...zoom, start, end };
    });
    const selected = before?.legend?.[0]?.selected;
    const tooltip = {
      renderMode: "richText",
      confine: true,
      backgroundColor: c.back,
      borderColor: c.faint,
      textStyle: { color: c.text, fontSize: 12 },
      ...option.tooltip,
    };
    this.chart.setOption({
      animation: false,
      backgroundColor: "transparent",
      textStyle: { color: c.text, fontFamily: "system-ui, sans-serif" },
      grid: { left: 12, right: 24, top: 56, bottom: 56, containLabel: true },
      ...option,
      tooltip,
      dataZoom: zoomed,
      legend: option.legend && { selected, textStyle: { color: c.text }, inactiveColor: c.faint, top: 4, type: "scroll", ...option.legend },
    }, { notMerge: true });
  }

  close() {
    this.watcher.disconnect();
    if (!this.chart) return;
    // What is painted over several frames would go on with a canvas that is gone: paint nothing first.
    this.chart.clear();
    this.chart.getZr().flush();
    this.chart.dispose();
  }
};

// Rich text has its own braces; data must not be taken for them.
Sweep.tip = (lines) => lines.filter(Boolean).map((line) => String(line).replace(/[{}|]/g, " ")).join("\n");
Sweep.trialTip = (model, trial) =>
  Sweep.tip([
    `${trial.name}  ${trial.phase}`,
    trial.best === null ? "" : `${model.sweep.metric} ${Sweep.number(trial.best)}`,
    ...Object.entries(trial.parameters).slice(0, 12).map(([name, value]) => `${name} = ${Sweep.number(value)}`),
  ]);
// A line of legend and symbols for the phases that there are.
Sweep.byPhase = (trials) => {
  const groups = new Map();
  for (const trial of trials) {
    if (!groups.has(trial.phase)) groups.set(trial.phase, []);
    groups.get(trial.phase).push(trial);
  }
  return [...groups];
};
