/** The end of the log of a trial's newest attempt that is on record; null without one. */
export const lastLog = (trial) => trial.logs?.at(-1) ?? null;
