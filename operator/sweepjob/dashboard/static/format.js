// Numbers, durations and times as texts.

const NARROW_NO_BREAK_SPACE = "\u202f";

const LARGEST_WHOLE = 1e9; // whole numbers below it are short enough to be written in full

/** A number with four significant digits, a whole one with all; other values as they are, nothing for null. */
export function formatNumber(value) {
  return isWhole(value) ? String(value) : rounded(value, 4);
}

/** A number on an axis, with three significant digits. */
export function formatTick(value) {
  return isWhole(value) ? String(value) : rounded(value, 3);
}

const isWhole = (value) => Number.isInteger(value) && Math.abs(value) < LARGEST_WHOLE;

function rounded(value, digits) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= LARGEST_WHOLE) {
    return value
      .toExponential(digits - 1)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  }
  return String(Number(value.toPrecision(digits)));
}

/** A number with all its digits; nothing for null. */
export const formatExact = (value) => (value === null || value === undefined ? "" : String(value));

/** A share between 0 and 1 in percent. */
export function formatPercent(share) {
  return `${(share * 100).toFixed(1)}${NARROW_NO_BREAK_SPACE}%`;
}

/** Seconds in the two largest units, as kubectl writes ages. */
export function formatDuration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [86400, 3600, 60].map((unit) => Math.floor(whole / unit));
  const twoDigits = (n) => String(n).padStart(2, "0");
  if (days >= 2) return `${days}d${hours % 24}h`;
  if (hours) return `${hours}h${twoDigits(minutes % 60)}m`;
  return minutes ? `${minutes}m${twoDigits(whole % 60)}s` : `${whole}s`;
}

/** GPU-seconds; from an hour on in GPU-hours. */
export function formatGpuTime(seconds) {
  return seconds < 3600 ? `${Math.round(seconds)} GPU-s` : `${formatNumber(seconds / 3600)} GPU-h`;
}

/** Seconds since the epoch as date and time in UTC; nothing for null. */
export function formatTime(seconds) {
  return seconds ? new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) : "";
}

/** A number with its noun, in the plural unless it is one. */
export function formatCount(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A value as a word of a POSIX shell command line, in quotes where it needs them. */
export function shellQuote(value) {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\"'\"'")}'`;
}
