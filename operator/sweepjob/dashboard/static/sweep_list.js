// The list of sweeps, some of which can be chosen for comparison.
import { element } from "./dom.js";
import { formatDuration } from "./format.js";
import { comparisonHref, sweepHref } from "./routes.js";
import { column, createTable } from "./table.js";

const PLACEHOLDER = "No sweeps here: kubectl apply -f SWEEP.yaml";

/** Mounts the list in a panel; `show` replaces its sweeps. */
export function mountSweepList(panel) {
  const comparison = comparisonLink();
  const search = element("input", {
    type: "search",
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
  search.addEventListener("input", () =>
    table?.setFilter((row) => containsText(row, search.value.toLowerCase())),
  );
  return {
    show(sweeps, now) {
      const rows = sweeps.map((sweep) => rowOf(sweep, now));
      if (table) table.replaceData(rows);
      else
        table = createTable(box, columnsOf(comparison), rows, {
          index: "id",
          layout: "fitColumns",
          initialSort: [{ column: "age", dir: "asc" }],
          placeholder: PLACEHOLDER,
        });
    },
    close: () => table?.destroy(),
  };
}

const containsText = ({ id, phase, metric, bestTrial, reason }, text) =>
  [id, phase, metric, bestTrial, reason].join(" ").toLowerCase().includes(text);

// The link to the comparison of the sweeps that are checked.
function comparisonLink() {
  const checked = new Map();
  const link = element("a", { class: "button", hidden: true }, "Compare");
  const checkbox = (cell) => {
    const { id, namespace, name } = cell.getData();
    const attributes = {
      type: "checkbox",
      "aria-label": `compare ${id}`,
      checked: checked.has(id),
    };
    const box = element("input", attributes);
    box.addEventListener("change", () => {
      if (box.checked) checked.set(id, [namespace, name]);
      else checked.delete(id);
      link.hidden = checked.size < 2;
      link.href = comparisonHref([...checked.values()]);
      link.textContent = `Compare ${checked.size} sweeps`;
    });
    return box;
  };
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
    {
      title: "",
      field: "id",
      formatter: checkbox,
      headerSort: false,
      width: 40,
      minWidth: 40,
      titleFormatter: () => document.createTextNode(""),
    },
    column("namespace", "namespace", undefined, { minWidth: 150 }),
    column("sweep", "name", undefined, { formatter: nameCell, minWidth: 160 }),
    column("state", "phase", undefined, { formatter: phaseCell }),
    column("reason", "attention", undefined, { formatter: attentionCell, minWidth: 130 }),
    column("progress", "share", undefined, { formatter: progressCell, ...noFilter, minWidth: 150 }),
    column("running", "running"),
    column("best", "bestValue"),
    column("metric", "metric"),
    column("GPU-h used", "used", gpuHours, noFilter),
    column("GPU-h saved", "saved", gpuHours, noFilter),
    column("age", "age", formatDuration, noFilter),
  ];
}

function nameCell(cell) {
  const { namespace, name } = cell.getData();
  return element("a", { href: sweepHref(namespace, name, "overview") }, name);
}

function phaseCell(cell) {
  return element("span", { class: `state ${cell.getValue()}` }, cell.getValue());
}

function attentionCell(cell) {
  const { attention, troubles } = cell.getData();
  return element("span", { class: "attention", title: troubles.join("\n") }, attention);
}

function progressCell(cell) {
  const { ended, total, share } = cell.getData();
  const bar = element("progress", { max: "1", value: String(share), "aria-hidden": "true" });
  return element("span", {}, bar, ` ${ended}/${total}`);
}
