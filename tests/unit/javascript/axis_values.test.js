import assert from "node:assert/strict";
import { test } from "node:test";
import {
  binOf,
  plainName,
  valueOnAxis,
} from "../../../operator/sweepjob/dashboard/static/axis_values.js";

test("the position of a branch is not part of a parameter's name", () => {
  assert.equal(plainName("case[0].width"), "case.width");
  assert.equal(plainName("lr"), "lr");
});

test("a trial has the value of the parameter", () => {
  const axis = { name: "case[1].width", values: [8, 64, null] };
  assert.equal(valueOnAxis({ parameters: { "case.width": 64 } }, axis), 64);
  assert.equal(valueOnAxis({ parameters: {} }, axis), undefined);
});

test("a branch is found by its constants", () => {
  const axis = { name: "case", values: ["pause=0.25, reports=12", "pause=0.4, reports=8", "0"] };
  const parameters = { "case.reports": 8, "case.pause": 0.4, "case.width": 64 };
  assert.equal(valueOnAxis({ parameters }, axis), "pause=0.4, reports=8");
  assert.equal(valueOnAxis({ parameters: { "case.reports": 8 } }, axis), undefined);
});

test("a constant may have an equals sign in it", () => {
  const axis = { name: "case", values: ["flag=a=b"] };
  assert.equal(valueOnAxis({ parameters: { "case.flag": "a=b" } }, axis), "flag=a=b");
});

test("a number falls into the nearest bin, a text into its own", () => {
  const ordered = { ordered: true, values: [1, 10, 100, null] };
  assert.equal(binOf(ordered, 7), 1);
  assert.equal(binOf(ordered, 1000), 2);
  assert.equal(binOf(ordered, undefined), 3);
  const unordered = { ordered: false, values: ["adam", 64] };
  assert.equal(binOf(unordered, 64), 1);
  assert.equal(binOf(unordered, "sgd"), -1);
  assert.equal(binOf(unordered, undefined), -1);
});
