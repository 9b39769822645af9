// The lines of a log as they are shown.

// Colours and cursor movements of terminals (ECMA-48).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with a control character
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
const MOST_KEPT = 4_000_000; // characters; older lines are dropped

/** A line without escape sequences, and of a progress bar only what it showed last. */
export function plainLine(line) {
  const plain = line.replace(ESCAPES, "").replace(/\r+$/, "");
  return plain.slice(plain.lastIndexOf("\r") + 1);
}

/** The text of a log that grows: its lines, and how many were dropped since there are too many. */
export class LogText {
  constructor() {
    this.clear();
  }

  clear() {
    this.raw = "";
    this.dropped = 0;
  }

  /** Adds a piece of text, which may end within a line. */
  append(text) {
    this.raw += text;
    if (this.raw.length <= MOST_KEPT) return;
    const cut = this.raw.indexOf("\n", this.raw.length - MOST_KEPT - 1) + 1;
    this.dropped += this.raw.slice(0, cut).split("\n").length - 1;
    this.raw = this.raw.slice(cut);
  }

  /** The lines as they are shown; without an empty one at the end. */
  get lines() {
    const lines = this.raw.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines.map(plainLine);
  }
}

/** Numbers and texts of the lines that contain a text, whatever the case; of all lines for an empty text. */
export function matchingLines(lines, text, first = 1) {
  const wanted = text.toLowerCase();
  return lines
    .map((line, n) => [n + first, line])
    .filter(([, line]) => line.toLowerCase().includes(wanted));
}

/** A line in pieces, every second of which is an occurrence of the text. */
export function splitAt(line, text) {
  const lower = line.toLowerCase();
  // A few letters are longer in lower case: then the places would be wrong.
  if (!text || lower.length !== line.length) return [line];
  const pieces = [];
  const wanted = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    pieces.push(line.slice(from, at), line.slice(at, at + text.length));
    from = at + text.length;
  }
  return [...pieces, line.slice(from)];
}
