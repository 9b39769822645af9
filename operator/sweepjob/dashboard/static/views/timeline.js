// Trials over time and slots.
import { Chart } from "../chart.js";
import { drawTimeline } from "../charts/timeline.js";
import { element } from "../dom.js";
import { formatCount, formatDuration } from "../format.js";
import { patchChildren } from "../patch.js";
import { PHASES, phaseMark } from "../phases.js";
import { plausibleStart } from "../slots.js";

// Phases whose bars look like those of others.
const LOOKS_LIKE = { Stopping: "Running", Queued: "Pending" };

export const timelineView = {
  id: "timeline",
  title: "Timeline",
  needs: "trials",
  mount(panel, page) {
    const chart = new Chart(panel, "Timeline", "tall");
    const legend = element("p", { class: "note" });
    const note = element("p", { class: "note" });
    panel.append(legend, note);
    chart.on("click", (event) => page.openTrial(event.value[4]));
    return {
      update() {
        patchChildren(legend, legendOf(page.model));
        note.textContent = explanation(page.model, drawTimeline(chart, page.model));
      },
      close: () => chart.close(),
    };
  },
};

// Of the phases that are drawn only.
function legendOf({ trials }) {
  const found = new Set(trials.map(({ phase }) => LOOKS_LIKE[phase] ?? phase));
  const phases = Object.keys(PHASES).filter((phase) => found.has(phase));
  return phases.flatMap((phase) => [phaseMark(phase), document.createTextNode(" ")]);
}

function explanation({ trials, sweep }, { count, slots, meanWait }) {
  if (!count) return "No trial has started yet.";
  const wait = formatDuration(meanWait) || "0s";
  const isWrong = (trial) =>
    trial.started !== null && plausibleStart(trial, sweep.created) === null;
  const wrong = trials.filter(isWrong).length;
  const clocks = wrong
    ? ` ${formatCount(wrong, "trial")} started before the sweep was created, as their node's clock says: they are drawn from their proposal on.`
    : "";
  return `${formatCount(slots, "slot")} in use at most. A trial waited ${wait} on average from its proposal to its start (thin bars). Scroll to zoom, drag to move.${clocks}`;
}
