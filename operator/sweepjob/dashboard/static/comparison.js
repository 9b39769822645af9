// Sweeps beside each other: the best value by trials or by cost, and a table. Only sweeps of one objective share
// a chart: values of different metrics cannot be compared.
import { Chart } from "./chart.js";
import { drawComparison } from "./charts/comparison.js";
import { element, labelledCheckbox } from "./dom.js";
import { numberNode } from "./exact_numbers.js";
import { formatDuration, formatGpuTime } from "./format.js";
import { sweepHref } from "./routes.js";
import { stateChip } from "./sweep_header.js";

/** Mounts the comparison of models in a panel. */
export function mountComparison(panel, models, options) {
  const groups = byObjective(models);
  const isByCost = () => options.get("by") === "cost";
  const checkbox = labelledCheckbox("by cost instead of trials", isByCost(), (on) => {
    options.set("by", on ? "cost" : "");
    update();
  });
  const sections = groups.map((group) => ({ group, ...chartSection(group, groups.length > 1) }));
  panel.append(
    element("h1", {}, `Comparison of ${models.length} sweeps`),
    groups.length > 1 ? element("p", { class: "trouble" }, whyApart(groups)) : "",
    element("div", { class: "controls" }, checkbox),
    element(
      "div",
      { class: "columns" },
      sections.map(({ section }) => section),
    ),
    element("table", { class: "plain diff" }, rowsOf(models)),
  );
  const update = () => {
    for (const { chart, group } of sections) drawComparison(chart, group, isByCost());
  };
  update();
  const close = () => {
    for (const { chart } of sections) chart.close();
  };
  return { update, close };
}

const objectiveOf = ({ sweep }) => `${sweep.goal} ${sweep.metric}`;

/** The models in groups of one objective, in the order in which the objectives occur. */
export function byObjective(models) {
  const groups = new Map();
  for (const model of models) {
    const objective = objectiveOf(model);
    groups.set(objective, [...(groups.get(objective) ?? []), model]);
  }
  return [...groups.values()];
}

const whyApart = (groups) =>
  `These sweeps have ${groups.length} objectives (${groups.map(([model]) => objectiveOf(model)).join("; ")}): values of different ones cannot be compared, and each has its own chart.`;

function chartSection(group, isNamed) {
  const title = isNamed ? element("h2", {}, objectiveOf(group[0])) : null;
  const section = element("section", { class: "card" }, title);
  return { section, chart: new Chart(section, `Comparison by ${objectiveOf(group[0])}`) };
}

function rowsOf(models) {
  const names = [...new Set(models.flatMap((model) => model.parameterNames()))];
  const row = (title, contentOf) => tableRowOf(title, models.map(contentOf));
  const parameter = (name) => {
    const values = models.map((model) => bestTrialOf(model)?.parameters[name]);
    const differs = new Set(values).size > 1;
    return tableRowOf(name, values.map(numberNode), differs);
  };
  const heads = models.map(({ sweep, title }) =>
    element(
      "th",
      { scope: "col" },
      element("a", { href: sweepHref(sweep.namespace, sweep.name, "overview") }, title),
    ),
  );
  return [
    element("tr", {}, element("td", {}), heads),
    row("state", ({ sweep }) => stateChip(sweep)),
    row("objective", objectiveOf),
    row("best", ({ sweep }) => numberNode(sweep.bestValue)),
    row("best trial", ({ sweep }) => sweep.bestTrial),
    row("sampling", ({ sweep }) => sweep.sampling),
    row("policy", ({ sweep }) => sweep.policy || "none"),
    row("trials", ({ trials }) => String(trials.length)),
    row("stopped early", ({ sweep }) => String(sweep.counts.earlyStopped || 0)),
    row("took", ({ sweep, document }) =>
      formatDuration((sweep.completed || document.made) - sweep.created),
    ),
    row("GPU time", ({ sweep }) => formatGpuTime(sweep.used)),
    element("tr", {}, element("th", { colspan: String(models.length + 1) }, "Best parameters")),
    ...names.map(parameter),
  ];
}

const bestTrialOf = ({ sweep, byIndex }) => byIndex.get(sweep.best?.index);

function tableRowOf(title, contents, differs = false) {
  return element(
    "tr",
    { class: differs ? "differs" : undefined },
    element("th", { scope: "row" }, title),
    contents.map((content) => element("td", {}, content)),
  );
}
