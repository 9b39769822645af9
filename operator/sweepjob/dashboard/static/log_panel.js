// The log of a trial: live while its pod is there, else the last lines on record; search, follow, download.
import { element, labelledCheckbox, labelledSelect } from "./dom.js";
import { formatCount } from "./format.js";
import { logSource } from "./log_source.js";
import { LogText, matchingLines, splitAt } from "./log_text.js";
import { throttled } from "./throttle.js";

const MOST_LINES = 2000; // that are shown; all that was read is searched and downloaded
const REDRAW_PAUSE = 200; // milliseconds

/** The panel of the trial that `trialOf` returns; `update` reads its record again. */
export function logPanel(page, trialOf) {
  const log = new LogText();
  const state = { query: page.options.get("find"), follows: true };
  const source = element("span", { class: "note", "aria-live": "polite" });
  const lines = element("pre", { class: "log-lines", tabindex: "0", "aria-label": "log" });
  const note = element("p", { class: "note" });
  const draw = throttled(() => drawLines(log, state, lines, note), REDRAW_PAUSE);
  const reader = logSource(page, trialOf, {
    clear: () => log.clear(),
    append: (text) => {
      log.append(text);
      draw();
    },
    describe: (text) => {
      source.textContent = text;
      draw();
    },
  });
  const attempts = element("span");
  const section = element(
    "section",
    { class: "card log-panel" },
    element("h3", {}, "Log"),
    element("div", { class: "controls" }, attempts, toolbar(page, state, log, trialOf, draw)),
    source,
    lines,
    note,
  );
  const update = () => {
    showAttempts(attempts, trialOf(), reader);
    reader.update();
  };
  const close = () => {
    reader.close();
    draw.cancel();
  };
  return { section, update, close };
}

function toolbar(page, state, log, trialOf, draw) {
  const search = element("input", {
    type: "search",
    value: state.query,
    placeholder: "find in the log",
    "aria-label": "find in the log",
  });
  search.addEventListener("input", () => {
    state.query = search.value;
    page.options.set("find", search.value);
    draw();
  });
  const follow = labelledCheckbox("follow", state.follows, (on) => {
    state.follows = on;
    draw();
  });
  const download = element("button", { type: "button" }, "Download");
  download.addEventListener("click", () => saveText(`${trialOf().name}.log`, log.raw));
  return [search, follow, download];
}

function showAttempts(place, trial, reader) {
  if (trial.attempt < 2 || place.contains(document.activeElement)) return;
  const numbers = Array.from({ length: trial.attempt }, (_, n) => String(n + 1));
  const options = numbers.map((number) => [number, `attempt ${number}`]);
  const selected = String(reader.attempt ?? trial.attempt);
  place.replaceChildren(labelledSelect("", options, selected, (n) => reader.choose(Number(n))));
}

function drawLines(log, state, place, note) {
  const every = log.lines;
  const found = matchingLines(every, state.query, log.dropped + 1);
  const shown = found.slice(-MOST_LINES);
  const top = place.scrollTop;
  place.replaceChildren(...shown.map(([number, line]) => lineElement(number, line, state.query)));
  place.scrollTop = state.follows ? place.scrollHeight : top;
  const parts = [
    state.query ? `${formatCount(found.length, "line")} of ${every.length} with this text` : "",
    found.length > shown.length ? `the last ${MOST_LINES} of them are shown` : "",
    log.dropped ? `${formatCount(log.dropped, "line")} before them were dropped` : "",
  ];
  note.textContent = parts.filter(Boolean).join("; ");
}

function lineElement(number, line, query) {
  const pieces = splitAt(line, query).map((piece, n) =>
    n % 2 ? element("mark", {}, piece) : piece,
  );
  return element("span", { class: "line", "data-number": String(number) }, pieces);
}

function saveText(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = element("a", { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
