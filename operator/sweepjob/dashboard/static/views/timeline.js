// Trials over time and slots.
import { Chart } from "../chart.js";
import { drawTimeline } from "../charts/timeline.js";
import { element } from "../dom.js";
import { formatCount, formatDuration } from "../format.js";
import { PHASES, phaseMark } from "../phases.js";

const NOT_IN_LEGEND = ["Stopping", "Queued"]; // their bars look like those of other phases

export const timelineView = {
  id: "timeline",
  title: "Timeline",
  mount(panel, page) {
    const chart = new Chart(panel, "Timeline", "tall");
    const phases = Object.keys(PHASES).filter((phase) => !NOT_IN_LEGEND.includes(phase));
    const legend = element(
      "p",
      { class: "note" },
      phases.flatMap((phase) => [phaseMark(phase), " "]),
    );
    const note = element("p", { class: "note" });
    panel.append(legend, note);
    chart.on("click", (event) => page.openTrial(event.value[4]));
    return {
      update() {
        note.textContent = explanation(drawTimeline(chart, page.model));
      },
      close: () => chart.close(),
    };
  },
};

function explanation({ count, slots, meanWait }) {
  if (!count) return "No trial has started yet.";
  const wait = formatDuration(meanWait) || "0s";
  return `${formatCount(slots, "slot")} in use at most. A trial waited ${wait} on average from its proposal to its start (thin bars).`;
}
