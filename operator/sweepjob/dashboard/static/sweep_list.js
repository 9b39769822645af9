// The list of sweeps, some of which can be chosen for comparison.
import { element } from "./dom.js";
import { formatDuration } from "./format.js";
import { comparisonHref, sweepHref } from "./routes.js";
import { stateChip } from "./sweep_header.js";
import { checkboxColumn, column, createTable } from "./table.js";
import { initialOrder, keepOrder, readNames, writeNames } from "./table_options.js";
import { isNarrow } from "./theme.js";

const PLACEHOLDER = "No sweeps here. Start one: kubectl apply -f SWEEP.yaml";
const NEWEST_FIRST = "age";

/** Mounts the list in a panel; `show` replaces its sweeps. */
export function mountSweepList(panel, options) {
  const comparison = comparisonLink(options);
  const search = element("input", {
    type: "search",
    value: options.get("find"),
    placeholder: "any text",
    "aria-label": "filter sweeps by text",
  });
  const box = element("div", { class: "sweeps" });
  panel.append(
    element("h1", {}, "Sweeps"),
    element("div", { class: "controls" }, search, comparison.link),
    box,
  );
  let table = null;
  const filter = () => {
    options.set("find", search.value);
    table?.setFilter((row) => containsText(row, search.value.toLowerCase()));
  };
  search.addEventListener("input", filter);
  const create = (rows) => {
    table = createTable(box, columnsOf(comparison), rows, {
      index: "id",
      layout: isNarrow() ? "fitData" : "fitColumns",
      ...initialOrder(options, NEWEST_FIRST),
      placeholder: PLACEHOLDER,
    });
    keepOrder(table, options, NEWEST_FIRST);
    table.on("tableBuilt", filter);
  };
  return {
    show(sweeps, now) {
      const rows = sweeps.map((sweep) => rowOf(sweep, now));
      if (table) table.replaceData(rows);
      else create(rows);
    },
    close: () => table?.destroy(),
  };
}

const containsText = ({ id, phase, metric, bestTrial, reason }, text) =>
  [id, phase, metric, bestTrial, reason].join(" ").toLowerCase().includes(text);

// The link to the comparison of the sweeps that are checked, which the address keeps.
function comparisonLink(options) {
  const checked = new Set(readNames(options.get("selected")));
  const link = element("a", { class: "button primary" });
  const show = () => {
    link.hidden = checked.size < 2;
    link.href = comparisonHref([...checked].map((id) => id.split("/")));
    link.textContent = `Compare ${checked.size} sweeps`;
  };
  const checkbox = (cell) => {
    const { id } = cell.getData();
    const attributes = { type: "checkbox", "aria-label": `compare ${id}` };
    const box = element("input", { ...attributes, checked: checked.has(id) });
    box.addEventListener("change", () => {
      if (box.checked) checked.add(id);
      else checked.delete(id);
      options.set("selected", writeNames(checked));
      show();
    });
    return box;
  };
  show();
  return { link, checkbox };
}

function rowOf(sweep, now) {
  const { ended, total, running = 0 } = sweep.counts;
  return {
    ...sweep,
    id: `${sweep.namespace}/${sweep.name}`,
    ended,
    total,
    running,
    share: total ? ended / total : 0,
    age: now - sweep.created,
    attention: (sweep.troubles[0] || "").split(":")[0],
  };
}

function columnsOf({ checkbox }) {
  const gpuHours = (seconds) => (seconds / 3600).toFixed(2);
  const noFilter = { headerFilter: false };
  return [
    checkboxColumn("id", checkbox),
    column("sweep", "name", undefined, { formatter: nameCell, minWidth: 150, frozen: isNarrow() }),
    column("state", "phase", undefined, {
      formatter: (c) => stateChip(c.getData()),
      minWidth: 120,
    }),
    column("namespace", "namespace", undefined, { minWidth: 116 }),
    column("reason", "attention", undefined, { formatter: attentionCell, minWidth: 150 }),
    column("progress", "share", undefined, { formatter: progressCell, ...noFilter, minWidth: 150 }),
    column("running", "running", undefined, { ...noFilter, minWidth: 76 }),
    column("best", "bestValue", undefined, { ...noFilter, minWidth: 76 }),
    column("metric", "metric"),
    column("used (GPU\u2011h)", "used", gpuHours, { ...noFilter, minWidth: 76 }),
    column("saved (GPU\u2011h)", "saved", gpuHours, { ...noFilter, minWidth: 76 }),
    column("age", "age", formatDuration, { ...noFilter, minWidth: 76 }),
  ];
}

function nameCell(cell) {
  const { namespace, name } = cell.getData();
  return element("a", { href: sweepHref(namespace, name, "overview") }, name);
}

function attentionCell(cell) {
  const { attention, troubles } = cell.getData();
  return element("span", { class: "alert-text", title: troubles.join("\n") }, attention);
}

function progressCell(cell) {
  const { ended, total, share } = cell.getData();
  const bar = element("progress", { max: "1", value: String(share), "aria-hidden": "true" });
  return element("span", {}, bar, ` ${ended}/${total}`);
}
