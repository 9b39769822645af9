// What was decided, and when, as a table.
import { decisionsOf } from "../decisions.js";
import { element } from "../dom.js";
import { formatTime } from "../format.js";
import { column, createTable } from "../table.js";
import { initialOrder, keepOrder } from "../table_options.js";
import { isNarrow } from "../theme.js";

const NEWEST_FIRST = "-time";

export const eventsView = {
  id: "events",
  title: "Events",
  needs: "trials",
  mount(panel, page) {
    const link = (cell) =>
      element("a", { href: page.hrefOf("trial", cell.getData().index) }, cell.getValue());
    const [time, trial, what] = isNarrow() ? [164, 92, 104] : [170, 170, 130]; // pixels
    const columns = [
      column("time (UTC)", "time", formatTime, { width: time, headerFilter: false }),
      column("trial", "trial", undefined, { formatter: link, width: trial }),
      column("what", "what", undefined, { width: what }),
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
