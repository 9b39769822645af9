// Why a sweep is in its state: reasons and messages of its conditions.

// What needs no telling: it holds of every sweep that runs, or says what the page shows anyway.
const USUAL = [
  /^Accepted: the spec is accepted$/,
  /^AllTrialsEnded: all \d+ trials have ended; best is \S+ with [^,]*$/,
];
// Every error of a refused spec begins with its path.
const NEXT_ERROR = /; (?=(?:and \d+ more$)|(?:spec|metadata)[.:[])/;

/** Causes of a sweep's state, those that need a person first: reason, messages, and whether it is trouble. */
export function causesOf({ troubles, reason }) {
  const texts = [...troubles, ...(reason ? [reason] : [])];
  return [...new Set(texts)]
    .filter((text) => !USUAL.some((usual) => usual.test(text)))
    .map((text) => ({ ...parseCause(text), isTrouble: troubles.includes(text) }));
}

/** "Reason: message" as its reason and messages; one message for each error of a refused spec. */
export function parseCause(text) {
  const [, reason, message] = /^(\w+): ([\s\S]*)$/.exec(text) ?? [null, "", text];
  const messages = reason === "InvalidSpec" ? message.split(NEXT_ERROR) : [message];
  return { reason, messages };
}

const TONES = {
  Complete: "good",
  Running: "active",
  Blocked: "attention",
  Suspended: "attention",
  Failed: "bad",
  Invalid: "bad",
};

/** How a sweep is doing: "good", "active", "attention", "bad" or "waiting". A sweep in trouble is never well. */
export function toneOf({ phase, troubles }) {
  const tone = TONES[phase] ?? "waiting";
  return troubles.length && tone !== "bad" ? "attention" : tone;
}

const MARKS = { good: "✓", active: "▶", attention: "!", bad: "✕", waiting: "…" };

/** The mark of a tone, which says the same as its colour. */
export const toneMark = (tone) => MARKS[tone];

/** Whether a sweep has ended, or never begins. */
export const isOver = ({ phase }) => ["Complete", "Failed", "Invalid"].includes(phase);
