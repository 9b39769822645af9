// Trials that are compared by several metrics: the Pareto front, and which trials are feasible.

const ENDED = ["Succeeded", "EarlyStopped", "Failed", "Canceled"];

/** The objectives of a sweep; one or several. */
export const objectivesOf = (model) =>
  model.sweep.objectives ?? [{ goal: model.sweep.goal, metric: model.sweep.metric }];

/** Whether a sweep has several objectives, so that its result is a front. */
export const hasFront = (model) => objectivesOf(model).length > 1;

/** Whether a sweep has bounds on metrics. */
export const hasConstraints = (model) => (model.sweep.constraints ?? []).length > 0;

/** The metrics of objectives and constraints; none where one value says all. */
export function comparedMetrics(model) {
  if (!hasFront(model) && !hasConstraints(model)) return [];
  const names = objectivesOf(model).map(({ metric }) => metric);
  return [...new Set([...names, ...(model.sweep.constraints ?? []).map(({ metric }) => metric)])];
}

/** The goal and the metric of each objective, and the constraints, in words. */
export function objectivesText(model) {
  const goals = objectivesOf(model).map(({ goal, metric }) => `${goal} ${metric}`);
  return [...goals, ...(model.sweep.constraints ?? []).map(({ text }) => text)].join(", ");
}

/** Whether a trial may be the best one, or on the front, as far as constraints go. */
export const isFeasible = (model, trial) => !hasConstraints(model) || trial.feasible === true;

/** The trials that have ended with all values and meet the constraints. */
export function comparedTrials(model) {
  const metrics = objectivesOf(model).map(({ metric }) => metric);
  const isComplete = ({ results }) => metrics.every((name) => typeof results?.[name] === "number");
  return model.trials.filter(
    (trial) => ENDED.includes(trial.phase) && isComplete(trial) && isFeasible(model, trial),
  );
}

/** The scores of a trial that has all values, one for each objective; larger is better. */
export function scoresOf(model, { results }) {
  return objectivesOf(model).map(
    ({ goal, metric }) => results[metric] * (goal === "maximize" ? 1 : -1),
  );
}

/** The score of the reference of each objective; null where it has none. */
export function referenceScores(model) {
  return objectivesOf(model).map(({ goal, reference }) =>
    typeof reference === "number" ? reference * (goal === "maximize" ? 1 : -1) : null,
  );
}

/** The Pareto front: the trials that no other one dominates, the best in the first objective first. */
export function frontOf(model) {
  const scored = comparedTrials(model).map((trial) => ({
    trial,
    index: trial.index,
    scores: scoresOf(model, trial),
  }));
  return nonDominated(scored).map(({ trial }) => trial);
}

/** Of points with `scores` and an `index`, those that no other one dominates, in the same order. */
export function nonDominated(points) {
  // In this order, no point is dominated by one that comes later.
  const sorted = [...points].sort((a, b) => byScores(a.scores, b.scores) || a.index - b.index);
  const front = [];
  for (const candidate of sorted) {
    if (!isDominated(candidate.scores, front)) front.push(candidate);
  }
  return front;
}

function byScores(a, b) {
  const place = a.findIndex((score, n) => score !== b[n]);
  return place < 0 ? 0 : b[place] - a[place];
}

function isDominated(scores, front) {
  // With two objectives, the last one that was found is the best so far in the second.
  const known = scores.length === 2 ? front.slice(-1) : front;
  return known.some(
    (other) => byScores(other.scores, scores) && other.scores.every((s, n) => s >= scores[n]),
  );
}
