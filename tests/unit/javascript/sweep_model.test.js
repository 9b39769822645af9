import assert from "node:assert/strict";
import { test } from "node:test";
import { SweepModel } from "../../../operator/sweepjob/dashboard/static/sweep_model.js";
import { sweepDocument, trial } from "./documents.js";

const indices = (trials) => trials.map(({ index }) => index);

test("a change replaces fields and trials, adds trials in their order, and deletes", () => {
  const model = new SweepModel(sweepDocument([trial(0), trial(2)]));
  model.merge({
    sweep: { ...model.sweep, phase: "Complete" },
    version: 7,
    threshold: null,
    trials: [trial(1), trial(2, { best: 0.5 })],
    gone: [0],
  });
  assert.deepEqual(indices(model.trials), [1, 2]);
  assert.equal(model.trial(2).best, 0.5);
  assert.equal(model.trial(0), undefined);
  assert.equal(model.sweep.phase, "Complete");
  assert.equal(model.document.version, 7);
  assert.equal(model.document.threshold, null);
});

test("a change leaves out what has not changed", () => {
  const model = new SweepModel(sweepDocument([trial(0)], { importance: { mains: [] } }));
  model.merge({ made: 5 });
  assert.equal(model.document.made, 5);
  assert.deepEqual(model.document.importance, { mains: [] });
  assert.deepEqual(indices(model.trials), [0]);
});

test("trials are ordered by their end, running ones last by index", () => {
  const trials = [trial(0), trial(1, { ended: 20 }), trial(2, { ended: 10 }), trial(3)];
  assert.deepEqual(indices(new SweepModel(sweepDocument(trials)).trialsByEnd()), [2, 1, 0, 3]);
});

test("improvements are the trials that were best when they ended", () => {
  const trials = [
    trial(0, { ended: 1, best: 0.5, seconds: 10 }),
    trial(1, { ended: 2, best: 0.4, seconds: 10 }),
    trial(2, { ended: 3, best: null, seconds: 10 }),
    trial(3, { ended: 4, best: 0.6, seconds: 10 }),
  ];
  const found = (goal) =>
    new SweepModel(sweepDocument(trials, { goal }))
      .improvements()
      .map(({ trial: { index }, before, spent }) => [index, before, spent]);
  assert.deepEqual(found("maximize"), [
    [0, null, 10],
    [3, 0.5, 40],
  ]);
  assert.deepEqual(found("minimize"), [
    [0, null, 10],
    [1, 0.5, 20],
  ]);
});

test("cost is GPU time where any trial has a GPU, else time", () => {
  const without = new SweepModel(sweepDocument([trial(0, { seconds: 30, gpuSeconds: 0 })]));
  assert.equal(without.costOf(without.trial(0)), 30);
  const trials = [trial(0, { seconds: 30, gpuSeconds: 60 }), trial(1, { seconds: 9 })];
  const withGpus = new SweepModel(sweepDocument(trials));
  assert.deepEqual(
    withGpus.trials.map((t) => withGpus.costOf(t)),
    [60, 0],
  );
});

test("parameters are in the order of the search space, then as trials bring them", () => {
  const model = new SweepModel(
    sweepDocument([trial(0, { parameters: { extra: 1, b: 1, a: 1 } })], {
      parameters: ["a", "b", "never"].map((name) => ({ name, log: false, choices: [] })),
      importance: { mains: [{ name: "b" }, { name: "gone" }] },
    }),
  );
  assert.deepEqual(model.parameterNames(), ["a", "b", "extra"]);
  assert.deepEqual(model.rankedNames(), ["b", "a", "extra"]);
});

function axisOf(declared, values) {
  const trials = values.map((x, n) => trial(n, { parameters: x === undefined ? {} : { x } }));
  const parameters = declared ? [{ name: "x", log: false, choices: [], ...declared }] : [];
  return new SweepModel(sweepDocument(trials, { parameters })).parameter("x");
}

test("a continuous parameter has a numeric axis", () => {
  const axis = axisOf({ log: true }, [0.1, 10]);
  assert.deepEqual(axis, {
    name: "x",
    isNumber: true,
    log: true,
    choices: [],
    isAlways: true,
    low: 0.1,
    high: 10,
  });
});

test("an axis is linear where a value is not positive", () => {
  assert.equal(axisOf({ log: true }, [0, 10]).log, false);
});

test("numbers to choose from are in their order, not in that of texts", () => {
  const axis = axisOf({ choices: ["8", "16", "128"] }, [128, 8]);
  assert.equal(axis.isNumber, false);
  assert.deepEqual(axis.choices, ["8", "16", "128"]);
});

test("a parameter of mixed types, or of no search space, has a place for each value", () => {
  assert.deepEqual(axisOf({ choices: ["a", "1"] }, ["a", 1, undefined]).choices, ["a", "1"]);
  assert.deepEqual(axisOf(null, [64, 8, 64]).choices, ["8", "64"]);
  assert.equal(axisOf(null, [64, undefined]).isAlways, false);
});

test("the best trials come first, equal ones by index, those without a value never", () => {
  const trials = [0.3, null, 0.9, 0.9, 0.1].map((best, n) => trial(n, { best }));
  const ranked = (goal, most) =>
    indices(new SweepModel(sweepDocument(trials, { goal })).ranked(most));
  assert.deepEqual(ranked("maximize", 3), [2, 3, 0]);
  assert.deepEqual(ranked("minimize", 2), [4, 0]);
  assert.deepEqual(ranked("maximize", 99), [2, 3, 0, 4]);
  assert.deepEqual(new SweepModel(sweepDocument([])).ranked(2), []);
});
