// What a viewer can do next about a sweep: sentences, each with a command or a link where there is one.
import { causesOf, isOver } from "./causes.js";
import { formatDuration, shellQuote } from "./format.js";
import { frontOf, hasFront } from "./pareto.js";
import { REMEDIES } from "./remedies.js";

const MOST_FAILED = 2; // causes of failures, each with a trial
const MOST_COMPARED = 5; // trials of a front
const LONG_WITHOUT_TRIALS = 120; // seconds

/** Commands of a sweep; of a local sweep they name its folder. */
export function commandsOf({ namespace, name }, isLocal) {
  const program = isLocal ? "sweepjob" : "kubectl sweepjob";
  const place = isLocal ? "" : ` -n ${shellQuote(namespace)}`;
  const sweep = isLocal ? shellQuote(`.sweepjob/${name}`) : shellQuote(name);
  const trialOf = (trial) => shellQuote(isLocal ? `.sweepjob/${name}/${trial}` : trial);
  return {
    again: isLocal
      ? "sweepjob run --local -f SWEEP.yaml --fresh"
      : `kubectl sweepjob submit -f SWEEP.yaml${place} --name ${shellQuote(`${name}-again`)}`,
    kubectl: (words) => `kubectl -n ${shellQuote(namespace)} ${words}`,
    ofSweep: (verb, options = "") =>
      `${program} ${verb} ${sweep}${place}${options && ` ${options}`}`,
    ofTrial: (verb, trial) => `${program} ${verb} ${trialOf(trial)}${place}`,
  };
}

/** What to do next: objects with `text`, and `command` or the `view` and `index` that a link opens. */
export function adviceFor(model, isLocal) {
  const commands = commandsOf(model.sweep, isLocal);
  const remedies = remediesOf(model, commands);
  const others = stepsOf(model, commands, isLocal);
  // Who is to correct something first has to know what.
  const isFailed = model.sweep.phase === "Failed";
  const steps = isFailed ? [...others, ...remedies] : [...remedies, ...others];
  return steps.filter((step, n) => steps.findIndex(({ text }) => text === step.text) === n);
}

function remediesOf({ sweep }, commands) {
  const troubles = causesOf(sweep).filter(({ isTrouble }) => isTrouble);
  return troubles.flatMap(({ reason }) => {
    const remedy = REMEDIES[reason] ?? (/NotFound$/.test(reason) ? REMEDIES.NotFound : null);
    return remedy ? [{ text: remedy.text, command: remedy.command?.(commands, sweep) }] : [];
  });
}

function stepsOf(model, commands, isLocal) {
  const { sweep } = model;
  if (sweep.phase === "Invalid") return [];
  if (sweep.phase === "Suspended")
    return [
      {
        text: "Continue it: trials that run go on, and no new one starts until then.",
        command: commands.ofSweep("resume"),
      },
    ];
  if (sweep.phase === "Complete") return afterCompletion(model, commands);
  if (isOver(sweep)) return aboutFailures(model, commands);
  return whileRunning(model, commands, isLocal);
}

function afterCompletion(model, commands) {
  if (hasFront(model)) return [...afterFront(model, commands), ...aboutFailures(model, commands)];
  const [first, second] = model.ranked(2);
  const steps = [
    {
      text: "Use the best parameters in a training of your own.",
      command: commands.ofSweep("best", "-o args"),
    },
  ];
  if (Object.keys(model.sweep.best?.outputs ?? {}).length)
    steps.push({
      text: "Fetch the outputs of the best trial.",
      command: commands.ofSweep("download"),
    });
  if (second)
    steps.push({
      text: `See what ${first.name} has that ${second.name} has not.`,
      view: "compare",
      index: `${first.index},${second.index}`,
      label: "Compare the best two",
    });
  return [...steps, ...aboutFailures(model, commands)];
}

// Which trial of a front is the best one is for people to say.
function afterFront(model, commands) {
  const front = frontOf(model).slice(0, MOST_COMPARED);
  const list = {
    text: "Choose a trial on the Pareto front; --knee prints the compromise.",
    command: commands.ofSweep("best"),
  };
  const compare = {
    text: "See how the trials on the front differ.",
    view: "compare",
    index: front.map(({ index }) => index).join(","),
    label: "Compare them",
  };
  return front.length > 1 ? [list, compare] : [list];
}

function aboutFailures(model, commands) {
  const failed = model.trials.filter(({ phase }) => phase === "Failed");
  const causes = new Map(failed.map((trial) => [`${trial.reason} ${trial.message}`, trial]));
  return [...causes.values()].slice(0, MOST_FAILED).map((trial) => ({
    text: `Find out why ${trial.name} failed.`,
    view: "trial",
    index: trial.index,
    label: `Open ${trial.name}`,
    command: commands.ofTrial("explain", trial.name),
  }));
}

function whileRunning(model, commands, isLocal) {
  if (!model.sweep.counts.running && model.sweep.troubles.length)
    return aboutFailures(model, commands);
  const age = model.document.made - model.sweep.created;
  if (!model.trials.length && age > LONG_WITHOUT_TRIALS && !isLocal)
    return [
      {
        text: `No trial has been started for ${formatDuration(age)}. Check the operator, its permissions and the quotas. This page updates by itself.`,
        command: "kubectl sweepjob doctor",
      },
    ];
  const watch = {
    text: model.trials.length
      ? "Follow it in a terminal."
      : "The first trials are being proposed. This page updates by itself.",
    command: commands.ofSweep("get", "--watch"),
  };
  const stop = {
    text: "End it early if the best trial is good enough; its results remain.",
    command: commands.ofSweep("stop"),
  };
  const canStop = (model.sweep.best || (hasFront(model) && frontOf(model).length)) && !isLocal;
  return [...aboutFailures(model, commands), watch, ...(canStop ? [stop] : [])];
}
