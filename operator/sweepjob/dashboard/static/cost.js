// What a sweep cost, what stopping early saved, and what each improvement took.
"use strict";
Sweep.views.push({
  id: "cost",
  title: "Cost",
  mount(panel, page) {
    const left = Sweep.el("section", { class: "card" }, Sweep.el("h2", {}, "By what became of the trials"));
    const right = Sweep.el("section", { class: "card" }, Sweep.el("h2", {}, "What each improvement took"));
    panel.append(Sweep.el("div", { class: "columns" }, left, right));
    const bars = new Sweep.Chart(left, "Cost by phase");
    const steps = new Sweep.Chart(right, "Best value by cost");
    const sums = Sweep.el("table", { class: "plain" });
    const gains = Sweep.el("table", { class: "plain" });
    left.append(sums);
    right.append(gains);
    const cells = (tag, texts) => Sweep.el("tr", {}, texts.map((text) => Sweep.el(tag, {}, text)));
    const update = () => {
      const { model } = page;
      const unit = model.hasGpus ? Sweep.gpu : Sweep.duration;
      const word = model.hasGpus ? "GPU-time" : "time of trials (none has a GPU)";
      const groups = Sweep.byPhase(model.trials).map(([phase, trials]) => ({
        phase, count: trials.length,
        used: trials.reduce((sum, t) => sum + model.costOf(t), 0),
        saved: trials.reduce((sum, t) => sum + t.gpuSecondsSaved, 0),
      }));
      const all = { phase: "all", count: model.trials.length, used: groups.reduce((s, g) => s + g.used, 0), saved: groups.reduce((s, g) => s + g.saved, 0) };
      sums.replaceChildren(cells("th", ["", "trials", word, "saved by stopping early"]),
        ...[...groups, all].map((g) => cells("td", [g.phase, String(g.count), unit(g.used), model.hasGpus ? unit(g.saved) : ""])));
      const axis = Sweep.axisStyle();
      const label = { ...axis.axisLabel, formatter: unit };
      bars.draw({
        legend: {},
        tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: unit },
        xAxis: { ...axis, type: "category", data: groups.map((g) => g.phase) },
        yAxis: { ...axis, type: "value", axisLabel: label },
        series: [
          { type: "bar", name: "used", stack: "all", barMaxWidth: 60, data: groups.map((g) => ({ value: g.used, itemStyle: { color: Sweep.phase(g.phase).color } })), color: Sweep.phase("Succeeded").color },
          { type: "bar", name: "saved (estimate)", stack: "all", barMaxWidth: 60, color: "#56b4e9", itemStyle: { decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -0.8, color: "rgba(0,0,0,0.4)" } }, data: groups.map((g) => (model.hasGpus ? g.saved : 0)) },
        ],
      }, `${unit(all.used)} used${model.hasGpus ? `, ${unit(all.saved)} saved` : ""}`);
      const found = model.improvements();
      const points = found.map(({ trial, spent }) => [spent, trial.best, trial.index]);
      if (points.length) points.push([all.used, points.at(-1)[1], points.at(-1)[2]]);
      steps.draw({
        tooltip: { trigger: "item", formatter: (p) => (model.trial(p.value[2]) ? Sweep.trialTip(model, model.trial(p.value[2])) : "") },
        xAxis: { ...axis, type: "value", name: word, ...Sweep.below, axisLabel: label },
        yAxis: { ...axis, type: "value", name: model.sweep.metric, scale: true },
        series: [{ type: "line", step: "end", color: Sweep.phase("Succeeded").color, symbolSize: 7, data: points }],
      }, `${Sweep.counted(found.length, "improvement")}`);
      gains.replaceChildren(cells("th", ["trial", model.sweep.metric, "better by", "spent since the one before"]),
        ...found.map(({ trial, before, spent }, n) => cells("td", [trial.name, Sweep.number(trial.best), before === null ? "" : Sweep.number(Math.abs(trial.best - before)), unit(spent - (found[n - 1]?.spent || 0))])).slice(-50).reverse());
    };
    return { update, close: () => [bars, steps].forEach((chart) => chart.close()) };
  },
});
