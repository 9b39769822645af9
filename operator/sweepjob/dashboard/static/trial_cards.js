// The cards of a trial's page that have tables: what happened, its pods, its attempts.
import { decisionsOf } from "./decisions.js";
import { card, copyButton, element, tableRow } from "./dom.js";
import { formatTime } from "./format.js";
import { patchChildren } from "./patch.js";
import { podRows } from "./pods.js";

// A card of a table; `rowsOf` makes its rows of a trial, none of which hide the card.
function tableCard(title, rowsOf) {
  const table = element("table", { class: "plain" });
  const section = card("h3", title, table);
  const update = (trial) => {
    const rows = rowsOf(trial);
    section.hidden = !rows.length;
    patchChildren(table, rows);
  };
  return { section, update };
}

/** What happened to a trial, the oldest first. */
export function eventsCard(page, index) {
  return tableCard("What happened", () =>
    decisionsOf(page.model)
      .filter((event) => event.index === index)
      .reverse()
      .map(({ time, what, why }) => tableRow("td", [formatTime(time), what, why])),
  );
}

/** The pods of a trial of several. */
export function podsCard(page) {
  return tableCard("Pods", (trial) => {
    const rows = podRows(trial, page.isLocal ? "" : page.model.sweep.namespace);
    const cells = rows.map((row) =>
      tableRow("td", [...row.cells, row.command ? copyButton("Copy command", row.command) : ""]),
    );
    return rows.length ? [tableRow("th", ["rank", "pod", "node", "state", "log"]), ...cells] : [];
  });
}

/** The attempts of a trial that ended before the current one. */
export function attemptsCard() {
  return tableCard("Attempts before this one", ({ executions }) => {
    const rows = executions.map(({ attempt, pod, node, ended, reason, message }) =>
      tableRow("td", [String(attempt), pod, node, formatTime(ended), `${reason} ${message}`]),
    );
    const head = tableRow("th", ["attempt", "pod", "node", "ended (UTC)", "why"]);
    return rows.length ? [head, ...rows] : [];
  });
}
