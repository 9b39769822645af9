/**
 * Assigns trials to slots, in the order of their starts, each to the first one that is free.
 * Returns for each trial its `slot`, when it was `created`, and `from` when `to` when it held the slot (seconds
 * since the epoch). A trial that has not started holds one from its creation on.
 */
export function assignSlots(trials, now) {
  const freeFrom = [];
  const start = (trial) => trial.started ?? Infinity;
  const placed = trials
    .filter((trial) => (trial.created ?? trial.started) !== null)
    // The difference of two trials that have not started is NaN: then their indices decide.
    .sort((a, b) => start(a) - start(b) || a.index - b.index);
  return placed.map((trial) => {
    const from = trial.started ?? trial.created;
    const to = trial.ended ?? now;
    let slot = freeFrom.findIndex((time) => time <= from);
    if (slot < 0) slot = freeFrom.push(0) - 1;
    freeFrom[slot] = Math.max(to, from);
    return { trial, slot, from, to, created: Math.min(trial.created ?? from, from) };
  });
}
