// Why trials failed or wait, one card for each cause, with the last log lines of those that failed.
import { element } from "../dom.js";
import { lastLog } from "../trial_logs.js";

const MOST = 4; // causes
const LINES = 12;
const WAITING = ["Pending", "Queued"];

/** Groups of trials that failed or wait for one cause: an example, how many there are, and their verb. */
export function causesOfTrouble(trials) {
  const groups = new Map();
  for (const trial of trials) {
    const verb = verbOf(trial);
    if (!verb) continue;
    const cause = [verb, trial.reason, withoutName(trial)].join(" ");
    const group = groups.get(cause) ?? { trial, count: 0, verb };
    group.count += 1;
    // The newest one that failed is the one that ended the sweep, and that the advice names.
    const saysMore = trial.logs?.length || !group.trial.logs?.length;
    if (verb === "failed" && saysMore) group.trial = trial;
    groups.set(cause, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function verbOf({ phase, reason, message }) {
  if (phase === "Failed") return "failed";
  return WAITING.includes(phase) && (reason || message) ? "waits" : "";
}

// Messages of one cause differ by the names of the trials and of their pods.
const withoutName = ({ name, message }) =>
  (message ?? "").replaceAll(new RegExp(`${escaped(name)}(-\\w+)?`, "g"), "");
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Creates the cards; none where no trial failed or waits. */
export function troubleCards(page) {
  // The state of the sweep says the cause that its condition has.
  const { troubles } = page.model.sweep;
  const isSaid = ({ verb, trial }) =>
    verb === "waits" && troubles.some((text) => text.includes(trial.message));
  return causesOfTrouble(page.model.trials)
    .filter((group) => !isSaid(group))
    .slice(0, MOST)
    .map((group) => troubleCard(page, group));
}

function troubleCard(page, { trial, count, verb }) {
  const others = count > 1 ? ` and ${count - 1} more` : "";
  const plural = count > 1 && verb === "waits" ? "wait" : verb;
  const link = element("a", { href: page.hrefOf("trial", trial.index) }, trial.name);
  return element(
    "section",
    { class: `card ${verb === "failed" ? "failure" : "waiting"}` },
    element("h2", {}, link, `${others} ${plural}`),
    element("p", { class: "why" }, [trial.reason, trial.message].filter(Boolean).join(": ")),
    verb === "failed" ? logOf(trial) : null,
  );
}

function logOf(trial) {
  const log = lastLog(trial);
  const lines = log?.text.trimEnd().split("\n").slice(-LINES).join("\n");
  return lines
    ? element("pre", { tabindex: "0", "aria-label": `last lines of ${trial.name}` }, lines)
    : element("p", { class: "note" }, whyNoLog(log));
}

const whyNoLog = (log) =>
  log?.problem ? `Its log could not be read: ${log.problem}` : "None of its log is on record.";
