// What was decided, and when.
"use strict";
Sweep.decisions = (model) => {
  const rows = [];
  // What happened within a second in the order in which it does.
  const ranks = ["proposed", "started", "taken up again", "stopped"];
  const rank = ({ what }) => (what === "new best" ? 9 : ranks.includes(what) ? ranks.indexOf(what) : 5);
  for (const t of model.trials) {
    const add = (time, what, why) => time && rows.push({ time, trial: t.name, index: t.index, what, why });
    add(t.created, "proposed", `by ${t.source}: ${Object.entries(t.texts).map(([k, v]) => `${k}=${v}`).join(" ")}`);
    add(t.started, "started", t.attempt > 1 ? `its attempt ${t.attempt}` : "");
    for (const e of t.executions) add(e.ended, "taken up again", `attempt ${e.attempt} ended: ${e.reason} ${e.message}`);
    if (t.stop?.policy) add(t.decided || t.ended, "stopped", t.message);
    add(t.ended, t.phase, t.stop?.policy ? "" : [t.reason, t.message].filter(Boolean).join(": "));
  }
  for (const { trial, before } of model.improvements()) {
    if (trial.ended) rows.push({ time: trial.ended, trial: trial.name, index: trial.index, what: "new best", why: `${model.sweep.metric} ${Sweep.number(trial.best)}${before === null ? "" : `, before ${Sweep.number(before)}`}` });
  }
  return rows.sort((a, b) => b.time - a.time || b.index - a.index || rank(b) - rank(a));
};

Sweep.views.push({
  id: "log",
  title: "Log",
  mount(panel, page) {
    const link = (cell) => Sweep.el("a", { href: page.hrefOf("trial", cell.getData().index) }, cell.getValue());
    const columns = [
      Sweep.column("time (UTC)", "time", Sweep.time, { width: 170, headerFilter: false }),
      Sweep.column("trial", "trial", undefined, { formatter: link, width: 170 }),
      Sweep.column("what", "what", undefined, { width: 130 }),
      Sweep.column("why", "why", undefined, { widthGrow: 1 }),
    ];
    const box = Sweep.el("div", { class: "log" });
    panel.append(box);
    let count = -1;
    let table = null;
    return {
      update() {
        const rows = Sweep.decisions(page.model);
        if (rows.length === count) return;
        count = rows.length;
        if (table) table.replaceData(rows);
        else table = Sweep.table(box, columns, rows, { layout: "fitColumns" });
      },
      close: () => table?.destroy(),
    };
  },
});
