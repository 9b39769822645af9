// Two sweeps of one space beside each other.
"use strict";
Sweep.drawComparison = (chart, models, byCost) => {
  const axis = Sweep.axisStyle();
  const colors = [Sweep.phase("Succeeded").color, Sweep.phase("Failed").color, "#009e73", "#cc79a7"];
  const series = models.map((model, n) => {
    const place = new Map(model.inOrder().map((trial, at) => [trial.index, at + 1]));
    const found = model.improvements().map(({ trial, spent }) => [byCost ? spent : place.get(trial.index), trial.best]);
    const total = byCost ? model.trials.reduce((s, t) => s + model.costOf(t), 0) : model.trials.length;
    if (found.length) found.push([total, found.at(-1)[1]]);
    return { type: "line", name: model.title, step: "end", symbolSize: 6, symbol: ["circle", "diamond", "triangle", "rect"][n % 4], color: colors[n % 4], lineStyle: { width: 2, type: n ? "dashed" : "solid" }, data: found };
  });
  const unit = models.some((m) => m.hasGpus) ? Sweep.gpu : Sweep.duration;
  chart.draw({
    legend: {},
    tooltip: { trigger: "item", formatter: (p) => Sweep.tip([p.seriesName, `${Sweep.number(p.value[1])} after ${byCost ? unit(p.value[0]) : Sweep.counted(p.value[0], "trial")}`]) },
    xAxis: { ...axis, type: "value", name: byCost ? "cost" : "trials", ...Sweep.below, axisLabel: { ...axis.axisLabel, ...(byCost ? { formatter: unit } : {}) } },
    yAxis: { ...axis, type: "value", name: models[0].sweep.metric, scale: true },
    series,
  }, models.map((m) => `${m.title} reached ${Sweep.number(m.sweep.bestValue)}`).join(", "));
};

Sweep.mountComparison = (panel, models) => {
  const chosen = { byCost: false };
  const chart = new Sweep.Chart(Sweep.el("section", { class: "card" }), "Comparison of sweeps");
  const names = [...new Set(models.flatMap((m) => m.parameterNames()))];
  const row = (tag, texts) => Sweep.el("tr", {}, texts.map((t, n) => Sweep.el(n ? tag : "th", {}, t)));
  const same = models.every((m) => m.sweep.metric === models[0].sweep.metric && m.sweep.goal === models[0].sweep.goal);
  const draw = () => Sweep.drawComparison(chart, models, chosen.byCost);
  panel.append(
    same ? "" : Sweep.el("p", { class: "trouble" }, "These sweeps have different objectives: their values cannot be compared."),
    Sweep.el("div", { class: "controls" }, Sweep.check("by cost instead of trials", false, (on) => {
      chosen.byCost = on;
      draw();
    })),
    chart.box,
    Sweep.el("table", { class: "plain" },
      row("th", ["", ...models.map((m) => m.title)]),
      row("td", ["state", ...models.map((m) => m.sweep.phase)]),
      row("td", ["sampling", ...models.map((m) => m.sweep.sampling)]),
      row("td", ["policy", ...models.map((m) => m.sweep.policy || "none")]),
      row("td", ["trials", ...models.map((m) => String(m.trials.length))]),
      row("td", ["stopped early", ...models.map((m) => String(m.sweep.counts.earlyStopped || 0))]),
      row("td", ["GPU-time", ...models.map((m) => Sweep.gpu(m.sweep.used))]),
      row("td", [`best ${models[0].sweep.metric}`, ...models.map((m) => Sweep.number(m.sweep.bestValue))]),
      names.map((name) => row("td", [name, ...models.map((m) => m.sweep.best?.parameters[name] ?? "")]))));
  draw();
  return { update: draw, close: () => chart.close() };
};
