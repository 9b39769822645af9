// How much of the space of objectives the trials dominate: the hypervolume, over the ends of the trials.
import { comparedTrials, nonDominated, referenceScores, scoresOf } from "./pareto.js";

const MOST_STEPS = 24; // volumes that are computed: with four objectives, each may take 50 milliseconds
const computed = new WeakMap(); // by model: the number of ended trials, and the steps then

/**
 * Pairs of a number of ended trials and the hypervolume of their front, where it has risen.
 *
 * Each objective is scaled to 0 for the reference, or the worst value of all trials without one, and 1 for the
 * best one, so that the volume is a share of the box between them.
 */
export function hypervolumeSteps(model) {
  const count = model.trials.filter((trial) => trial.ended !== null).length;
  // Running trials report many times between two ends.
  if (computed.get(model)?.count !== count) computed.set(model, { count, steps: stepsOf(model) });
  return computed.get(model).steps;
}

function stepsOf(model) {
  const scaled = scaledScores(model);
  const ended = model.trialsByEnd().filter((trial) => trial.ended !== null);
  const stride = Math.max(1, Math.ceil(ended.length / MOST_STEPS));
  const steps = [];
  let front = [];
  for (let begin = 0; begin < ended.length; begin += stride) {
    const block = ended.slice(begin, begin + stride).filter(({ index }) => scaled.has(index));
    const added = block.map(({ index }) => ({ index, scores: scaled.get(index) }));
    front = nonDominated([...front, ...added]);
    const share = volume(front.map(({ scores }) => scores));
    const count = Math.min(begin + stride, ended.length);
    if (front.length && share !== steps.at(-1)?.[1]) steps.push([count, share]);
  }
  return steps;
}

const covers = (a, b) => a.every((value, n) => value >= b[n]);

// The scores of the compared trials by index, each between 0 and 1.
function scaledScores(model) {
  const trials = comparedTrials(model);
  const references = referenceScores(model);
  const scores = trials.map((trial) => scoresOf(model, trial));
  const extremes = (scores[0] ?? []).map((_, n) => {
    const column = scores.map((row) => row[n]);
    const low = references[n] ?? column.reduce((a, v) => Math.min(a, v), Infinity);
    return [low, column.reduce((a, v) => Math.max(a, v), low)];
  });
  const scale = (value, [low, high], n) => {
    if (high > low) return Math.max(0, (value - low) / (high - low));
    return references[n] === null ? 1 : 0; // none exceeds the reference
  };
  const scaled = (row) => row.map((value, n) => scale(value, extremes[n], n));
  return new Map(trials.map((trial, n) => [trial.index, scaled(scores[n])]));
}

/** The volume between the origin and points with coordinates of at least 0, slice by slice (HSO). */
export function volume(points) {
  if (!points.length) return 0;
  const last = points[0].length - 1;
  if (last === 0) return Math.max(...points.map(([value]) => value));
  const ordered = [...points].sort((a, b) => b[last] - a[last]);
  let total = 0;
  let slice = [];
  ordered.forEach((point, n) => {
    const rest = point.slice(0, last);
    if (!slice.some((known) => covers(known, rest)))
      slice = [...slice.filter((known) => !covers(rest, known)), rest];
    const height = point[last] - (ordered[n + 1]?.[last] ?? 0);
    if (height > 0) total += height * volume(slice);
  });
  return total;
}
