import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isBeyond,
  scoreRange,
  usualZoom,
} from "../../../operator/sweepjob/dashboard/static/value_zoom.js";

const GOOD = [0.9, 0.91, 0.92, 0.93, 0.94, 0.95];

test("losers do not rule the axis", () => {
  assert.equal(usualZoom([...GOOD, 0.1, 0.2, 0.15, 0.3], 1), "half");
  assert.equal(usualZoom([...GOOD, 0.89, 0.88], 1), "all");
  // Losers that are part of the better half.
  const mixed = [0.99, 0.989, 0.988, 0.987, 0.86, 0.8, 0.75, 0.74, ...new Array(8).fill(0.1)];
  assert.equal(usualZoom(mixed, 1), "quarter");
  // Few values are all shown, and equal ones have no better half.
  assert.equal(usualZoom([0.9, 0.1, 0.2], 1), "all");
  assert.equal(usualZoom(new Array(20).fill(0.5), 1), "all");
});

test("the better half of a loss is the lower one", () => {
  const losses = [0.1, 0.11, 0.12, 0.13, 0.14, 9, 8, 7, 6, 5];
  assert.equal(usualZoom(losses, -1), "half");
  const range = scoreRange(losses, -1, "half");
  assert.ok(range.low < 0.1 && range.high > 0.14 && range.high < 1);
  assert.ok(isBeyond(5, range) && !isBeyond(0.14, range));
});

test("all values, one value, and none have a range", () => {
  assert.ok(scoreRange([1, 2, 3], 1, "all").low < 1);
  const one = scoreRange([5], 1, "tenth");
  assert.ok(one.low < 5 && one.high > 5);
  assert.deepEqual(scoreRange([], 1, "all"), { low: 0, high: 1 });
  const zero = scoreRange([0, 0], 1, "all");
  assert.ok(zero.low < 0 && zero.high > 0);
});
