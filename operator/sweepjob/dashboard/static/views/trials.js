// All trials in a table: sort, filter, hide columns.
import { element, labelledCheckbox } from "../dom.js";
import { formatCount, formatDuration } from "../format.js";
import { phaseMark } from "../phases.js";
import { column, createTable } from "../table.js";

const HIDDEN_AT_FIRST = ["gpuSecondsSaved", "last"];
const MANY_ROWS = 300; // changed ones, from which on it is quicker to replace all

export const trialsView = {
  id: "trials",
  title: "Trials",
  mount(panel, page) {
    const columns = columnsOf(page);
    const box = element("div", { class: "leaderboard" });
    const count = element("p", { class: "note", "aria-live": "polite" });
    const boxes = columns.slice(1).map(({ title, field, visible }) =>
      labelledCheckbox(title, visible !== false, (on) => {
        if (on) table.showColumn(field);
        else table.hideColumn(field);
      }),
    );
    panel.append(
      element(
        "details",
        { class: "columns-menu" },
        element("summary", {}, "Columns"),
        element("div", { class: "checks" }, boxes),
      ),
      count,
      box,
    );
    const initialSort = [{ column: "best", dir: page.model.sign > 0 ? "desc" : "asc" }];
    const table = createTable(box, columns, page.model.trials.map(rowOf), {
      index: "id",
      initialSort,
    });
    return followTrials(table, page, count);
  },
};

function columnsOf(page) {
  const { model } = page;
  const link = (cell) => {
    const { index, name } = cell.getData();
    return element("a", { href: page.hrefOf("trial", index) }, name);
  };
  const columns = [
    column("trial", "name", undefined, { formatter: link, frozen: true }),
    column("phase", "phase", undefined, { formatter: (cell) => phaseMark(cell.getValue()) }),
    column(model.sweep.metric, "best"),
    column("last", "last"),
    column("reports", "reports"),
    column("time", "seconds", formatDuration),
    column("GPU-seconds", "gpuSeconds"),
    column("saved", "gpuSecondsSaved"),
    column("reason", "reason"),
    ...model.parameterNames().map((name) => column(name, fieldOf(name))),
  ];
  return columns.map((c) => ({ ...c, visible: !HIDDEN_AT_FIRST.includes(c.field) }));
}

const fieldOf = (parameter) => `p:${parameter}`;

function rowOf(trial) {
  const parameters = Object.entries(trial.parameters).map(([name, value]) => [
    fieldOf(name),
    value,
  ]);
  return { ...trial, curve: null, id: trial.index, ...Object.fromEntries(parameters) };
}

// Keeps the rows of a table up to date, and the line that counts them.
function followTrials(table, page, count) {
  const snapshot = () =>
    new Map(page.model.trials.map((trial) => [trial.index, JSON.stringify(rowOf(trial))]));
  let shown = snapshot();
  let isBuilt = false;
  const showCount = () => {
    const total = formatCount(page.model.trials.length, "trial");
    count.textContent = `${table.getDataCount("active")} of ${total}`;
  };
  const view = {
    table,
    async update() {
      if (!isBuilt) return;
      const current = snapshot();
      const changed = page.model.trials.filter(
        ({ index }) => shown.get(index) !== current.get(index),
      );
      const deleted = [...shown.keys()].filter((index) => !current.has(index));
      shown = current;
      if (deleted.length) await table.deleteRow(deleted);
      if (!changed.length) return;
      if (changed.length > MANY_ROWS) await table.replaceData(page.model.trials.map(rowOf));
      else await table.updateOrAddData(changed.map(rowOf));
      const sorters = table.getSorters().map(({ field, dir }) => ({ column: field, dir }));
      if (sorters.length) table.setSort(sorters);
      showCount();
    },
    close: () => table.destroy(),
  };
  table.on("tableBuilt", () => {
    isBuilt = true;
    view.update();
    showCount();
  });
  table.on("dataFiltered", () => setTimeout(showCount));
  return view;
}
