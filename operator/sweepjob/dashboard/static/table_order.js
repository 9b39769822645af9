// How tables filter and sort.

const COMPARISONS = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
};

/** Whether a value matches what is typed into a column's filter: ">0.5", "<= 3", "!x" or a part of the text. */
export function matchesFilter(filter, value) {
  const text = String(filter).trim();
  const bound = /^(<=|>=|<|>|=)\s*(-?[\d.]+(?:e[-+]?\d+)?)$/i.exec(text);
  if (bound && typeof value === "number") return COMPARISONS[bound[1]](value, Number(bound[2]));
  const shown = value === null || value === undefined ? "" : String(value).toLowerCase();
  if (text.startsWith("!")) return !shown.includes(text.slice(1).toLowerCase());
  return shown.includes(text.toLowerCase());
}

/** Compares two values for sorting: numbers by size, others as texts with numbers in them. */
export function byValue(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true });
}

/** Wraps a comparison so that rows without a value come last in either direction. */
export function nullsLast(compare, direction) {
  const isMissing = (value) => value === null || value === undefined || value === "";
  return (a, b) => {
    if (!isMissing(a) && !isMissing(b)) return compare(a, b);
    return (isMissing(a) - isMissing(b)) * (direction === "asc" ? 1 : -1);
  };
}
