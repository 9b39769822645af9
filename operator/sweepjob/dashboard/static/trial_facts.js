// The cards of a trial's page that say what it is: facts, parameters, commands.
import { commandsOf } from "./advice.js";
import { card, commandLine, copyButton, element } from "./dom.js";
import { numberNode } from "./exact_numbers.js";
import {
  formatCount,
  formatDuration,
  formatGpuTime,
  formatNumber,
  formatTime,
  shellQuote,
} from "./format.js";
import { parameterList } from "./parameter_list.js";
import { comparedMetrics, frontOf, hasConstraints, hasFront } from "./pareto.js";
import { phaseMark } from "./phases.js";

/** The facts of a trial, as elements of a card. */
export function factsOf(model, trial) {
  return [
    element("h2", {}, trial.name, " ", phaseMark(trial.phase)),
    element("p", { class: "why" }, trial.message || trial.reason || ""),
    parameterList([
      [`best ${model.sweep.metric}`, bestOf(trial)],
      ["last", trial.last],
      ...comparedFacts(model, trial),
      ["reports", trial.reports],
      ["decision", decisionText(trial)],
      ["proposed (UTC)", formatTime(trial.created)],
      ["started (UTC)", formatTime(trial.started)],
      ["ended (UTC)", formatTime(trial.ended)],
      ["ran", formatDuration(trial.seconds)],
      ["attempt", trial.attempt],
      ["GPU time", trial.gpuSeconds ? formatGpuTime(trial.gpuSeconds) : ""],
      ["saved", trial.gpuSecondsSaved ? formatGpuTime(trial.gpuSecondsSaved) : ""],
      ["proposed by", trial.source],
    ]),
  ];
}

// What several metrics say of a trial: the values that are compared, and how it stands.
function comparedFacts(model, trial) {
  const known = comparedMetrics(model).filter((name) => trial.results?.[name] !== undefined);
  const isOnFront = hasFront(model) && frontOf(model).some(({ index }) => index === trial.index);
  return [
    ...known.map((name) => [`compared ${name}`, trial.results[name]]),
    ["Pareto front", isOnFront ? "on it" : ""],
    ["feasible", hasConstraints(model) ? { true: "yes", false: "no" }[trial.feasible] : ""],
  ];
}

function bestOf({ best, bestInterval, seen }) {
  if (best !== null) return element("span", {}, numberNode(best), ` at report ${bestInterval}`);
  return seen?.length ? `never reported; it reported ${seen.join(", ")}` : "nothing reported";
}

// Where trials are run again with larger budgets, a policy decides at a budget instead of a report.
function decisionText({ stop, budgetParameter }) {
  if (!stop?.policy) return "";
  const values = `value ${formatNumber(stop.value)}, threshold ${formatNumber(stop.threshold)}`;
  return `${stop.policy} at ${budgetParameter ?? "report"} ${stop.interval}: ${values}, ${formatCount(stop.comparators, "other trial")} compared`;
}

/** The card of a trial's parameters, which can be copied as arguments. */
export function parametersCard(trial) {
  const texts = Object.entries(trial.texts);
  const commandLine = texts.map(([name, value]) => `--${name} ${shellQuote(value)}`).join(" ");
  const values = texts.map(([name, text]) => [name, trial.parameters[name] ?? text]);
  const copy = copyButton("Copy as arguments", commandLine);
  return card("h3", "Parameters", parameterList(values), copy);
}

/** The card of commands that print more of a trial. */
export function commandsCard(page, trial) {
  const { ofTrial, kubectl } = commandsOf(page.model.sweep, page.isLocal);
  const commands = [
    ofTrial("logs", trial.name),
    ofTrial("explain", trial.name),
    ...(page.isLocal ? [] : [kubectl(`describe sweeptrial ${shellQuote(trial.name)}`)]),
  ];
  return card("h3", "In a terminal", commands.map(commandLine));
}
