// The Pareto front: its trials with their values.
import { element, tableRow } from "../dom.js";
import { numberNode } from "../exact_numbers.js";
import { formatCount } from "../format.js";
import { frontOf, hasFront, objectivesOf } from "../pareto.js";

const MOST = 8; // trials

/** Creates the card; null with one objective, or as long as no trial is on the front. */
export function frontCard(page) {
  const { model } = page;
  if (!hasFront(model)) return null;
  const front = frontOf(model);
  if (!front.length) return null;
  const metrics = objectivesOf(model).map(({ metric }) => metric);
  const rows = front
    .slice(0, MOST)
    .map((trial) =>
      tableRow("td", [
        element("a", { href: page.hrefOf("trial", trial.index) }, trial.name),
        ...metrics.map((name) => numberNode(trial.results[name])),
      ]),
    );
  const more = front.length - rows.length;
  return element(
    "section",
    { class: "card summary best" },
    element("h2", {}, "Pareto front"),
    element(
      "p",
      { class: "lead" },
      `${formatCount(front.length, "trial")} that no other dominates`,
    ),
    element("table", { class: "plain" }, tableRow("th", ["trial", ...metrics]), rows),
    more > 0
      ? element("p", { class: "note" }, `and ${more} more, marked in the table of trials`)
      : null,
  );
}
