// Where the lines of a trial's log come from: its pod where a server can read it, else its record.

const RETRY_PAUSE = 5000; // milliseconds

/**
 * Reads the log of a trial into `output`, which can `clear`, `append` a text and `describe` where it is from.
 * `update` is called when the trial has changed; `choose` reads another attempt.
 */
export function logSource(page, trialOf, output) {
  const { source } = page.dashboard;
  let attempt = null; // that the viewer has chosen; null for the newest one
  let stop = () => {};
  let read = ""; // what is read or was read
  let retry = null; // the timer of another try
  let shown = 0; // how often another log was begun: what arrives for an earlier one is not shown
  const showRecord = async (why) => {
    const wanted = shown;
    const trial = await withLogs(page, trialOf());
    if (wanted !== shown) return;
    const { text, from } = recordOf(trial, attempt, why);
    output.clear();
    output.append(text);
    output.describe(from);
  };
  const end = () => {
    shown += 1;
    stop();
    clearTimeout(retry);
  };
  const start = () => {
    end();
    const trial = trialOf();
    if (!source.followLog) return showRecord("");
    const { namespace } = page.model.sweep;
    let lines = 0;
    const begun = shown;
    const ifShown =
      (act) =>
      (...given) => {
        if (begun === shown) act(...given);
      };
    stop = source.followLog(namespace, page.model.sweep.name, trial.name, attempt, {
      onText: ifShown((text) => {
        lines += text.split("\n").length - 1;
        output.append(text);
      }),
      onOpen: ifShown((pod) => {
        output.clear();
        output.describe(`Live: pod ${pod}.`);
      }),
      onEnd: ifShown((pod, most) =>
        output.describe(`${extentOf(lines, most)}: pod ${pod} has ended.`),
      ),
      onError: ifShown((message) => {
        showRecord(message);
        // A pod that is about to start, or a connection that was lost.
        if (trialOf()?.ended === null) retry = setTimeout(start, RETRY_PAUSE);
      }),
    });
  };
  const update = () => {
    const trial = trialOf();
    // Another attempt has another log; of a record all lines come at the end.
    const current = JSON.stringify([
      attempt ?? trial.attempt,
      Boolean(trial.started),
      source.followLog ? 0 : trial.logs?.length,
    ]);
    if (current === read) return;
    read = current;
    start();
  };
  return {
    get attempt() {
      return attempt;
    },
    choose(number) {
      attempt = number;
      update();
    },
    update,
    close: end,
  };
}

// A trial with the lines that its document leaves out, where a server has them.
async function withLogs(page, trial) {
  const { source } = page.dashboard;
  if (!trial.logsLeftOut || !source.readTails) return trial;
  const { namespace, name } = page.model.sweep;
  try {
    return {
      ...trial,
      logs: await source.readTails(namespace, name, trial.name),
      logsLeftOut: false,
    };
  } catch {
    return trial; // the connection is lost, which the page says
  }
}

// How much of a log was read; of a long one the server sends so many lines of those that are there at first.
const extentOf = (lines, most) =>
  most && lines >= most ? `The last ${lines} lines of the log` : "All of the log";

/** The lines of a trial's record, and what they are; `why` says why it is not the pod's log. */
export function recordOf(trial, attempt, why) {
  const logs = trial.logs ?? [];
  const found = attempt === null ? logs.at(-1) : logs.find((log) => log.attempt === attempt);
  const reason = why ? `${why.replace(/\.?$/, ".")} ` : "";
  if (!found) {
    if (trial.logsLeftOut)
      return {
        text: "",
        from: `${reason}Its last lines are left out here, for there are too many trials.`,
      };
    const ended = trial.ended === null ? "They are recorded when it ends." : "";
    return { text: "", from: `${reason}No lines of its log are on record. ${ended}`.trim() };
  }
  if (!found.text && found.problem)
    return { text: "", from: `${reason}Its log could not be read: ${found.problem}` };
  const lacking = found.problem ? ` The last ones may lack: ${found.problem}.` : "";
  return {
    text: found.text,
    from: `${reason}The last lines on record, of pod ${found.pod}, attempt ${found.attempt}.${lacking}`,
  };
}
