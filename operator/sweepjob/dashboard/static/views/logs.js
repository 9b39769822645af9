// The log of one trial, which the viewer chooses; at first of one that needs a look.
import { element, labelledSelect } from "../dom.js";
import { logPanel } from "../log_panel.js";

const MOST_LISTED = 500; // trials in the list

export const logsView = {
  id: "logs",
  title: "Logs",
  needs: "trials",
  mount(panel, page) {
    const place = element("div", { class: "controls" });
    const empty = element("p", { class: "note" }, "No trial has been started yet.");
    panel.append(place, empty);
    let log = null;
    let index = Number(page.options.get("trial", "-1"));
    const open = () => {
      log?.close();
      log?.section.remove();
      log = logPanel(page, () => page.model.trial(index));
      panel.append(log.section);
    };
    const choose = (text) => {
      index = Number(text);
      page.options.set("trial", text);
      open();
      update();
    };
    const update = () => {
      if (!page.model.trial(index)) index = firstToShow(page.model)?.index ?? -1;
      const trial = page.model.trial(index);
      empty.hidden = Boolean(trial);
      if (!trial) return;
      if (!place.contains(document.activeElement))
        place.replaceChildren(trialSelect(page, index, choose), openLink(page, trial));
      if (!log) open();
      log.update();
    };
    return { update, close: () => log?.close() };
  },
};

// A trial that failed, else one that runs, else the best one.
function firstToShow(model) {
  const ofPhase = (phase) => model.trials.findLast((trial) => trial.phase === phase);
  return ofPhase("Failed") ?? ofPhase("Running") ?? model.ranked(1)[0] ?? model.trials[0];
}

function trialSelect(page, index, onChange) {
  const { trials } = page.model;
  const newest = trials.slice(-MOST_LISTED);
  const listed = newest.some((trial) => trial.index === index)
    ? newest
    : [page.model.trial(index), ...newest];
  const options = listed.map((t) => [String(t.index), `${t.name} (${t.phase})`]);
  return labelledSelect("Trial", options, String(index), onChange);
}

const openLink = (page, trial) =>
  element("a", { href: page.hrefOf("trial", trial.index) }, `Open ${trial.name}`);
