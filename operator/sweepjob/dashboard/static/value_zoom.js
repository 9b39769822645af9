// How much of the values an axis shows: those of the losers must not rule it.
import { extent } from "./numbers.js";

export const ZOOMS = [
  ["all", "all values"],
  ["half", "the better half"],
  ["quarter", "the best quarter"],
  ["tenth", "the best tenth"],
];
const SHARES = { all: 1, half: 0.5, quarter: 0.25, tenth: 0.1 };
const FEW = 4; // trials, below which nothing is left out for their sake
const RULED = 3; // times the range of the better half, from which on the losers rule the axis

// Values from the best on.
const ordered = (values, sign) => [...values].sort((a, b) => sign * (b - a));

/**
 * The zoom that a viewer gets without a choice: all values, or the better half where the others rule the axis, or
 * the best quarter where they rule that of the half.
 */
export function usualZoom(values, sign) {
  const sorted = ordered(values, sign);
  const [all, half, quarter] = [1, SHARES.half, SHARES.quarter].map((share) => {
    const count = Math.ceil(sorted.length * share);
    return count < FEW ? 0 : Math.abs(sorted[0] - sorted[count - 1]);
  });
  if (half === 0 || all <= RULED * half) return "all";
  return quarter > 0 && half > RULED * quarter ? "quarter" : "half";
}

/** The values from `low` to `high` that an axis shows, with a margin. */
export function scoreRange(values, sign, zoom) {
  const count = Math.max(2, Math.ceil(values.length * (SHARES[zoom] ?? 1)));
  const shown = ordered(values, sign).slice(0, count);
  if (!shown.length) return { low: 0, high: 1 };
  const [low, high] = extent(shown);
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  return { low: low - margin, high: high + margin };
}

/** Whether a value is outside of a range. */
export const isBeyond = (value, { low, high }) => value < low || value > high;
