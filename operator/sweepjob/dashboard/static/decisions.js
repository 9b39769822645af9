// What was decided about trials, and when: the rows of the events.
import { formatNumber } from "./format.js";

// Within the same second rows are in the order in which it happens.
const STEPS = ["proposed", "started", "taken up again", "stopped"];
const NEW_BEST = "new best";

/** The rows of the events, the newest first: time (seconds since the epoch), trial, index, what and why. */
export function decisionsOf(model) {
  const rows = [...model.trials.flatMap(trialRows), ...bestRows(model)];
  return rows.sort((a, b) => b.time - a.time || b.index - a.index || stepOf(b) - stepOf(a));
}

function stepOf({ what }) {
  if (what === NEW_BEST) return STEPS.length + 1;
  return STEPS.includes(what) ? STEPS.indexOf(what) : STEPS.length;
}

function trialRows(trial) {
  const parameters = Object.entries(trial.texts).map(
    ([name, text]) => `${name}=${formatNumber(trial.parameters[name] ?? text)}`,
  );
  const isPolicys = Boolean(trial.stop?.policy);
  const events = [
    [trial.created, "proposed", `by ${trial.source}: ${parameters.join(" ")}`],
    [trial.started, "started", trial.attempt > 1 ? `its attempt ${trial.attempt}` : ""],
    ...trial.executions.map(({ ended, attempt, reason, message }) => [
      ended,
      "taken up again",
      `attempt ${attempt} ended: ${reason} ${message}`,
    ]),
    [isPolicys && (trial.decided || trial.ended), "stopped", trial.message],
    [
      trial.ended,
      trial.phase,
      isPolicys ? "" : [trial.reason, trial.message].filter(Boolean).join(": "),
    ],
  ];
  return events
    .filter(([time]) => time)
    .map(([time, what, why]) => ({ time, trial: trial.name, index: trial.index, what, why }));
}

function bestRows(model) {
  const ended = model.improvements().filter(({ trial }) => trial.ended);
  return ended.map(({ trial, before }) => {
    const previous = before === null ? "" : `, before ${formatNumber(before)}`;
    const why = `${model.sweep.metric} ${formatNumber(trial.best)}${previous}`;
    return { time: trial.ended, trial: trial.name, index: trial.index, what: NEW_BEST, why };
  });
}
