// What was decided, and when, as a table.
import { decisionsOf } from "../decisions.js";
import { element } from "../dom.js";
import { formatTime } from "../format.js";
import { column, createTable } from "../table.js";
import { initialOrder, keepOrder } from "../table_options.js";

const NEWEST_FIRST = "-time";

export const eventsView = {
  id: "events",
  title: "Events",
  needs: "trials",
  mount(panel, page) {
    const link = (cell) =>
      element("a", { href: page.hrefOf("trial", cell.getData().index) }, cell.getValue());
    const columns = [
      column("time (UTC)", "time", formatTime, { width: 170, headerFilter: false }),
      column("trial", "trial", undefined, { formatter: link, width: 170 }),
      column("what", "what", undefined, { width: 130 }),
      column("why", "why", undefined, { widthGrow: 1, minWidth: 240 }),
    ];
    const box = element("div", { class: "log" });
    panel.append(box);
    let count = -1;
    let table = null;
    const create = (rows) => {
      const order = initialOrder(page.options, NEWEST_FIRST);
      table = createTable(box, columns, rows, { layout: "fitColumns", ...order });
      keepOrder(table, page.options, NEWEST_FIRST);
    };
    return {
      update() {
        const rows = decisionsOf(page.model);
        if (rows.length === count) return;
        count = rows.length;
        if (table) table.replaceData(rows);
        else create(rows);
      },
      close: () => table?.destroy(),
    };
  },
};
