import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byValue,
  matchesFilter,
  nullsLast,
} from "../../../operator/sweepjob/dashboard/static/table_order.js";

test("a filter compares numbers", () => {
  const cases = [
    ["> 0.5", 0.6, true],
    [">0.5", 0.5, false],
    [">= 5e-1", 0.5, true],
    ["<-1", -2, true],
    ["<= 3", 3, true],
    ["= 3", 3, true],
    ["=3", 30, false],
  ];
  for (const [filter, value, matches] of cases) {
    assert.equal(matchesFilter(filter, value), matches, `${value} ${filter}`);
  }
});

test("a filter compares texts without regard to case", () => {
  assert.ok(matchesFilter("ADA", "adam"));
  assert.ok(!matchesFilter("!ada", "Adam"));
  assert.ok(matchesFilter("!ada", null));
  assert.ok(matchesFilter(" 25 ", 0.25));
  assert.ok(!matchesFilter("> 1", "10"), "a bound is for numbers");
  assert.ok(matchesFilter("", undefined));
});

const sorted = (values, direction) => {
  const sign = direction === "asc" ? 1 : -1; // as Tabulator turns the order around
  return [...values].sort((a, b) => sign * nullsLast(byValue, direction)(a, b));
};

test("sorting puts what has no value last in either direction", () => {
  const values = [null, 2, "", 10, undefined, 1];
  assert.deepEqual(sorted(values, "asc").slice(0, 3), [1, 2, 10]);
  assert.deepEqual(sorted(values, "desc").slice(0, 3), [10, 2, 1]);
});

test("numbers in texts are sorted by size", () => {
  assert.deepEqual(sorted(["sweep-10", "sweep-9"], "asc"), ["sweep-9", "sweep-10"]);
});
