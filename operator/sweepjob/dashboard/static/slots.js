// Longer before the sweep's creation no trial can have started: a clock is wrong. Clocks of nodes may differ.
const CLOCK_DIFFERENCE = 3600; // seconds

/** A trial's start; null where it lies before all sense, such as in 1970. */
export function plausibleStart({ started }, sweepCreated) {
  return started === null || started < sweepCreated - CLOCK_DIFFERENCE ? null : started;
}

/**
 * Assigns trials to slots, in the order of their starts, each to the first one that is free.
 * Returns for each trial its `slot`, when it was `created`, and `from` when `to` when it held the slot (seconds
 * since the epoch). A trial that has not started holds one from its creation on.
 */
export function assignSlots(trials, now, sweepCreated = 0) {
  const freeFrom = [];
  const startOf = (trial) => plausibleStart(trial, sweepCreated);
  const start = (trial) => startOf(trial) ?? Infinity;
  const placed = trials
    .filter((trial) => (trial.created ?? startOf(trial)) !== null)
    // The difference of two trials that have not started is NaN: then their indices decide.
    .sort((a, b) => start(a) - start(b) || a.index - b.index);
  return placed.map((trial) => {
    const from = startOf(trial) ?? trial.created;
    const to = Math.max(trial.ended ?? now, from);
    let slot = freeFrom.findIndex((time) => time <= from);
    if (slot < 0) slot = freeFrom.push(0) - 1;
    freeFrom[slot] = to;
    return { trial, slot, from, to, created: Math.min(trial.created ?? from, from) };
  });
}
