// Points of learning curves. A value that was not finite is null.
import { extent } from "./numbers.js";

/** The points of a curve that have a value, as pairs of interval and value. */
export function finitePoints(curve) {
  return curve.intervals
    .map((interval, n) => [interval, curve.values[n]])
    .filter(([, value]) => value !== null);
}

/** The lines of a curve: it is interrupted where there is no value, or none that a logarithmic axis has. */
export function linePieces(curve, isLog) {
  const pieces = [[]];
  curve.intervals.forEach((interval, n) => {
    const value = curve.values[n];
    if (value === null || (isLog && value <= 0)) pieces.push([]);
    else pieces.at(-1).push([interval, value]);
  });
  return pieces.filter((piece) => piece.length > 1);
}

/**
 * Where a policy stopped a trial: the point of its curve. The policy compared the best value until then, which
 * is not on the curve where the curve has fallen since. Where it decides at budgets, the curve has ended.
 */
export function stopPoint({ curve, stop, budgetParameter }) {
  const points = finitePoints(curve);
  const at = points.findLast(([interval]) => budgetParameter || interval <= stop.interval);
  return at ?? [stop.interval, stop.value];
}

/** What the axes have to cover: values from `low` to `high`, and intervals up to `last`. ECharts does not
 * find it out by itself for series of type lines. */
export function valueRange(trials, threshold, isLog) {
  const values = trials.flatMap(({ curve }) => finitePoints(curve).map(([, value]) => value));
  const usable = [...values, ...(threshold?.values || [])].filter(
    (value) => value !== null && !(isLog && value <= 0),
  );
  const last = trials.reduce((most, { curve }) => Math.max(most, curve.intervals.at(-1) || 0), 1);
  const [low, high] = usable.length ? extent(usable) : [0, 1];
  const margin = isLog ? 0 : (high - low || Math.abs(high) || 1) * 0.03;
  return { low: low - margin, high: high + margin, last };
}
