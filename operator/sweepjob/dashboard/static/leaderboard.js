// All trials in a table: sort, filter, hide columns.
"use strict";
// ">0.5", "<= 3", "!x" or a part of the text.
Sweep.matches = (wanted, value) => {
  const text = String(wanted).trim();
  const bound = /^(<=|>=|<|>|=)\s*(-?[\d.]+(?:e[-+]?\d+)?)$/i.exec(text);
  if (bound && typeof value === "number") {
    const limit = Number(bound[2]);
    return { "<": value < limit, ">": value > limit, "<=": value <= limit, ">=": value >= limit, "=": value === limit }[bound[1]];
  }
  const shown = value === null || value === undefined ? "" : String(value).toLowerCase();
  return text.startsWith("!") ? !shown.includes(text.slice(1).toLowerCase()) : shown.includes(text.toLowerCase());
};

// Cells are text nodes, whatever is in them.
Sweep.textCell = (write) => (cell) => document.createTextNode(write(cell.getValue()));
const byValue = (a, b) => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true });
};
Sweep.column = (title, field, write = Sweep.number, more = {}) => ({
  title,
  field,
  formatter: Sweep.textCell(write),
  titleFormatter: (cell) => document.createTextNode(cell.getValue()),
  // Those without a value come last, whichever way it is sorted.
  sorter: (a, b, rowA, rowB, column, direction) => {
    const lacks = (v) => v === null || v === undefined || v === "";
    if (lacks(a) || lacks(b)) return (lacks(a) - lacks(b)) * (direction === "asc" ? 1 : -1);
    return byValue(a, b);
  },
  headerFilter: "input",
  headerFilterFunc: Sweep.matches,
  headerFilterPlaceholder: "filter",
  minWidth: 84,
  ...more,
});
Sweep.table = (box, columns, data, more = {}) => {
  const table = new Tabulator(box, {
    data,
    columns,
    nestedFieldSeparator: false,
    height: "min(70vh, 900px)",
    layout: "fitDataFill",
    movableColumns: true,
    placeholder: "Nothing here",
    ...more,
  });
  table.on("tableBuilt", () => table.getColumns().forEach((column) => sortByKey(table, column)));
  return table;
};
// A head can be reached with the keyboard, and Enter sorts by it.
const sortByKey = (table, column) => {
  const head = column.getElement();
  head.tabIndex = 0;
  head.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== head) return;
    const [sorter] = table.getSorters();
    const isUp = sorter?.field === column.getField() && sorter.dir === "asc";
    table.setSort(column.getField(), isUp ? "desc" : "asc");
  });
};

const MARKS = { Succeeded: "●", EarlyStopped: "◆", Running: "▲", Stopping: "△", Failed: "■", Canceled: "□" };
Sweep.phaseMark = (phase) =>
  Sweep.el("span", { class: `phase ${phase}` }, `${MARKS[phase] || "○"} ${phase}`);

Sweep.views.push({
  id: "trials",
  title: "Trials",
  mount(panel, page) {
    const hidden = new Set(["gpuSecondsSaved", "last"]);
    const fixed = [
      ["trial", "name", undefined], ["phase", "phase"], [page.model.sweep.metric, "best"], ["last", "last"],
      ["reports", "reports"], ["time", "seconds", Sweep.duration], ["GPU-seconds", "gpuSeconds"],
      ["saved", "gpuSecondsSaved"], ["reason", "reason"],
    ];
    const link = (cell) => {
      const { index, name } = cell.getData();
      return Sweep.el("a", { href: page.hrefOf("trial", index) }, name);
    };
    const names = page.model.parameterNames();
    const columns = [
      ...fixed.map(([title, field, write]) => Sweep.column(title, field, write, { visible: !hidden.has(field) })),
      ...names.map((name) => Sweep.column(name, `p:${name}`)),
    ];
    columns[0] = { ...columns[0], formatter: link, frozen: true };
    columns[1] = { ...columns[1], formatter: (cell) => Sweep.phaseMark(cell.getValue()) };
    const row = (trial) => {
      const parameters = Object.entries(trial.parameters).map(([name, value]) => [`p:${name}`, value]);
      return { ...trial, curve: null, id: trial.index, ...Object.fromEntries(parameters) };
    };
    const shown = Sweep.el("p", { class: "note", "aria-live": "polite" });
    const box = Sweep.el("div", { class: "leaderboard" });
    const boxes = columns.slice(1).map((column) =>
      Sweep.check(column.title, !hidden.has(column.field), (on) => table[on ? "showColumn" : "hideColumn"](column.field)));
    panel.append(
      Sweep.el("details", { class: "columns-menu" }, Sweep.el("summary", {}, "Columns"), Sweep.el("div", { class: "checks" }, boxes)),
      shown, box);
    const sort = { column: "best", dir: page.model.sign > 0 ? "desc" : "asc" };
    const table = Sweep.table(box, columns, page.model.trials.map(row), { index: "id", initialSort: [sort] });
    const many = 300; // rows, from which on it is quicker to put all of them anew
    let ready = false;
    const told = () => {
      const count = table.getDataCount("active");
      shown.textContent = `${count} of ${Sweep.counted(page.model.trials.length, "trial")}`;
    };
    table.on("tableBuilt", () => {
      ready = true;
      view.update();
      told();
    });
    table.on("dataFiltered", () => setTimeout(told));
    const written = (trials) => new Map(trials.map((trial) => [trial.index, JSON.stringify(row(trial))]));
    let seen = written(page.model.trials);
    const view = {
      table,
      async update() {
        if (!ready) return;
        const now = written(page.model.trials);
        const changed = page.model.trials.filter(({ index }) => seen.get(index) !== now.get(index));
        const gone = [...seen.keys()].filter((index) => !now.has(index));
        seen = now;
        if (gone.length) await table.deleteRow(gone);
        if (!changed.length) return;
        if (changed.length > many) await table.replaceData(page.model.trials.map(row));
        else await table.updateOrAddData(changed.map(row));
        const sorters = table.getSorters().map(({ field, dir }) => ({ column: field, dir }));
        if (sorters.length) table.setSort(sorters);
        told();
      },
      close: () => table.destroy(),
    };
    return view;
  },
});
