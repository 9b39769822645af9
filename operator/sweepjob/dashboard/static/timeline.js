// Trials over slots: when each waited, ran and ended.
"use strict";
Sweep.slots = (trials, now) => {
  const free = [];
  const begun = trials.filter((t) => (t.created ?? t.started) !== null).sort((a, b) => (a.started ?? Infinity) - (b.started ?? Infinity) || a.index - b.index);
  return begun.map((trial) => {
    const from = trial.started ?? trial.created;
    const to = trial.ended ?? now;
    let slot = free.findIndex((until) => until <= from);
    if (slot < 0) slot = free.push(0) - 1;
    free[slot] = Math.max(to, from);
    return { trial, slot, from, to, asked: Math.min(trial.created ?? from, from) };
  });
};

Sweep.drawTimeline = (chart, model) => {
  const now = model.sheet.made;
  const bars = Sweep.slots(model.trials, now);
  const zero = bars.reduce((first, bar) => Math.min(first, bar.asked), Infinity);
  const high = bars.reduce((most, bar) => Math.max(most, bar.slot + 1), 1);
  const axis = Sweep.axisStyle();
  const drawn = (colored, start, thin) => (_, api) => {
    const [x1, y1] = api.coord([api.value(start), api.value(2)]);
    const [x2] = api.coord([api.value(start + 1), api.value(2)]);
    const height = Math.max(1, api.size([0, 1])[1] * (thin ? 0.1 : 0.7));
    return {
      type: "rect", shape: { x: x1, y: thin ? y1 + api.size([0, 1])[1] * 0.38 : y1 - height / 2, width: Math.max(x2 - x1, 1), height },
      style: { fill: colored(api.value(4)), opacity: thin ? 0.6 : 0.9, stroke: Sweep.colors().back, lineWidth: thin ? 0 : 0.5 },
    };
  };
  const data = bars.map(({ trial, slot, from, to, asked }) => [from - zero, to - zero, slot, asked - zero, trial.index]);
  const waits = data.map(([from, , slot, asked, index]) => [asked, from, slot, 0, index]);
  const colorOf = (index) => Sweep.phase(model.trial(index)?.phase).color;
  const waited = bars.map(({ from, asked }) => from - asked);
  const mean = waited.length ? waited.reduce((a, b) => a + b, 0) / waited.length : 0;
  chart.draw({
    tooltip: { trigger: "item", formatter: (p) => {
      const trial = model.trial(p.value[4]);
      if (!trial) return "";
      const wait = trial.started !== null && trial.created !== null ? `waited ${Sweep.duration(trial.started - trial.created)}` : "";
      return Sweep.tip([`${trial.name}  ${trial.phase}`, wait, `ran ${Sweep.duration(trial.seconds)}`]);
    } },
    xAxis: { ...axis, type: "value", name: "since the first trial", ...Sweep.below, min: 0, minInterval: 1, axisLine: { ...axis.axisLine, onZero: false }, axisLabel: { ...axis.axisLabel, formatter: Sweep.duration } },
    yAxis: { ...axis, type: "value", name: "slot", min: -0.5, max: high - 0.5, minInterval: 1, axisLabel: { show: false }, splitLine: { show: false } },
    dataZoom: [{ type: "inside", filterMode: "weakFilter" }],
    series: [
      { type: "custom", name: "waiting", renderItem: drawn(() => Sweep.colors().faint, 0, true), encode: { x: [0, 1], y: 2 }, data: waits, progressive: 2000 },
      { type: "custom", name: "trials", renderItem: drawn(colorOf, 0, false), encode: { x: [0, 1], y: 2 }, data, progressive: 2000 },
    ],
  }, `${Sweep.counted(bars.length, "trial")} in ${Sweep.counted(high, "slot")}`);
  return { mean, slots: high, count: bars.length };
};

Sweep.views.push({
  id: "timeline",
  title: "Timeline",
  mount(panel, page) {
    const chart = new Sweep.Chart(panel, "Timeline", "tall");
    const note = Sweep.el("p", { class: "note" });
    const legend = Sweep.el("p", { class: "note" }, Object.keys(Sweep.phases).filter((p) => !["Stopping", "Queued"].includes(p)).map((p) => [Sweep.phaseMark(p), " "]).flat());
    panel.append(legend, note);
    chart.on("click", (p) => page.openTrial(p.value[4]));
    return {
      update() {
        const { mean, slots, count } = Sweep.drawTimeline(chart, page.model);
        note.textContent = count ? `${Sweep.counted(slots, "slot")} in use at most. A trial waited ${Sweep.duration(mean) || "0s"} on average from its proposal to its start (thin bars).` : "No trial has started yet.";
      },
      close: () => chart.close(),
    };
  },
});
