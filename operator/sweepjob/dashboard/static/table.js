// Tables: Tabulator with cells that are text nodes, whatever the data is.
import { numberNode } from "./exact_numbers.js";
import { formatNumber } from "./format.js";
import { Tabulator } from "./libraries.js";
import { byValue, matchesFilter, nullsLast } from "./table_order.js";

/** A column; `write` makes the text of a value, `more` has further options of Tabulator's. */
export function column(title, field, write = formatNumber, more = {}) {
  const node = write === formatNumber ? numberNode : (v) => document.createTextNode(write(v));
  return {
    title,
    field,
    formatter: (cell) => node(cell.getValue()),
    titleFormatter: (cell) => document.createTextNode(cell.getValue()),
    sorter: (a, b, _rowA, _rowB, _column, direction) => nullsLast(byValue, direction)(a, b),
    headerFilter: "input",
    headerFilterFunc: matchesFilter,
    headerFilterPlaceholder: "filter",
    headerWordWrap: true,
    minWidth: 84,
    ...more,
  };
}

/** A column of checkboxes; `createBox` makes the one of a cell. */
export function checkboxColumn(field, createBox) {
  return {
    title: "",
    field,
    formatter: createBox,
    headerSort: false,
    width: 40,
    minWidth: 40,
    titleFormatter: () => document.createTextNode(""),
  };
}

/** A table of rows in a box; `more` has further options of Tabulator's. */
export function createTable(box, columns, data, more = {}) {
  const table = new Tabulator(box, {
    data,
    columns,
    nestedFieldSeparator: false,
    maxHeight: "min(70vh, 900px)",
    layout: "fitDataFill",
    movableColumns: true,
    placeholder: "Nothing here",
    ...more,
  });
  table.on("tableBuilt", () => {
    for (const built of table.getColumns()) makeAccessible(table, built);
  });
  return table;
}

// Names the filter of a column, lets the keyboard reach its head, and Enter sort by it.
function makeAccessible(table, column) {
  const head = column.getElement();
  const { title } = column.getDefinition();
  head.querySelector("input")?.setAttribute("aria-label", `filter ${title}`);
  if (!title) return;
  head.tabIndex = 0;
  head.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== head) return;
    const [sorter] = table.getSorters();
    const isAscending = sorter?.field === column.getField() && sorter.dir === "asc";
    table.setSort(column.getField(), isAscending ? "desc" : "asc");
  });
}
