// The short head of a sweep, which stays in sight: its name, its state, how far it is, and the best value.
import { toneMark, toneOf } from "./causes.js";
import { element } from "./dom.js";
import { numberNode } from "./exact_numbers.js";
import { formatCount, formatDuration } from "./format.js";
import { frontOf, hasFront } from "./pareto.js";

/** Creates the head of a sweep's page. */
export function sweepHeader(page) {
  const { sweep, title } = page.model;
  const { ended, total } = sweep.counts;
  return element(
    "header",
    { class: "sweep" },
    element(
      "h1",
      { title },
      element("span", { class: "namespace" }, `${sweep.namespace}/`),
      sweep.name,
    ),
    stateChip(sweep),
    element("progress", {
      max: "1",
      value: String(total ? ended / total : 0),
      "aria-label": `${ended} of ${total} trials ended`,
    }),
    element("span", { class: "count" }, `${ended}/${total}`),
    bestText(page),
    sweep.left ? element("span", { class: "left" }, `${formatDuration(sweep.left)} left`) : null,
  );
}

/** The state of a sweep in the colour of how it is doing, with a mark that says the same. */
export function stateChip(sweep) {
  const tone = toneOf(sweep);
  const [trouble] = sweep.troubles;
  const text = `${toneMark(tone)} ${sweep.phase}`;
  return element("span", { class: `state ${tone} ${sweep.phase}`, title: trouble }, text);
}

function bestText(page) {
  const { best, metric } = page.model.sweep;
  if (hasFront(page.model)) {
    const size = formatCount(frontOf(page.model).length, "trial");
    return element("span", { class: "best-value" }, `${size} on the front`);
  }
  if (!best) return null;
  return element(
    "a",
    { class: "best-value", href: page.hrefOf("trial", best.index), title: `best ${metric}` },
    "best ",
    numberNode(best.value),
  );
}
