// Parallel coordinates: drag along an axis to keep the trials that go through there.
"use strict";
const MOST_AXES = 12;
const NOT_THERE = "not there"; // a parameter of another branch

Sweep.parallelAxes = (model, names) => {
  const style = Sweep.axisStyle();
  const short = (name) => (name.length > 18 ? `${name.slice(0, 8)}…${name.slice(-8)}` : name);
  const axes = names.map((name, dim) => {
    const p = model.parameter(name);
    const base = { dim, name: short(name), nameTextStyle: style.nameTextStyle };
    if (!p.isNumber) return { ...base, type: "category", data: p.isAlways ? p.choices : [...p.choices, NOT_THERE], axisLabel: { width: 110, overflow: "truncate" } };
    const flat = p.low === p.high ? {} : { min: p.low, max: p.high };
    return { ...base, type: p.log ? "log" : "value", ...flat, axisLabel: { formatter: Sweep.number } };
  });
  const values = model.trials.map((t) => t.best).filter((v) => v !== null);
  const [low, high] = values.length ? Sweep.extent(values) : [0, 1];
  const inverse = model.sign < 0;
  const range = low === high ? {} : { min: low, max: high };
  axes.push({ dim: names.length, name: short(model.sweep.metric), inverse, type: "value", ...range, axisLabel: { formatter: Sweep.number } });
  return { axes, low, high };
};

Sweep.drawParallel = (chart, model, names) => {
  const { axes, low, high } = Sweep.parallelAxes(model, names);
  const c = Sweep.colors();
  const kept = model.trials.filter((trial) => trial.best !== null);
  const plain = new Map(names.map((name) => [name, model.parameter(name).isNumber]));
  const data = kept.map((trial) => [
    ...names.map((name) => {
      const v = trial.parameters[name];
      if (v === undefined) return plain.get(name) ? "-" : NOT_THERE;
      return plain.get(name) ? v : String(v);
    }),
    trial.best,
  ]);
  const many = data.length > 1000;
  chart.draw({
    tooltip: { show: false },
    parallel: {
      left: 60, right: 90, top: 44, bottom: 70,
      parallelAxisDefault: {
        nameLocation: "end",
        nameTextStyle: { color: c.text },
        axisLabel: { color: c.text },
        axisLine: { lineStyle: { color: c.faint } },
        areaSelectStyle: { width: 22, color: c.accent, borderColor: c.accent, opacity: 0.25 },
        realtime: !many,
      },
    },
    parallelAxis: axes,
    visualMap: {
      type: "continuous", dimension: names.length, min: low, max: high === low ? low + 1 : high,
      inRange: { color: Sweep.scale(model) },
      orient: "horizontal", left: "center", bottom: 4, itemHeight: 160, text: [Sweep.number(high), Sweep.number(low)],
      textStyle: { color: c.text }, calculable: false,
    },
    series: [{
      type: "parallel", smooth: false, progressive: 2000, progressiveThreshold: 4000,
      lineStyle: { width: many ? 0.8 : 1.4, opacity: many ? 0.35 : 0.7 },
      inactiveOpacity: 0.03, activeOpacity: 0.9, data,
    }],
  }, `${Sweep.counted(kept.length, "trial")} over ${names.join(", ")} and ${model.sweep.metric}`);
  return kept;
};

Sweep.views.push({
  id: "parallel",
  title: "Parameters",
  mount(panel, page) {
    const all = page.model.rankedNames();
    const shown = new Set(all.slice(0, MOST_AXES));
    const boxes = all.map((name) => Sweep.check(name, shown.has(name), (on) => {
      if (on) shown.add(name);
      else shown.delete(name);
      draw();
    }));
    panel.append(Sweep.el("details", { class: "columns-menu" }, Sweep.el("summary", {}, "Axes"), Sweep.el("div", { class: "checks" }, boxes)));
    const chart = new Sweep.Chart(panel, "Parallel coordinates", "tall");
    const note = Sweep.el("p", { class: "note", "aria-live": "polite" });
    const list = Sweep.el("ul", { class: "selected" });
    panel.append(note, list);
    let kept = [];
    const told = Sweep.throttled(() => {
      const series = chart.chart.getModel().getSeriesByIndex(0);
      const brushed = chart.chart.getModel().queryComponents({ mainType: "parallelAxis" }).some((axis) => axis.activeIntervals.length);
      const indices = brushed ? series.getRawIndicesByActiveState("active") : [];
      const chosen = indices.map((n) => kept[n]).sort((a, b) => page.model.sign * (b.best - a.best));
      note.textContent = brushed
        ? `${chosen.length} of ${Sweep.counted(kept.length, "trial")} selected; click on an axis to end its selection. The best of them:`
        : "Axes are ordered by importance. Drag along an axis to select trials.";
      list.replaceChildren(...chosen.slice(0, 10).map((trial) =>
        Sweep.el("li", {}, Sweep.el("a", { href: page.hrefOf("trial", trial.index) }, trial.name), ` ${page.model.sweep.metric} ${Sweep.number(trial.best)}`)));
    }, 100);
    chart.on("axisareaselected", told);
    let drawn = "";
    const draw = () => {
      // A selection would be lost: drawn anew only for another number of trials.
      const names = page.model.rankedNames().filter((name) => shown.has(name));
      const state = JSON.stringify([names, page.model.trials.filter((t) => t.best !== null).length, page.theme]);
      if (state === drawn) return;
      drawn = state;
      kept = Sweep.drawParallel(chart, page.model, names);
      told();
    };
    return { update: draw, chart, close: () => chart.close() };
  },
});
