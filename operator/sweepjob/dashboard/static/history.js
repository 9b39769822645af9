// The best value of every trial, and the best so far.
"use strict";
Sweep.drawHistory = (chart, model) => {
  const order = model.inOrder();
  const place = new Map(order.map((trial, n) => [trial.index, n + 1]));
  const steps = model.improvements().map(({ trial }) => [place.get(trial.index), trial.best]);
  if (steps.length) steps.push([order.length, steps.at(-1)[1]]);
  const series = Sweep.byPhase(order.filter((trial) => trial.best !== null)).map(([phase, trials]) => ({
    type: "scatter",
    name: phase,
    symbol: Sweep.phase(phase).symbol,
    symbolSize: order.length > 2000 ? 4 : 8,
    itemStyle: { color: Sweep.phase(phase).color },
    data: trials.map((trial) => [place.get(trial.index), trial.best, trial.index]),
  }));
  const axis = Sweep.axisStyle();
  chart.draw({
    legend: {},
    tooltip: { trigger: "item", formatter: (p) => (p.value.length > 2 ? Sweep.trialTip(model, model.trial(p.value[2])) : "") },
    xAxis: { ...axis, type: "value", name: "trials by their end", ...Sweep.below, minInterval: 1, min: 0 },
    yAxis: { ...axis, type: "value", name: model.sweep.metric, scale: true },
    dataZoom: [{ type: "inside", filterMode: "none" }],
    series: [
      ...series,
      { type: "line", name: "best so far", step: "end", showSymbol: false, data: steps, color: Sweep.colors().text, lineStyle: { width: 2 } },
    ],
  }, model.sweep.best ? `${order.length} trials, the best value is ${Sweep.number(model.sweep.best.value)}` : "no value yet");
};

Sweep.views.push({
  id: "overview",
  title: "Overview",
  mount(panel, page) {
    const left = Sweep.el("section", { class: "card" }, Sweep.el("h2", {}, "Objective history"));
    const right = Sweep.el("section", { class: "card" }, Sweep.el("h2", {}, "Which parameters matter"));
    const note = Sweep.el("p", { class: "note" });
    panel.append(Sweep.el("div", { class: "columns" }, left, right));
    const history = new Sweep.Chart(left, "Objective history");
    const bars = new Sweep.Chart(right, "Parameter importance");
    right.append(note);
    history.on("click", (event) => event.value.length > 2 && page.openTrial(event.value[2]));
    return {
      update() {
        Sweep.drawHistory(history, page.model);
        Sweep.drawImportance(bars, page.model, note, 8);
      },
      close() {
        history.close();
        bars.close();
      },
    };
  },
});
