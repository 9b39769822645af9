// The order and the filters of a table in the options of its view, and so in the address.

const FILTER = "filter.";
const dropMinus = (text) => text.replace(/^-/, "");

/** Options of Tabulator's that sort and filter as a view's options say; `usual` is "field" or "-field". */
export function initialOrder(options, usual) {
  const sort = options.get("sort", usual);
  return {
    initialSort: [{ column: dropMinus(sort), dir: sort.startsWith("-") ? "desc" : "asc" }],
    initialHeaderFilter: Object.entries(options.withPrefix(FILTER)).map(([field, value]) => ({
      field,
      value,
    })),
  };
}

/** Keeps a view's options as the table is sorted and filtered. */
export function keepOrder(table, options, usual) {
  table.on("tableBuilt", () => {
    table.on("dataSorted", (sorters) => {
      const [sorter] = sorters;
      if (sorter) options.set("sort", `${sorter.dir === "desc" ? "-" : ""}${sorter.field}`, usual);
    });
    table.on("dataFiltered", () => {
      const filters = table.getHeaderFilters().filter(({ value }) => value !== "");
      options.setPrefix(FILTER, Object.fromEntries(filters.map((f) => [f.field, f.value])));
    });
  });
}

/** A list of names as the text of an option, and back. */
export const writeNames = (names) => [...names].map(encodeURIComponent).join(",");
export const readNames = (text) => text.split(",").filter(Boolean).map(decodeURIComponent);
