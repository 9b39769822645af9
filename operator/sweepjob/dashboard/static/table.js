// Tables: Tabulator with cells that are text nodes, whatever the data is.
import { formatNumber } from "./format.js";
import { Tabulator } from "./libraries.js";
import { byValue, matchesFilter, nullsLast } from "./table_order.js";

/** A column; `write` makes the text of a value, `more` has further options of Tabulator's. */
export function column(title, field, write = formatNumber, more = {}) {
  return {
    title,
    field,
    formatter: (cell) => document.createTextNode(write(cell.getValue())),
    titleFormatter: (cell) => document.createTextNode(cell.getValue()),
    sorter: (a, b, _rowA, _rowB, _column, direction) => nullsLast(byValue, direction)(a, b),
    headerFilter: "input",
    headerFilterFunc: matchesFilter,
    headerFilterPlaceholder: "filter",
    minWidth: 84,
    ...more,
  };
}

/** A table of rows in a box; `more` has further options of Tabulator's. */
export function createTable(box, columns, data, more = {}) {
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
  table.on("tableBuilt", () => {
    for (const built of table.getColumns()) sortByEnter(table, built);
  });
  return table;
}

// Lets the keyboard reach a column's head, and Enter sort by it.
function sortByEnter(table, column) {
  const head = column.getElement();
  head.tabIndex = 0;
  head.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== head) return;
    const [sorter] = table.getSorters();
    const isAscending = sorter?.field === column.getField() && sorter.dir === "asc";
    table.setSort(column.getField(), isAscending ? "desc" : "asc");
  });
}
