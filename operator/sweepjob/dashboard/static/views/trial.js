// One trial: its parameters, its curve, and why it ended.
import { Chart } from "../chart.js";
import { drawCurves } from "../charts/curves.js";
import { decisionsOf } from "../decisions.js";
import { card, copyButton, element, tableRow } from "../dom.js";
import {
  formatCount,
  formatDuration,
  formatGpuTime,
  formatNumber,
  formatTime,
  shellQuote,
} from "../format.js";
import { phaseMark } from "../phases.js";
import { podRows } from "../pods.js";

/** Mounts the view of a trial, which has no tab of its own. */
export function mountTrial(panel, page, index) {
  const trial = page.model.trial(index);
  const article = element("article", { class: "trial" });
  panel.append(article);
  if (!trial) {
    article.append(element("p", {}, `There is no trial ${index} on record.`));
    return { update() {}, close() {} };
  }
  const facts = element("div");
  const curve = card("h3", "Curve against the threshold");
  const chart = new Chart(curve, `Curve of ${trial.name}`);
  const events = element("table", { class: "plain" });
  const pods = element("table", { class: "plain" });
  const podsCard = card("h3", "Pods", pods);
  const attempts = element("table", { class: "plain" });
  const attemptsCard = card("h3", "Attempts before this one", attempts);
  article.append(
    stepLinks(page, index),
    element(
      "div",
      { class: "columns" },
      element("section", { class: "card" }, facts),
      parametersCard(trial),
      curve,
      commandsCard(page, trial),
      card("h3", "What happened", events),
      podsCard,
      attemptsCard,
    ),
  );
  const update = () => {
    const current = page.model.trial(index);
    if (!current) return;
    facts.replaceChildren(...factsOf(page.model, current));
    drawCurves(chart, page.model, [current], { decision: true });
    events.replaceChildren(...eventRows(page.model, index));
    podsCard.hidden = !current.pods?.length;
    pods.replaceChildren(...podTable(page, current));
    attemptsCard.hidden = !current.executions.length;
    attempts.replaceChildren(...attemptRows(current));
  };
  return { update, close: () => chart.close() };
}

function stepLinks(page, index) {
  const indices = page.model.trials.map((trial) => trial.index);
  const step = (distance, text) => {
    const other = indices[indices.indexOf(index) + distance];
    return other === undefined ? null : element("a", { href: page.hrefOf("trial", other) }, text);
  };
  const all = element("a", { href: page.hrefOf("trials") }, "All trials");
  return element("p", { class: "steps" }, all, " ", step(-1, "‹ previous"), " ", step(1, "next ›"));
}

function parametersCard(trial) {
  const texts = Object.entries(trial.texts);
  const commandLine = texts.map(([name, value]) => `--${name} ${shellQuote(value)}`).join(" ");
  return card("h3", "Parameters", definitions(texts), copyButton("Copy as arguments", commandLine));
}

function commandsCard(page, trial) {
  if (page.isLocal) return null;
  const namespace = `-n ${page.model.sweep.namespace}`;
  const commands = [
    `kubectl sweepjob ${namespace} logs ${trial.name}`,
    `kubectl sweepjob ${namespace} explain ${trial.name}`,
    `kubectl ${namespace} describe sweeptrial ${trial.name}`,
  ];
  return card(
    "h3",
    "See more",
    commands.map((command) =>
      element(
        "p",
        { class: "command" },
        element("code", {}, command),
        " ",
        copyButton("Copy", command),
      ),
    ),
  );
}

// A list of pairs of name and value, without those that have no value.
function definitions(pairs) {
  const known = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return element(
    "dl",
    {},
    known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]),
  );
}

function factsOf(model, trial) {
  return [
    element("h2", {}, trial.name, " ", phaseMark(trial.phase)),
    element("p", { class: "why" }, trial.message || trial.reason || ""),
    definitions([
      [`best ${model.sweep.metric}`, bestText(trial)],
      ["last", formatNumber(trial.last)],
      ["reports", String(trial.reports)],
      ["decision", decisionText(trial.stop)],
      ["proposed (UTC)", formatTime(trial.created)],
      ["started (UTC)", formatTime(trial.started)],
      ["ended (UTC)", formatTime(trial.ended)],
      ["ran", formatDuration(trial.seconds)],
      ["attempt", String(trial.attempt)],
      ["GPU-seconds", trial.gpuSeconds ? formatNumber(trial.gpuSeconds) : ""],
      ["saved", trial.gpuSecondsSaved ? formatGpuTime(trial.gpuSecondsSaved) : ""],
      ["proposed by", trial.source],
    ]),
  ];
}

function bestText({ best, bestInterval, seen }) {
  if (best !== null) return `${formatNumber(best)} at report ${bestInterval}`;
  return seen.length ? `never reported; it reported ${seen.join(", ")}` : "nothing reported";
}

function decisionText(stop) {
  if (!stop?.policy) return "";
  const values = `value ${formatNumber(stop.value)}, threshold ${formatNumber(stop.threshold)}`;
  return `${stop.policy} at report ${stop.interval}: ${values}, ${formatCount(stop.comparators, "other trial")} compared`;
}

function eventRows(model, index) {
  const events = decisionsOf(model)
    .filter((event) => event.index === index)
    .reverse();
  return events.map(({ time, what, why }) => tableRow("td", [formatTime(time), what, why]));
}

function podTable(page, trial) {
  const rows = podRows(trial, page.isLocal ? "" : page.model.sweep.namespace);
  return [
    tableRow("th", ["rank", "pod", "node", "state", "log"]),
    ...rows.map(({ cells, command }) =>
      tableRow("td", [...cells, command ? copyButton("Copy command", command) : ""]),
    ),
  ];
}

function attemptRows(trial) {
  const rows = trial.executions.map(({ attempt, pod, node, ended, reason, message }) =>
    tableRow("td", [String(attempt), pod, node, formatTime(ended), `${reason} ${message}`]),
  );
  return [tableRow("th", ["attempt", "pod", "node", "ended (UTC)", "why"]), ...rows];
}
