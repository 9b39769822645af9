import assert from "node:assert/strict";
import { test } from "node:test";
import { costAxis, costUnit } from "../../../operator/sweepjob/dashboard/static/cost_axis.js";

test("an axis has one unit, and round marks in it", () => {
  const { name, interval, axisLabel } = costAxis("GPU time", 5032, true);
  assert.equal(name, "GPU time (GPU-h)");
  assert.equal(interval, 0.5 * 3600);
  assert.equal(axisLabel.formatter(interval), "0.5");
  assert.equal(costAxis("GPU time", 1e6, true).interval, 100 * 3600);
  assert.equal(costAxis("time of trials", 700, false).name, "time of trials (min)");
});

test("small costs, and none, have seconds", () => {
  assert.deepEqual(costUnit(90, false), { seconds: 1, name: "s" });
  assert.deepEqual(costUnit(3599, true), { seconds: 1, name: "GPU-s" });
  assert.ok(costAxis("GPU time", 0, true).interval > 0);
});
