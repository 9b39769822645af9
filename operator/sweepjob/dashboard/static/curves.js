// Learning curves of all trials, the policy's threshold, and where it stopped which.
"use strict";
const finite = (trial) => {
  const { intervals, values } = trial.curve;
  return intervals.map((n, at) => [n, values[at]]).filter(([, value]) => value !== null);
};
// A curve's pieces between reports that were not finite.
const pieces = (trial, positive) => {
  const found = [[]];
  trial.curve.intervals.forEach((interval, at) => {
    const value = trial.curve.values[at];
    if (value === null || (positive && value <= 0)) found.push([]);
    else found.at(-1).push([interval, value]);
  });
  return found.filter((piece) => piece.length > 1);
};

Sweep.curveSeries = (trials, positive) => {
  const width = trials.length > 500 ? 0.7 : 1.2;
  const opacity = trials.length > 2000 ? 0.25 : trials.length > 200 ? 0.45 : 0.8;
  return Sweep.byPhase(trials).map(([phase, group]) => ({
    type: "lines",
    name: phase,
    coordinateSystem: "cartesian2d",
    polyline: true,
    progressive: 0,
    lineStyle: { color: Sweep.phase(phase).color, width, opacity, type: phase === "Failed" ? "dashed" : "solid" },
    itemStyle: { color: Sweep.phase(phase).color },
    data: group.flatMap((trial) => pieces(trial, positive).map((coords) => ({ coords, index: trial.index }))),
  }));
};
Sweep.thresholdSeries = (threshold, positive) => {
  if (!threshold) return [];
  const data = threshold.intervals.map((n, at) => [n, threshold.values[at]]);
  return [{
    type: "line", name: "threshold as of now", step: "end", showSymbol: data.length === 1, symbol: "rect",
    z: 5, lineStyle: { type: "dashed", width: 2.5 }, color: Sweep.colors().accent,
    data: data.filter(([, value]) => value !== null && !(positive && value <= 0)),
  }];
};
Sweep.stopSeries = (trials) => {
  const stopped = trials.filter((trial) => trial.stop?.policy && trial.stop.value !== null);
  if (!stopped.length) return [];
  return [{
    type: "scatter", name: "stopped", symbol: "pin", symbolSize: stopped.length > 300 ? 7 : 14, z: 6,
    itemStyle: { color: Sweep.phase("EarlyStopped").color, borderColor: Sweep.colors().back },
    data: stopped.map((t) => [t.stop.interval, t.stop.value, t.index]),
  }];
};
// The lines do not tell the axes how far they reach.
Sweep.curveExtent = (trials, threshold, positive) => {
  const values = trials.flatMap((t) => finite(t).map(([, v]) => v)).concat(threshold?.values || []);
  const usable = values.filter((v) => v !== null && !(positive && v <= 0));
  const last = trials.reduce((most, t) => Math.max(most, t.curve.intervals.at(-1) || 0), 1);
  const [low, high] = usable.length ? Sweep.extent(usable) : [0, 1];
  const pad = positive ? 0 : (high - low || Math.abs(high) || 1) * 0.03;
  return { low: low - pad, high: high + pad, last };
};

// What the policy looked at: the running best of one trial, and the threshold as it was when it decided.
Sweep.verdictSeries = (model, trial) => {
  let best = null;
  const running = finite(trial).map(([n, value]) => {
    if (model.isBetter(value, best)) best = value;
    return [n, best];
  });
  const stop = trial.stop?.policy && trial.stop.threshold !== null ? [[trial.stop.interval, trial.stop.threshold]] : [];
  return [
    { type: "line", name: "best so far", step: "end", showSymbol: false, color: Sweep.colors().text, lineStyle: { width: 1, type: "dotted" }, data: running },
    ...(stop.length ? [{ type: "scatter", name: "threshold then", symbol: "rect", symbolSize: [16, 4], z: 7, color: Sweep.colors().accent, data: stop }] : []),
  ];
};

