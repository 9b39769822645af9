// Curves of the metrics beside the primary one. A document may have none: `metrics` of a trial has lists of
// pairs of step and value by name.

/** The names of the metrics of some trials, in the order in which they occur. */
export function metricNames(trials) {
  return [...new Set(trials.flatMap(({ metrics }) => Object.keys(metrics ?? {})))];
}

/** The points of a trial's metric: `intervals` and `values`, both empty where it has none. */
export function pointsOf(trial, name) {
  const pairs = trial.metrics?.[name];
  const points = Array.isArray(pairs) ? pairs.filter((pair) => Array.isArray(pair)) : [];
  return {
    intervals: points.map(([step]) => step),
    values: points.map(([, value]) => value ?? null),
  };
}

/** A trial whose curve is that of another metric, and which no policy has stopped by it. */
export const withMetric = (trial, name) => ({ ...trial, curve: pointsOf(trial, name), stop: null });
