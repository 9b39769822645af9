// The head of a sweep: state and why, progress, the best trial, time left.
import { copyButton, element } from "./dom.js";
import { formatDuration, formatGpuTime, formatNumber } from "./format.js";
import { sum } from "./numbers.js";

const MOST_PARAMETERS = 6; // of the best trial
const ENDS = [
  ["succeeded", "succeeded"],
  ["earlyStopped", "stopped early"],
  ["failed", "failed"],
  ["canceled", "canceled"],
  ["running", "running"],
];

/** Creates the head; `isBestOpen` and `onToggleBest` keep the best trial's details open when it is replaced. */
export function sweepHeader(page) {
  const { model } = page;
  const { sweep } = model;
  const { ended, total } = sweep.counts;
  return element(
    "header",
    { class: "sweep" },
    element(
      "h1",
      {},
      model.title,
      " ",
      element("span", { class: `state ${sweep.phase}` }, sweep.phase),
    ),
    sweep.reason ? element("p", { class: "note reason" }, sweep.reason) : null,
    sweep.troubles.map((trouble) => element("p", { class: "trouble", role: "alert" }, trouble)),
    element("progress", {
      max: "1",
      value: String(total ? ended / total : 0),
      "aria-label": `${ended} of ${total} trials ended`,
    }),
    element("div", { class: "facts" }, facts(model)),
    sweep.best ? bestDetails(page, sweep.best) : null,
  );
}

function facts(model) {
  const { sweep } = model;
  const { counts } = sweep;
  const ends = ENDS.filter(([key]) => counts[key]).map(([key, text]) => `${counts[key]} ${text}`);
  const seconds = (sweep.completed || model.document.made) - sweep.created;
  return [
    fact("trials", `${counts.ended} of ${counts.total}`, ends.join(", ")),
    fact(sweep.goal, sweep.metric, sweep.sampling),
    fact(
      "best",
      sweep.bestValue === null ? "none yet" : formatNumber(sweep.bestValue),
      sweep.bestTrial,
    ),
    fact(
      "took",
      formatDuration(seconds),
      sweep.left === null ? "" : `about ${formatDuration(sweep.left)} left`,
    ),
    costFact(model),
  ];
}

function costFact(model) {
  const { used, saved } = model.sweep;
  if (model.hasGpus)
    return fact("GPU-time", formatGpuTime(used), `${formatGpuTime(saved)} saved by stopping early`);
  const seconds = sum(model.trials.map((trial) => trial.seconds || 0));
  return fact("time of trials", formatDuration(seconds), "none has a GPU");
}

function fact(label, value, detail) {
  return element(
    "div",
    { class: "fact" },
    element("span", { class: "label" }, label),
    element("strong", { id: `fact-${label.replace(/\W/g, "-")}` }, value),
    detail ? element("span", { class: "more" }, detail) : null,
  );
}

function bestDetails(page, best) {
  const { forms, trial, index } = best;
  const parameters = Object.entries(best.parameters).slice(0, MOST_PARAMETERS);
  const onToggle = (event) => {
    page.isBestOpen = event.target.open;
  };
  return element(
    "details",
    { class: "best", open: page.isBestOpen, on: { toggle: onToggle } },
    element(
      "summary",
      {},
      "Best trial: ",
      element("a", { href: page.hrefOf("trial", index) }, trial),
      ` ${parameters.map(([name, value]) => `${name}=${value}`).join("  ")}`,
    ),
    element("pre", { tabindex: "0", "aria-label": "the best trial as YAML" }, forms.yaml),
    element(
      "p",
      {},
      copyButton("Copy as YAML", forms.yaml),
      " ",
      copyButton("Copy as arguments", forms.args),
      " ",
      copyButton("Copy as variables", forms.env),
    ),
  );
}
