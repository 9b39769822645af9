// Colours and symbols of the phases of trials.
import { element } from "./dom.js";
import { isDark } from "./theme.js";

// The palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any colour vision can
// tell apart. The symbols say the same without colour.
export const PHASES = {
  Succeeded: { color: "#0072b2", symbol: "circle", mark: "●" },
  EarlyStopped: { color: "#e69f00", symbol: "diamond", mark: "◆" },
  Running: { color: "#009e73", symbol: "triangle", mark: "▲" },
  Stopping: { color: "#009e73", symbol: "emptyTriangle", mark: "△" },
  Paused: { color: "#56b4e9", symbol: "emptyDiamond", mark: "◇" },
  Pending: { color: "#8a8f98", symbol: "emptyCircle", mark: "○" },
  Queued: { color: "#8a8f98", symbol: "emptyCircle", mark: "○" },
  Failed: { color: "#d55e00", symbol: "rect", mark: "■" },
  Canceled: { color: "#cc79a7", symbol: "emptyRect", mark: "□" },
};
// Brighter colours where the palette's would be hard to see on a dark background.
const ON_DARK = { "#0072b2": "#56b4e9", "#d55e00": "#f0803c" };

/** Colour, symbol and mark of a phase; those of Pending for one that is unknown. */
export function phaseStyle(name) {
  const style = PHASES[name] || PHASES.Pending;
  return isDark() ? { ...style, color: ON_DARK[style.color] || style.color } : style;
}

/** A phase with its mark, as an element. */
export function phaseMark(name) {
  const { mark } = PHASES[name] || PHASES.Pending;
  return element("span", { class: `phase ${name}` }, `${mark} ${name}`);
}

/** Pairs of a phase and its trials, in the order in which the phases occur. */
export function groupByPhase(trials) {
  const groups = new Map();
  for (const trial of trials) {
    if (!groups.has(trial.phase)) groups.set(trial.phase, []);
    groups.get(trial.phase).push(trial);
  }
  return [...groups];
}
