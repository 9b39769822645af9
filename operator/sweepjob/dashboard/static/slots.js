// Longer before the sweep's creation no trial can have started: a clock is wrong. Clocks of nodes may differ.
const CLOCK_DIFFERENCE = 3600; // seconds

/** A trial's start; null where it lies before all sense, such as in 1970. */
export function plausibleStart({ started }, sweepCreated) {
  return started === null || started < sweepCreated - CLOCK_DIFFERENCE ? null : started;
}

/**
 * When a trial ran, in seconds since the epoch: pairs of start and end. A trial that was paused has several, and
 * the time between them is not in any.
 */
function runs(trial, start, now) {
  const paused = (trial.executions ?? []).filter(
    ({ started }) => started !== null && started !== undefined,
  );
  const pieces = paused.map(({ started, ended }) => [started, Math.max(started, ended)]);
  const resumed = pieces.length ? (trial.resumed ?? null) : start;
  if (resumed !== null) pieces.push([resumed, Math.max(trial.ended ?? now, resumed)]);
  return pieces;
}

/**
 * Assigns trials to slots, in the order of their starts, each to the first one that is free.
 * Returns for each trial its `slot`, when it was `created`, and `from` when `to` when it held the slot (seconds
 * since the epoch); several of them for one that was paused. A trial that has not started holds one from its
 * creation on.
 */
export function assignSlots(trials, now, sweepCreated = 0) {
  const freeFrom = [];
  const startOf = (trial) => plausibleStart(trial, sweepCreated);
  const placed = trials
    .filter((trial) => (trial.created ?? startOf(trial)) !== null)
    .flatMap((trial) => {
      const pieces = runs(trial, startOf(trial) ?? trial.created, now);
      const begun = startOf(trial) !== null;
      return pieces.map(([from, to], n) => ({
        trial,
        from,
        to,
        first: n === 0,
        order: begun ? from : Infinity,
      }));
    })
    // The difference of two trials that have not started is NaN: then their indices decide.
    .sort((a, b) => a.order - b.order || a.trial.index - b.trial.index);
  return placed.map(({ trial, from, to, first }) => {
    let slot = freeFrom.findIndex((time) => time <= from);
    if (slot < 0) slot = freeFrom.push(0) - 1;
    freeFrom[slot] = to;
    const created = first ? Math.min(trial.created ?? from, from) : from;
    return { trial, slot, from, to, created };
  });
}
