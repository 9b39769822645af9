import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceFor } from "../../../operator/sweepjob/dashboard/static/advice.js";
import {
  hypervolumeSteps,
  volume,
} from "../../../operator/sweepjob/dashboard/static/hypervolume.js";
import {
  comparedMetrics,
  comparedTrials,
  frontOf,
  hasFront,
  objectivesText,
} from "../../../operator/sweepjob/dashboard/static/pareto.js";
import { SweepModel } from "../../../operator/sweepjob/dashboard/static/sweep_model.js";
import { sweepDocument, trial } from "./documents.js";

const OBJECTIVES = [
  { goal: "maximize", metric: "accuracy" },
  { goal: "minimize", metric: "latency" },
  { goal: "maximize", metric: "recall" },
  { goal: "minimize", metric: "size" },
];

function modelOf(values, { count = 2, constraints = [], ...fields } = {}) {
  const objectives = OBJECTIVES.slice(0, count);
  const trials = values.map((row, n) => {
    const results = Object.fromEntries(row.map((value, k) => [OBJECTIVES[k].metric, value]));
    return trial(n, { phase: "Succeeded", results, feasible: true, ...fields });
  });
  const document = sweepDocument(trials);
  Object.assign(document.sweep, { objectives, constraints, troubles: [], counts: {}, best: null });
  return new SweepModel(document);
}

const indices = (trials) => trials.map(({ index }) => index);

// By the definition: what no other trial dominates.
function naiveFront(model) {
  const scores = (t) =>
    model.sweep.objectives.map(
      ({ goal, metric }) => t.results[metric] * (goal === "maximize" ? 1 : -1),
    );
  const dominates = (a, b) => a.every((s, n) => s >= b[n]) && a.some((s, n) => s > b[n]);
  return indices(
    model.trials.filter((t) => !model.trials.some((o) => dominates(scores(o), scores(t)))),
  );
}

test("the front is what no trial dominates, with two to four objectives", () => {
  let state = 7;
  const next = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % 4;
  };
  for (let n = 0; n < 200; n += 1) {
    const count = 2 + (n % 3);
    const rows = Array.from({ length: 1 + (n % 12) }, () => Array.from({ length: count }, next));
    const model = modelOf(rows, { count });
    assert.deepEqual(
      indices(frontOf(model)).sort((a, b) => a - b),
      naiveFront(model),
    );
  }
});

test("the best in the first objective comes first, and equal trials are all on the front", () => {
  const rows = [
    [0.5, 1],
    [0.9, 9],
    [0.5, 1],
    [0.4, 2],
  ];
  assert.deepEqual(indices(frontOf(modelOf(rows))), [1, 0, 2]);
});

test("infeasible trials, those that run, and those that lack a value are not compared", () => {
  const constraints = [{ metric: "size", text: "size <= 50" }];
  const model = modelOf(
    [
      [0.9, 1],
      [0.8, 1],
      [0.7, 1],
      [0.6, null],
      [0.5, 1],
    ],
    { constraints },
  );
  Object.assign(model.trial(0), { feasible: false });
  Object.assign(model.trial(1), { feasible: null });
  Object.assign(model.trial(2), { phase: "Running" });
  assert.deepEqual(indices(comparedTrials(model)), [4]);
  assert.deepEqual(indices(frontOf(model)), [4]);
  assert.deepEqual(comparedMetrics(model), ["accuracy", "latency", "size"]);
  assert.equal(objectivesText(model), "maximize accuracy, minimize latency, size <= 50");
});

test("a sweep with one objective is as before", () => {
  const model = new SweepModel(sweepDocument([trial(0, { best: 0.5, phase: "Succeeded" })]));
  assert.equal(hasFront(model), false);
  assert.deepEqual(comparedMetrics(model), []);
  assert.deepEqual(indices(model.ranked(2)), [0]);
});

test("with constraints, an infeasible trial is not among the best ones", () => {
  const document = sweepDocument([
    trial(0, { best: 0.9, phase: "Succeeded", feasible: false, ended: 1 }),
    trial(1, { best: 0.5, phase: "Succeeded", feasible: true, ended: 2 }),
  ]);
  document.sweep.constraints = [{ metric: "size", text: "size <= 50" }];
  const model = new SweepModel(document);
  assert.deepEqual(indices(model.ranked(2)), [1]);
  assert.deepEqual(indices(model.improvements().map((found) => found.trial)), [1]);
});

test("the advice about a complete sweep is to choose from the front", () => {
  const model = modelOf([
    [0.9, 9],
    [0.5, 1],
  ]);
  model.sweep.phase = "Complete";
  const [list, compare] = adviceFor(model, false);
  assert.equal(list.command, "kubectl sweepjob best sweep -n team");
  assert.deepEqual([compare.view, compare.index], ["compare", "0,1"]);
});

test("the volume is the number of cells that some point dominates", () => {
  let state = 3;
  const next = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % 4;
  };
  for (let n = 0; n < 100; n += 1) {
    const count = 1 + (n % 4);
    const points = Array.from({ length: n % 7 }, () => Array.from({ length: count }, next));
    let cells = [[]];
    for (let k = 0; k < count; k += 1)
      cells = cells.flatMap((cell) => [0, 1, 2].map((value) => [...cell, value]));
    const dominated = cells.filter((cell) =>
      points.some((point) => point.every((value, k) => value > cell[k])),
    );
    assert.equal(volume(points), dominated.length);
  }
});

test("the hypervolume rises with each trial that joins the front", () => {
  const rows = [
    [0.5, 5],
    [0, 10],
    [1, 5],
    [0.5, 0],
  ];
  const model = modelOf(rows);
  for (const trial of model.trials) trial.ended = trial.index + 1;
  assert.deepEqual(hypervolumeSteps(model), [
    [1, 0.25],
    [3, 0.5],
    [4, 0.75],
  ]);
});

test("the hypervolume of many changes of the front is computed some times, and at last", () => {
  const model = modelOf(Array.from({ length: 500 }, (_, n) => [n, n]));
  for (const trial of model.trials) trial.ended = trial.index + 1;
  const steps = hypervolumeSteps(model);
  assert.ok(steps.length <= 24);
  assert.equal(steps.at(-1)[0], 500);
});

test("the hypervolume is measured from the references where they are given", () => {
  const rows = [
    [0.5, 10],
    [0.9, 20],
    [0.95, 40],
    [0.2, 1],
  ];
  const stepsFrom = (accuracy, latency) => {
    const model = modelOf(rows);
    for (const trial of model.trials) trial.ended = trial.index + 1;
    model.sweep.objectives = [
      { goal: "maximize", metric: "accuracy", reference: accuracy },
      { goal: "minimize", metric: "latency", reference: latency },
    ];
    return hypervolumeSteps(model);
  };
  // Only the second trial exceeds both: by 0.1 of 0.15, and by 10 of 29.
  const [first, second, ...rest] = stepsFrom(0.8, 30);
  assert.deepEqual([first, second[0], rest], [[1, 0], 2, []]);
  assert.ok(Math.abs(second[1] - (0.1 / 0.15) * (10 / 29)) < 1e-12);
  assert.deepEqual(stepsFrom(1.5, 30), [[1, 0]]);
});
