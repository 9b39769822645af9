// Two to five trials beside each other: parameters, results, curves and logs.
import { noteText, tagLinks } from "../annotations_card.js";
import { Chart } from "../chart.js";
import { drawTrialCurves } from "../charts/trial_curves.js";
import { card, element, labelledCheckbox } from "../dom.js";
import { numberNode } from "../exact_numbers.js";
import { formatDuration } from "../format.js";
import { logComparison } from "../log_comparison.js";
import { metricCharts } from "../metric_charts.js";
import { patchChildren } from "../patch.js";
import { phaseMark } from "../phases.js";
import { parameterRows } from "../trial_diff.js";
import { MOST_COMPARED, parseIndices } from "../trial_selection.js";

/** Mounts the comparison of the trials whose indices are in a text such as "3,17". */
export function mountTrialComparison(panel, page, indices = "") {
  const wanted = parseIndices(indices).slice(0, MOST_COMPARED);
  const current = () => wanted.map((index) => page.model.trial(index)).filter(Boolean);
  const back = element("a", { href: page.hrefOf("trials", undefined, { selected: indices }) });
  back.textContent = "‹ Select other trials";
  panel.append(element("p", { class: "steps" }, back));
  if (current().length < 2) {
    const text = `Two trials are needed to compare them; on record are ${current().length} of "${indices}".`;
    panel.append(element("p", { class: "trouble" }, text));
    return { update() {}, close() {} };
  }
  const table = element("table", { class: "plain diff" });
  const onlyDifferences = labelledCheckbox(
    "only what differs",
    page.options.get("all") === "",
    (on) => {
      page.options.set("all", on ? "" : "1");
      update();
    },
  );
  const left = card("h2", "Parameters and results", onlyDifferences, table);
  const right = card("h2", "Curves");
  panel.append(element("div", { class: "columns" }, left, right));
  const chart = new Chart(right, "Curves of the trials");
  const metrics = metricCharts(panel, page, current);
  const logs = logComparison(panel, page, current);
  const update = () => {
    const trials = current();
    patchChildren(table, rowsOf(page, trials));
    const curves = trials.map(({ name, curve }) => ({ name, ...curve }));
    drawTrialCurves(chart, curves, page.model.sweep.metric);
    metrics.update();
    logs.update();
  };
  return {
    update,
    close() {
      chart.close();
      metrics.close();
    },
  };
}

const separated = (nodes) => nodes.flatMap((node) => [node, " "]);
const reasonOf = ({ message, reason }) => message || reason || "";

function rowsOf(page, trials) {
  const { model } = page;
  const [best] = trials.toSorted((a, b) => (model.isBetter(a.best, b.best) ? -1 : 1));
  const head = trials.map(({ index, name }) =>
    element("th", { scope: "col" }, element("a", { href: page.hrefOf("trial", index) }, name)),
  );
  const row = (title, contentOf, differs = false) =>
    element(
      "tr",
      { class: differs ? "differs" : undefined },
      element("th", { scope: "row" }, title),
      trials.map((trial, n) => element("td", {}, contentOf(trial, n))),
    );
  const bestOf = (trial) => [numberNode(trial.best), trial === best ? " ★" : null];
  const parameters = parameterRows(model.rankedNames(), trials);
  const shown = parameters.filter(({ differs }) => differs || page.options.get("all"));
  const hidden = parameters.length - shown.length;
  return [
    element("tr", {}, element("td", {}), head),
    row("phase", ({ phase }) => phaseMark(phase)),
    row(`best ${model.sweep.metric}`, (trial) => bestOf(trial).filter(Boolean)),
    row("last", ({ last }) => numberNode(last)),
    row("reports", ({ reports }) => numberNode(reports)),
    row("ran", ({ seconds }) => formatDuration(seconds)),
    ...(model.hasGpus ? [row("GPU-seconds", ({ gpuSeconds }) => numberNode(gpuSeconds))] : []),
    ...(trials.some(reasonOf) ? [row("reason", reasonOf)] : []),
    ...(model.hasTags ? [row("tags", ({ tags }) => separated(tagLinks(page, tags)))] : []),
    ...(model.hasNotes ? [row("note", ({ note }) => (note ? noteText(note) : ""))] : []),
    ...shown.map(({ name, values, differs }) =>
      row(name, (_, n) => (values[n] === undefined ? "not there" : numberNode(values[n])), differs),
    ),
    ...(hidden
      ? [row(hidden === 1 ? "1 more is equal" : `${hidden} more are equal`, () => "")]
      : []),
  ];
}
