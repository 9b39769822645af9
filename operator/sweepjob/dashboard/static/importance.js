// Importance of parameters, slices of one, and the plane of two.
"use strict";
Sweep.drawImportance = (chart, model, note, most = 30) => {
  const found = model.sheet.importance;
  const mains = (found?.mains || []).slice(0, most);
  const axis = Sweep.axisStyle();
  const names = mains.map((main) => main.name).reverse();
  const rows = mains.map((main, n) => [main.low, main.high, mains.length - 1 - n]);
  chart.draw({
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([p]) => {
      const main = mains[mains.length - 1 - p.dataIndex];
      return Sweep.tip([main.name, `${Sweep.percent(main.share)} of the variance`, `four of five trees: ${Sweep.percent(main.low)} to ${Sweep.percent(main.high)}`]);
    } },
    xAxis: { ...axis, type: "value", min: 0, max: (v) => Math.min(1, Math.max(0.1, v.max * 1.05)), axisLabel: { ...axis.axisLabel, formatter: (v) => `${Math.round(v * 100)} %` } },
    yAxis: { ...axis, type: "category", data: names, axisLabel: { ...axis.axisLabel, width: 140, overflow: "truncate" } },
    series: [
      { type: "bar", name: "share", color: Sweep.phase("Succeeded").color, barMaxWidth: 26, data: mains.map((m) => m.share).reverse() },
      {
        type: "custom", name: "spread", z: 5, data: rows, encode: { x: [0, 1], y: 2 }, tooltip: { show: false },
        renderItem: (_, api) => {
          const [x1, y] = api.coord([api.value(0), api.value(2)]);
          const [x2] = api.coord([api.value(1), api.value(2)]);
          const line = (a, b, c, d) => ({ type: "line", shape: { x1: a, y1: b, x2: c, y2: d }, style: { stroke: Sweep.colors().text, lineWidth: 1.5 } });
          return { type: "group", children: [line(x1, y, x2, y), line(x1, y - 5, x1, y + 5), line(x2, y - 5, x2, y + 5)] };
        },
      },
    ],
  }, mains.map((m) => `${m.name} ${Sweep.percent(m.share)}`).join(", "));
  note.textContent = mains.length
    ? `Share of the metric's variance over the search space that each parameter explains on its own: functional ANOVA (Hutter et al. 2014) on a random forest of 64 trees over ${found.trials} trials; whiskers hold four of five trees. Trials that were stopped count with their best so far.${found.clipped ? ` ${found.clipped} far outliers were moved to the edge.` : ""}`
    : !found ? "Importance is being computed." : "Too few trials, or all equally good: nothing can be said of importance yet.";
};

// The name of a parameter without the positions of branches.
const plainName = (name) => name.replace(/\[\d+\]/g, "");
// A trial's value on an axis of the importance: the parameter's own, or the constants that tell its branch;
// undefined where it has none.
const valueOf = (trial, axis) => {
  const name = plainName(axis.name);
  if (trial.parameters[name] !== undefined) return trial.parameters[name];
  const has = (pair) => String(trial.parameters[`${name}.${pair.split("=")[0]}`]) === pair.slice(pair.indexOf("=") + 1);
  return axis.values.find((value) => typeof value === "string" && value.includes("=") && value.split(", ").every(has));
};

Sweep.drawSlice = (chart, model, name) => {
  const found = model.sheet.importance;
  const main = found.mains.find((m) => m.name === name);
  const axisOf = found.axes.find((a) => a.name === name);
  const style = Sweep.axisStyle();
  const parameter = model.parameter(plainName(name));
  const there = axisOf.values.map((v, n) => [v, n]).filter(([v]) => v !== null);
  const numeric = axisOf.ordered && parameter.isNumber;
  const at = (v) => (numeric ? v : String(v));
  const line = there.map(([v, n]) => [at(v), main.effect[n]]);
  const band = (sign) => there.map(([v, n]) => [at(v), main.effect[n] + sign * main.spread[n]]);
  const trials = model.trials.filter((t) => t.best !== null && valueOf(t, axisOf) !== undefined);
  const dashed = { type: "line", showSymbol: false, lineStyle: { type: "dotted", width: 1 }, color: Sweep.colors().text };
  chart.draw({
    legend: { data: ["trials", "mean over all others"] },
    tooltip: { trigger: "item", formatter: (p) => (p.value.length > 2 ? Sweep.trialTip(model, model.trial(p.value[2])) : "") },
    xAxis: numeric
      ? { ...style, type: parameter.log ? "log" : "value", scale: true, name, ...Sweep.below, axisLabel: { ...style.axisLabel, formatter: Sweep.number }, min: parameter.low, max: parameter.high }
      : { ...style, type: "category", name, ...Sweep.below, data: there.map(([v]) => String(v)) },
    yAxis: { ...style, type: "value", name: model.sweep.metric, scale: true },
    series: [
      { type: "scatter", name: "trials", symbolSize: trials.length > 2000 ? 3 : 7, itemStyle: { color: Sweep.phase("Succeeded").color, opacity: 0.6 }, data: trials.map((t) => [at(valueOf(t, axisOf)), t.best, t.index]) },
      { type: "line", name: "mean over all others", showSymbol: !numeric, color: Sweep.phase("Failed").color, lineStyle: { width: 2.5 }, data: line },
      { ...dashed, name: "above", data: band(1) },
      { ...dashed, name: "below", data: band(-1) },
    ],
  }, `${name} against ${model.sweep.metric}, ${Sweep.counted(trials.length, "trial")}`);
};

