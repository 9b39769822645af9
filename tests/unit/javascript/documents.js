// Documents as small as a test needs them.

/** A trial of a document; `fields` are what matters in the test. */
export function trial(index, fields = {}) {
  return {
    index,
    name: `sweep-${index}`,
    phase: "Running",
    parameters: {},
    texts: {},
    best: null,
    created: null,
    started: null,
    ended: null,
    seconds: null,
    gpuSeconds: 0,
    gpuSecondsSaved: 0,
    attempt: 1,
    executions: [],
    stop: null,
    decided: null,
    reason: "",
    message: "",
    source: "random",
    curve: { intervals: [], values: [] },
    ...fields,
  };
}

/** A document of trials. */
export function sweepDocument(trials, { goal = "maximize", ...fields } = {}) {
  const sweep = { namespace: "team", name: "sweep", metric: "accuracy", goal, phase: "Running" };
  return { made: 100, sweep, trials, parameters: [], importance: null, threshold: null, ...fields };
}
