// The state of a sweep: what it does, why, and what it took so far.
import { causesOf, isOver, toneMark, toneOf } from "../causes.js";
import { element } from "../dom.js";
import { formatCount, formatDuration, formatGpuTime } from "../format.js";
import { sum } from "../numbers.js";
import { comparedTrials, hasConstraints, hasFront, objectivesText } from "../pareto.js";
import { groupByPhase, PHASES, phaseMark } from "../phases.js";

/** Creates the card. */
export function stateCard(page) {
  const { model } = page;
  const { sweep } = model;
  const tone = toneOf(sweep);
  return element(
    "section",
    { class: `card summary ${tone}` },
    element("h2", {}, `${toneMark(tone)} ${sweep.phase}`),
    element("p", { class: "sentence" }, sentenceOf(model), whyNoBest(model)),
    causesOf(sweep).map(causeElement),
    phaseLinks(page),
    element("div", { class: "facts" }, facts(model)),
  );
}

function causeElement({ reason, messages, isTrouble }) {
  const attributes = isTrouble ? { class: "trouble", role: "alert" } : { class: "reason" };
  const head = reason ? element("strong", {}, reason) : null;
  if (messages.length === 1) return element("p", attributes, head, head ? ": " : null, messages[0]);
  const list = messages.map((message) => element("li", {}, message));
  return element("div", attributes, head, element("ul", {}, list));
}

function sentenceOf({ sweep, trials }) {
  const { ended, total, running = 0 } = sweep.counts;
  const done = `${ended} of ${formatCount(total, "trial")} ended`;
  if (sweep.phase === "Invalid") return "The spec was refused: no trial was started.";
  if (isOver(sweep)) return `${done}.`;
  if (!trials.length) return "No trial has been started yet.";
  const left = sweep.left ? `; about ${formatDuration(sweep.left)} left` : "";
  return `${done}, ${running} running${left}.`;
}

function whyNoBest(model) {
  const { sweep, trials } = model;
  if (sweep.best || !trials.length) return "";
  if (hasFront(model) || hasConstraints(model)) {
    const ended = isOver(sweep) ? "None" : "None that has ended";
    return comparedTrials(model).length
      ? ""
      : ` ${ended} has all values and meets the constraints.`;
  }
  return isOver(sweep)
    ? ` None has a value of ${sweep.metric} that counts.`
    : ` None has reported ${sweep.metric} yet.`;
}

// How many trials are in which phase; each leads to the table of them.
function phaseLinks(page) {
  const groups = new Map(groupByPhase(page.model.trials));
  const phases = Object.keys(PHASES).filter((phase) => groups.has(phase));
  const link = (phase) =>
    element(
      "a",
      { href: page.hrefOf("trials", undefined, { "filter.phase": phase }) },
      `${groups.get(phase).length} `,
      phaseMark(phase),
    );
  return phases.length ? element("p", { class: "phases" }, phases.map(link)) : null;
}

function facts(model) {
  const { sweep } = model;
  const { ended, total } = sweep.counts;
  const seconds = (sweep.completed || model.document.made) - sweep.created;
  return [
    fact("trials", `${ended} of ${total}`, `${sweep.concurrent} at a time`),
    hasFront(model) || hasConstraints(model)
      ? fact("objectives", objectivesText(model), "", "wide")
      : fact(sweep.goal, sweep.metric, ""),
    fact("sampling", sweep.sampling, ""),
    // A spec that was refused never ran.
    sweep.phase === "Invalid"
      ? null
      : fact(isOver(sweep) ? "took" : "for", formatDuration(seconds), ""),
    costFact(model),
    fact("early termination", sweep.policy || "none", "", "wide"),
  ];
}

function costFact(model) {
  if (!model.trials.length) return null;
  const { used, saved } = model.sweep;
  if (model.hasGpus) {
    const detail = saved ? `${formatGpuTime(saved)} saved by stopping early` : "";
    return fact("GPU time", formatGpuTime(used), detail);
  }
  const seconds = sum(model.trials.map((trial) => trial.seconds || 0));
  return fact("time of trials", formatDuration(seconds), "none has a GPU");
}

function fact(label, value, detail, kind = "") {
  return element(
    "div",
    { class: `fact ${kind}` },
    element("span", { class: "label" }, label),
    element("strong", { id: `fact-${label.replace(/\W/g, "-")}` }, value),
    detail ? element("span", { class: "more" }, detail) : null,
  );
}