Sweep.drawCurves = (chart, model, trials, { logX = false, logY = false, threshold = true, verdict = false } = {}) => {
  const cut = threshold ? model.sheet.threshold : null;
  const { low, high, last } = Sweep.curveExtent(trials, cut, logY);
  const axis = Sweep.axisStyle();
  const many = trials.length > 400;
  const label = { ...axis.axisLabel, formatter: Sweep.number, showMinLabel: false, showMaxLabel: false };
  chart.draw({
    legend: {},
    tooltip: {
      show: !many,
      trigger: "item",
      formatter: (p) => {
        const index = p.seriesType === "lines" ? p.data.index : p.value[2];
        const trial = model.trial(index);
        if (!trial) return "";
        return Sweep.trialTip(model, trial) + (p.seriesName === "stopped" ? `\n${Sweep.tip([trial.message])}` : "");
      },
    },
    xAxis: { ...axis, type: logX ? "log" : "value", name: "reports", ...Sweep.below, min: 1, max: Math.max(last, 2), minInterval: 1 },
    yAxis: { ...axis, axisLabel: label, type: logY ? "log" : "value", name: model.sweep.metric, min: low, max: high },
    dataZoom: [{ type: "inside", xAxisIndex: 0, filterMode: "none" }, { type: "inside", yAxisIndex: 0, filterMode: "none" }],
    series: [...Sweep.curveSeries(trials, logY), ...Sweep.thresholdSeries(cut, logY), ...Sweep.stopSeries(trials), ...(verdict ? Sweep.verdictSeries(model, trials[0]) : [])],
  }, `${Sweep.counted(trials.length, "trial")}${cut ? ", with the policy's threshold" : ""}`);
};

Sweep.views.push({
  id: "curves",
  title: "Curves",
  mount(panel, page) {
    const chosen = { logX: false, logY: false, threshold: true, which: "all" };
    const redraw = (key) => (value) => {
      chosen[key] = value;
      draw();
    };
    const which = [["all", "all trials"], ["best", "the best 20"], ["running", "those that run"], ["stopped", "those stopped early"]];
    panel.append(Sweep.el("div", { class: "controls" },
      Sweep.choose("Show", which, "all", redraw("which")),
      Sweep.check("threshold", true, redraw("threshold")),
      Sweep.check("logarithmic values", false, redraw("logY")),
      Sweep.check("logarithmic reports", false, redraw("logX"))));
    const chart = new Sweep.Chart(panel, "Learning curves", "tall");
    const note = Sweep.el("p", { class: "note" });
    panel.append(note);
    chart.on("click", (p) => {
      const index = p.seriesType === "lines" ? p.data.index : p.value?.[2];
      if (index !== undefined) page.openTrial(index);
    });
    const pick = () => {
      const all = page.model.trials.filter((trial) => trial.curve.intervals.length);
      const sign = page.model.sign;
      if (chosen.which === "running") return all.filter((t) => t.ended === null);
      if (chosen.which === "stopped") return all.filter((t) => t.phase === "EarlyStopped");
      if (chosen.which === "best") return all.filter((t) => t.best !== null).sort((a, b) => sign * (b.best - a.best)).slice(0, 20);
      return all;
    };
    const draw = () => {
      Sweep.drawCurves(chart, page.model, pick(), chosen);
      const longest = Math.max(0, ...page.model.trials.slice(0, 1000).map((t) => t.reports));
      const thinned = page.model.sheet.pointsEach < longest ? `Of each curve ${page.model.sheet.pointsEach} points are drawn. ` : "";
      const rule = page.model.sweep.policy ? `Policy: ${page.model.sweep.policy}. The threshold is what a further trial would have to reach now; a decision used what was known then.` : "There is no policy.";
      note.textContent = `${thinned}${rule} Scroll to zoom, drag to move.`;
    };
    return { update: draw, chart, close: () => chart.close() };
  },
});