Sweep.drawContour = (chart, model, pair) => {
  const axes = [pair.first, pair.second].map((name) => model.sheet.importance.axes.find((a) => a.name === name));
  const labels = axes.map((a) => a.values.map((v) => (v === null ? "not there" : Sweep.number(v))));
  const cells = pair.effect.flatMap((row, x) => row.map((value, y) => [x, y, value]));
  const [low, high] = Sweep.extent(cells.map(([, , value]) => value));
  const style = Sweep.axisStyle();
  const place = (axis, value) => {
    if (value === undefined) return axis.values.indexOf(null);
    if (!axis.ordered) return axis.values.findIndex((v) => String(v) === String(value));
    let best = 0;
    axis.values.forEach((v, n) => {
      if (v !== null && Math.abs(v - value) < Math.abs(axis.values[best] - value)) best = n;
    });
    return best;
  };
  const points = model.trials.filter((t) => t.best !== null).slice(0, 3000)
    .map((t) => [...axes.map((axis) => place(axis, valueOf(t, axis))), t.best, t.index])
    .filter(([x, y]) => x >= 0 && y >= 0);
  const of = (name, data) => ({ ...style, type: "category", name, data, splitLine: { show: false } });
  chart.draw({
    tooltip: { trigger: "item", formatter: (p) => p.value.length > 3
      ? Sweep.trialTip(model, model.trial(p.value[3]))
      : Sweep.tip([`${pair.first} ${labels[0][p.value[0]]}`, `${pair.second} ${labels[1][p.value[1]]}`, `${model.sweep.metric} ${Sweep.number(p.value[2])}`]) },
    grid: { left: 12, right: 170, top: 36, bottom: 56, containLabel: true },
    xAxis: { ...of(pair.first, labels[0]), ...Sweep.below },
    yAxis: { ...of(pair.second, labels[1]), nameLocation: "end" },
    visualMap: { type: "piecewise", seriesIndex: 0, dimension: 2, min: low, max: high === low ? low + 1 : high, splitNumber: 10, precision: Math.max(0, Math.min(8, 2 - Math.floor(Math.log10(high - low || 1)))),
      inRange: { color: Sweep.scale(model) }, right: 0, top: "middle", textStyle: { color: Sweep.colors().text } },
    series: [
      { type: "heatmap", name: "mean over all others", data: cells, progressive: 0 },
      { type: "scatter", name: "trials", symbolSize: 5, itemStyle: { color: "transparent", borderColor: "#fff", borderWidth: 1.2, shadowBlur: 2, shadowColor: "#000" }, data: points },
    ],
  }, `${pair.first} and ${pair.second} against ${model.sweep.metric}`);
};

Sweep.views.push({
  id: "importance",
  title: "Importance",
  mount(panel, page) {
    const bars = Sweep.el("section", { class: "card" }, Sweep.el("h2", {}, "Importance"));
    const slice = Sweep.el("section", { class: "card" }, Sweep.el("h2", {}, "Slice"));
    const plane = Sweep.el("section", { class: "card" }, Sweep.el("h2", {}, "Two together"));
    const note = Sweep.el("p", { class: "note" });
    const chooseOne = Sweep.el("div", { class: "controls" });
    const choosePair = Sweep.el("div", { class: "controls" });
    slice.append(chooseOne);
    plane.append(choosePair);
    panel.append(Sweep.el("div", { class: "columns" }, bars, slice, plane));
    const charts = [new Sweep.Chart(bars, "Parameter importance"), new Sweep.Chart(slice, "Slice"), new Sweep.Chart(plane, "Contour")];
    bars.append(note);
    const open = (at) => (p) => p.value?.length > at && page.openTrial(p.value[at]);
    charts[1].on("click", open(2));
    charts[2].on("click", open(3));
    const chosen = { one: null, pair: null };
    const draw = () => {
      const found = page.model.sheet.importance;
      Sweep.drawImportance(charts[0], page.model, note);
      slice.hidden = !found?.mains?.length;
      plane.hidden = !found?.pairs?.length;
      if (!slice.hidden) {
        const names = found.mains.map((m) => m.name);
        if (!names.includes(chosen.one)) chosen.one = names[0];
        // Not while somebody is choosing.
        if (!chooseOne.contains(document.activeElement)) chooseOne.replaceChildren(Sweep.choose("Parameter", names.map((n) => [n, n]), chosen.one, (v) => {
          chosen.one = v;
          Sweep.drawSlice(charts[1], page.model, v);
        }));
        Sweep.drawSlice(charts[1], page.model, chosen.one);
      }
      if (!plane.hidden) {
        const title = (p) => `${p.first} × ${p.second} (${Sweep.percent(p.share)} beyond each alone)`;
        const current = Math.max(0, found.pairs.findIndex((p) => chosen.pair === `${p.first}\n${p.second}`));
        if (!choosePair.contains(document.activeElement)) choosePair.replaceChildren(Sweep.choose("Pair", found.pairs.map((p, n) => [String(n), title(p)]), String(current), (v) => {
          chosen.pair = `${found.pairs[v].first}\n${found.pairs[v].second}`;
          Sweep.drawContour(charts[2], page.model, found.pairs[v]);
        }));
        Sweep.drawContour(charts[2], page.model, found.pairs[current]);
      }
    };
    return { update: draw, close: () => charts.forEach((chart) => chart.close()) };
  },
});
