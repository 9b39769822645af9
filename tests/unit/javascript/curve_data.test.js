import assert from "node:assert/strict";
import { test } from "node:test";
import {
  finitePoints,
  linePieces,
  stopPoint,
  valueRange,
} from "../../../operator/sweepjob/dashboard/static/curve_data.js";
import { extent } from "../../../operator/sweepjob/dashboard/static/numbers.js";
import { trial } from "./documents.js";

const curve = (...values) => ({ intervals: values.map((_, n) => n + 1), values });

test("points without a value are left out", () => {
  assert.deepEqual(finitePoints(curve(0.1, null, 0.3)), [
    [1, 0.1],
    [3, 0.3],
  ]);
});

test("a line is interrupted where there is no value, and has more than one point", () => {
  assert.deepEqual(linePieces(curve(1, 2, null, 3, null, 4, 5), false), [
    [
      [1, 1],
      [2, 2],
    ],
    [
      [6, 4],
      [7, 5],
    ],
  ]);
});

test("a logarithmic axis has no place for what is not positive", () => {
  assert.deepEqual(linePieces(curve(1, 2, 0, -1), true), [
    [
      [1, 1],
      [2, 2],
    ],
  ]);
});

test("axes cover all values and the threshold, with a margin", () => {
  const trials = [trial(0, { curve: curve(0, 1) }), trial(1, { curve: curve(null, null, 0.5) })];
  const { low, high, last } = valueRange(trials, { values: [null, 2] }, false);
  assert.deepEqual([low, high, last], [-0.06, 2.06, 3]);
  assert.deepEqual(valueRange(trials, null, true), { low: 0.5, high: 1, last: 3 });
});

test("axes have a width without any value, and with one", () => {
  assert.deepEqual(valueRange([], null, true), { low: 0, high: 1, last: 1 });
  const flat = valueRange([trial(0, { curve: curve(5, 5) })], null, false);
  assert.ok(flat.low < 5 && flat.high > 5);
});

test("the extent of very many values is found", () => {
  const values = Array.from({ length: 1_000_000 }, (_, n) => n);
  assert.deepEqual(extent(values), [0, 999_999]);
});

test("a stop lies on the curve, not at the best value before", () => {
  const stop = { interval: 3, value: 0.9 };
  const curve = { intervals: [1, 2, 3, 4], values: [0.5, 0.9, 0.7, 0.6] };
  assert.deepEqual(stopPoint({ curve, stop }), [3, 0.7]);
  const gap = { intervals: [1, 2, 3], values: [0.5, 0.9, null] };
  assert.deepEqual(stopPoint({ curve: gap, stop }), [2, 0.9]);
  assert.deepEqual(stopPoint({ curve: { intervals: [], values: [] }, stop }), [3, 0.9]);
  const whole = { intervals: [1, 2, 3, 4, 5], values: [0.1, 0.2, 0.3, 0.4, 0.5] };
  assert.deepEqual(stopPoint({ curve: whole, stop, budgetParameter: "epochs" }), [5, 0.5]);
});
