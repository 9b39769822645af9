// The best trial: its value, its lead over the next one, and its parameters to copy.
import { copyButton, element } from "../dom.js";
import { numberNode } from "../exact_numbers.js";
import { formatPercent } from "../format.js";
import { parameterList } from "../parameter_list.js";

const MOST_PARAMETERS = 10;

/** Creates the card; null without a best trial. */
export function bestCard(page) {
  const { best } = page.model.sweep;
  if (!best) return null;
  return element(
    "section",
    { class: "card summary best" },
    element("h2", {}, "Best"),
    bestContent(page, best),
  );
}

function bestContent(page, best) {
  const { model } = page;
  const { forms, trial, index } = best;
  const parameters = Object.entries(model.trial(index)?.parameters ?? best.parameters);
  return [
    element(
      "p",
      { class: "value" },
      element("strong", { id: "fact-best" }, numberNode(best.value)),
      ` ${model.sweep.metric} by `,
      element("a", { href: page.hrefOf("trial", index) }, trial),
    ),
    element("p", { class: "lead" }, leadOf(page, best)),
    parameterList(parameters.slice(0, MOST_PARAMETERS)),
    parameters.length > MOST_PARAMETERS
      ? element("p", { class: "note" }, `and ${parameters.length - MOST_PARAMETERS} more`)
      : null,
    element(
      "p",
      { class: "buttons" },
      copyButton("Copy as YAML", forms.yaml),
      copyButton("Copy as arguments", forms.args),
      copyButton("Copy as variables", forms.env),
    ),
  ];
}

// How far the best trial is ahead of the next one.
function leadOf(page, { value, trial }) {
  const { model } = page;
  const next = model.ranked(2).find(({ name }) => name !== trial);
  if (!next) return ["No other trial has a value yet."];
  const link = element("a", { href: page.hrefOf("trial", next.index) }, next.name);
  const lead = Math.abs(value - next.best);
  if (lead === 0) return ["Equal to ", link, "."];
  const share = next.best === 0 ? "" : ` (${formatPercent(lead / Math.abs(next.best))})`;
  return [numberNode(lead), `${share} ahead of `, link, " with ", numberNode(next.best), "."];
}
