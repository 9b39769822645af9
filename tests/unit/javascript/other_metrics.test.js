import assert from "node:assert/strict";
import { test } from "node:test";
import {
  metricNames,
  pointsOf,
  withMetric,
} from "../../../operator/sweepjob/dashboard/static/other_metrics.js";
import { trial } from "./documents.js";

test("metrics are those of all trials, and a trial may have none", () => {
  const trials = [
    trial(0),
    trial(1, { metrics: { loss: [[1, 0.5]] } }),
    trial(2, { metrics: { f1: [], loss: [] } }),
  ];
  assert.deepEqual(metricNames(trials), ["loss", "f1"]);
  assert.deepEqual(metricNames([trial(0), trial(1, { metrics: null })]), []);
});

test("the points of a metric are its pairs; whatever else is there is left out", () => {
  const reported = trial(0, {
    metrics: { loss: [[1, 0.5], [2, null], "odd", [4, 0.1]], odd: "text" },
  });
  assert.deepEqual(pointsOf(reported, "loss"), { intervals: [1, 2, 4], values: [0.5, null, 0.1] });
  for (const name of ["odd", "missing", "constructor"])
    assert.deepEqual(pointsOf(reported, name), { intervals: [], values: [] });
});

test("a curve of another metric has no stop: the policy has not looked at it", () => {
  const stopped = trial(0, { stop: { policy: "bandit" }, metrics: { loss: [[1, 0.5]] } });
  assert.equal(withMetric(stopped, "loss").stop, null);
  assert.deepEqual(withMetric(stopped, "loss").curve.values, [0.5]);
});
