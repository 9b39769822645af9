// The ends of the logs of some trials: two as a list of differences, more beside each other.
import { element, labelledCheckbox } from "./dom.js";
import { plainLine } from "./log_text.js";
import { diffLines } from "./trial_diff.js";
import { lastLog } from "./trial_logs.js";

const MARKS = { same: " ", left: "−", right: "+" };

/** The comparison in a panel; `trialsOf` returns the trials. */
export function logComparison(panel, page, trialsOf) {
  const body = element("div", { class: "logs" });
  const note = element("p", { class: "note" });
  const ignore = labelledCheckbox("ignore numbers", page.options.get("numbers") === "", (on) => {
    page.options.set("numbers", on ? "" : "1");
    update();
  });
  panel.append(
    element("section", { class: "card" }, element("h2", {}, "Last log lines"), ignore, note, body),
  );
  let shown = "";
  const update = () => {
    const logs = trialsOf().map((trial) => ({ name: trial.name, text: textOf(trial) }));
    const isPair = logs.length === 2 && logs.every(({ text }) => text);
    ignore.hidden = !isPair;
    const options = { ignoreNumbers: page.options.get("numbers") === "" };
    const state = JSON.stringify([logs, options]);
    if (state === shown) return; // keeps what is selected
    shown = state;
    note.textContent = isPair
      ? `− only in ${logs[0].name}, + only in ${logs[1].name}. Logs are compared by the lines on record.`
      : "";
    body.replaceChildren(...(isPair ? [pairElement(...logs, options)] : logs.map(logElement)));
  };
  return { update };
}

const textOf = (trial) =>
  (lastLog(trial)?.text ?? "").trimEnd().split("\n").map(plainLine).join("\n");

function pairElement(left, right, options) {
  const lines = diffLines(left.text, right.text, options).map(([kind, line]) =>
    element("span", { class: `line ${kind}` }, `${MARKS[kind]} ${line}`),
  );
  const label = `differences between the logs of ${left.name} and ${right.name}`;
  return element("pre", { class: "log-lines", tabindex: "0", "aria-label": label }, lines);
}

function logElement({ name, text }) {
  return element(
    "figure",
    {},
    element("figcaption", {}, name),
    element(
      "pre",
      { tabindex: "0", "aria-label": `last lines of ${name}` },
      text || "nothing on record",
    ),
  );
}
