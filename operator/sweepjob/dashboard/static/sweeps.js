// The list of sweeps.
"use strict";
Sweep.mountSweeps = (panel, page) => {
  const picked = new Set();
  const compare = Sweep.el("a", { class: "button", hidden: true }, "Compare");
  const told = () => {
    const names = [...picked];
    compare.hidden = names.length < 2;
    compare.href = `#/compare/${names.map((n) => n.split("/").map(encodeURIComponent).join("/")).join("/")}`;
    compare.textContent = `Compare ${names.length} sweeps`;
  };
  const pick = (cell) => {
    const { id } = cell.getData();
    const box = Sweep.el("input", { type: "checkbox", "aria-label": `compare ${id}`, checked: picked.has(id) });
    box.addEventListener("change", () => {
      if (box.checked) picked.add(id);
      else picked.delete(id);
      told();
    });
    return box;
  };
  const link = (cell) => {
    const { namespace, name } = cell.getData();
    return Sweep.el("a", { href: Sweep.hrefOf(namespace, name, "overview") }, name);
  };
  const progress = (cell) => {
    const { ended, total } = cell.getData();
    return Sweep.el("span", {}, Sweep.el("progress", { max: "1", value: String(total ? ended / total : 0), "aria-hidden": "true" }), ` ${ended}/${total}`);
  };
  const attention = (cell) => {
    const { attention: reason, troubles } = cell.getData();
    return Sweep.el("span", { class: "attention", title: troubles.join("\n") }, reason);
  };
  const column = Sweep.column;
  const columns = [
    { title: "", field: "id", formatter: pick, headerSort: false, width: 40, minWidth: 40, titleFormatter: () => document.createTextNode("") },
    column("namespace", "namespace", undefined, { minWidth: 150 }),
    column("sweep", "name", undefined, { formatter: link, minWidth: 160 }),
    column("state", "phase", undefined, { formatter: (cell) => Sweep.el("span", { class: `state ${cell.getValue()}` }, cell.getValue()) }),
    column("reason", "attention", undefined, { formatter: attention, minWidth: 130 }),
    column("progress", "share", undefined, { formatter: progress, headerFilter: false, minWidth: 150 }),
    column("running", "running"),
    column("best", "bestValue"), column("metric", "metric"),
    column("GPU-h used", "used", (s) => (s / 3600).toFixed(2), { headerFilter: false }),
    column("GPU-h saved", "saved", (s) => (s / 3600).toFixed(2), { headerFilter: false }),
    column("age", "age", Sweep.duration, { headerFilter: false }),
  ];
  const row = (now) => (sweep) => ({
    ...sweep, id: `${sweep.namespace}/${sweep.name}`, ended: sweep.counts.ended, total: sweep.counts.total,
    running: sweep.counts.running || 0, share: sweep.counts.total ? sweep.counts.ended / sweep.counts.total : 0, age: now - sweep.created,
    attention: (sweep.troubles[0] || "").split(":")[0],
  });
  const search = Sweep.el("input", { type: "search", placeholder: "any text", "aria-label": "filter sweeps by text" });
  const box = Sweep.el("div", { class: "sweeps" });
  panel.append(Sweep.el("h1", {}, "Sweeps"), Sweep.el("div", { class: "controls" }, search, compare), box);
  let table = null;
  const filter = () => {
    const text = search.value.toLowerCase();
    table?.setFilter((data) => [data.id, data.phase, data.metric, data.bestTrial, data.reason].join(" ").toLowerCase().includes(text));
  };
  search.addEventListener("input", filter);
  return {
    show(sweeps, now) {
      const rows = sweeps.map(row(now));
      if (table) table.replaceData(rows);
      else table = Sweep.table(box, columns, rows, { index: "id", layout: "fitColumns", initialSort: [{ column: "age", dir: "asc" }], placeholder: "No sweeps here: kubectl apply -f SWEEP.yaml" });
    },
    close: () => table?.destroy(),
  };
};
