import assert from "node:assert/strict";
import { test } from "node:test";
import { stepPoints } from "../../../operator/sweepjob/dashboard/static/steps.js";

test("a line is level until it jumps, so that no part of it is a diagonal", () => {
  const points = stepPoints([
    [1, 0.5, 7],
    [3, 0.9, 8],
    [9, 0.9, 8],
  ]);
  assert.deepEqual(points, [
    [1, 0.5, 7],
    [3, 0.5, 7],
    [3, 0.9, 8],
    [9, 0.9, 8],
    [9, 0.9, 8],
  ]);
  points.slice(1).forEach(([x, y], n) => {
    assert.ok(x === points[n][0] || y === points[n][1]);
  });
  assert.deepEqual(stepPoints([]), []);
});
