// All trials in a table: sort, filter, hide columns, and select some to compare them.
import { element, labelledCheckbox } from "../dom.js";
import { formatCount, formatDuration } from "../format.js";
import { comparedMetrics, frontOf, hasConstraints, hasFront } from "../pareto.js";
import { phaseMark } from "../phases.js";
import { checkboxColumn, column, createTable } from "../table.js";
import { initialOrder, keepOrder, readNames, writeNames } from "../table_options.js";
import { matchesTags, writeTags } from "../tags.js";
import { trialSelection } from "../trial_selection.js";

const HIDDEN_AT_FIRST = ["gpuSecondsSaved", "last"];
const FRONT_MARK = "★";
const MANY_ROWS = 300; // changed ones, from which on it is quicker to replace all
// Fields of a trial that no column shows, and that would make every row heavy.
const LEFT_OUT = {
  curve: null,
  logs: null,
  metrics: null,
  executions: null,
  texts: null,
  results: null,
};

export const trialsView = {
  id: "trials",
  title: "Trials",
  needs: "trials",
  mount(panel, page) {
    const { options } = page;
    const hidden = new Set(readNames(options.get("hidden", writeNames(HIDDEN_AT_FIRST))));
    const selection = trialSelection(page);
    const columns = columnsOf(page, selection, hidden);
    const box = element("div", { class: "leaderboard" });
    const count = element("span", { class: "note", "aria-live": "polite" });
    const onToggle = (field) => (on) => {
      if (on) hidden.delete(field);
      else hidden.add(field);
      if (on) table.showColumn(field);
      else table.hideColumn(field);
      options.set("hidden", writeNames(hidden), writeNames(HIDDEN_AT_FIRST));
    };
    panel.append(
      element(
        "div",
        { class: "controls" },
        columnsMenu(columns.slice(2), onToggle),
        count,
        selection.element,
      ),
      box,
    );
    const usual = usualOrder(page.model);
    const order = initialOrder(options, usual);
    const rows = rowsOf(page.model);
    const table = createTable(box, columns, rows, { index: "id", ...order });
    keepOrder(table, options, usual);
    return followTrials(table, page, count);
  },
};

function columnsMenu(columns, onToggle) {
  const boxes = columns.map(({ title, field, visible }) =>
    labelledCheckbox(title, visible !== false, onToggle(field)),
  );
  return element(
    "details",
    { class: "columns-menu" },
    element("summary", {}, "Columns"),
    element("div", { class: "checks" }, boxes),
  );
}

function columnsOf(page, selection, hidden) {
  const { model } = page;
  const link = (cell) => {
    const { index, name } = cell.getData();
    return element("a", { href: page.hrefOf("trial", index) }, name);
  };
  const phase = (cell) => phaseMark(cell.getValue());
  const columns = [
    { ...checkboxColumn("id", selection.checkbox), frozen: true },
    column("trial", "name", undefined, { formatter: link, frozen: true }),
    column("phase", "phase", undefined, { formatter: phase, minWidth: 128 }),
    ...resultColumns(model),
    column("reports", "reports"),
    column("time", "seconds", formatDuration),
    ...(model.hasGpus
      ? [column("GPU-seconds", "gpuSeconds"), column("GPU-seconds saved", "gpuSecondsSaved")]
      : []),
    column("reason", "reason"),
    ...(model.hasTags || page.options.get("filter.tags")
      ? [column("tags", "tags", String, { headerFilterFunc: matchesTags })]
      : []),
    ...(model.hasNotes ? [column("note", "note", String, { maxWidth: 320 })] : []),
    ...model.parameterNames().map((name) => column(name, fieldOf(name))),
  ];
  return columns.map((c) => ({ ...c, visible: !hidden.has(c.field) }));
}

// The best and the last value of one metric, or what is compared of several ones.
function resultColumns(model) {
  const metrics = comparedMetrics(model);
  if (!metrics.length) return [column(model.sweep.metric, "best"), column("last", "last")];
  return [
    ...(hasFront(model) ? [column("front", "front")] : []),
    ...(hasConstraints(model) ? [column("feasible", "feasible", feasibleText)] : []),
    ...metrics.map((name) => column(name, resultField(name))),
  ];
}

const feasibleText = (value) => (value === true ? "yes" : value === false ? "no" : "");

function usualOrder(model) {
  const [metric] = comparedMetrics(model);
  const field = hasFront(model) ? "front" : metric ? resultField(metric) : "best";
  return hasFront(model) || model.sign > 0 ? `-${field}` : field;
}

const fieldOf = (parameter) => `p:${parameter}`;
const resultField = (metric) => `r:${metric}`;

/** The rows of all trials. A trial may leave the front because of another one. */
function rowsOf(model) {
  const front = new Set(hasFront(model) ? frontOf(model).map(({ index }) => index) : []);
  const isCompared = comparedMetrics(model).length > 0;
  return model.trials.map((trial) => ({
    ...trial,
    ...LEFT_OUT,
    id: trial.index,
    tags: writeTags(trial.tags),
    note: trial.note ?? "",
    ...(isCompared ? prefixed(trial.results ?? {}, resultField) : {}),
    ...(hasFront(model) ? { front: front.has(trial.index) ? FRONT_MARK : "" } : {}),
    ...prefixed(trial.parameters, fieldOf),
  }));
}

const prefixed = (values, field) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [field(name), value]));

// Keeps the rows of a table up to date, and the line that counts them.
function followTrials(table, page, count) {
  const snapshot = () =>
    new Map(rowsOf(page.model).map((row) => [row.index, { row, text: JSON.stringify(row) }]));
  let shown = snapshot();
  let isBuilt = false;
  let isClosed = false; // Tabulator goes on for a while, with rows that are gone
  const showCount = () => {
    if (isClosed) return;
    const total = formatCount(page.model.trials.length, "trial");
    count.textContent = `${table.getDataCount("active")} of ${total}`;
  };
  const view = {
    table,
    async update() {
      if (!isBuilt || isClosed) return;
      const current = snapshot();
      const rows = [...current.values()];
      const changed = rows.filter(({ row, text }) => shown.get(row.index)?.text !== text);
      const deleted = [...shown.keys()].filter((index) => !current.has(index));
      shown = current;
      if (deleted.length) await table.deleteRow(deleted);
      if (!changed.length || isClosed) return;
      if (changed.length > MANY_ROWS) await table.replaceData(rows.map(({ row }) => row));
      else await table.updateOrAddData(changed.map(({ row }) => row));
      if (isClosed) return;
      const sorters = table.getSorters().map(({ field, dir }) => ({ column: field, dir }));
      if (sorters.length) table.setSort(sorters);
      showCount();
    },
    close: () => {
      isClosed = true;
      table.destroy();
    },
  };
  table.on("tableBuilt", () => {
    isBuilt = true;
    view.update();
    showCount();
  });
  table.on("dataFiltered", () => setTimeout(showCount));
  return view;
}
