import assert from "node:assert/strict";
import { test } from "node:test";
import {
  diffLines,
  parameterRows,
} from "../../../operator/sweepjob/dashboard/static/trial_diff.js";
import { parseIndices } from "../../../operator/sweepjob/dashboard/static/trial_selection.js";
import { trial } from "./documents.js";

test("parameters differ by their values, and where a trial has none", () => {
  const trials = [
    trial(0, { parameters: { lr: 0.1, kind: "a" } }),
    trial(1, { parameters: { lr: 0.1, kind: "b", depth: 2 } }),
  ];
  assert.deepEqual(parameterRows(["lr", "kind", "depth", "unused"], trials), [
    { name: "lr", values: [0.1, 0.1], differs: false },
    { name: "kind", values: ["a", "b"], differs: true },
    { name: "depth", values: [undefined, 2], differs: true },
  ]);
  // A number and its text are two values.
  const typed = [1, "1"].map((x, n) => trial(n, { parameters: { x } }));
  assert.equal(parameterRows(["x"], typed)[0].differs, true);
});

test("lines of two logs are the same, or of one of them, in their order", () => {
  const found = diffLines("a\nb\nc\n", "a\nx\nc\nd\n");
  assert.deepEqual(found, [
    ["same", "a"],
    ["left", "b"],
    ["right", "x"],
    ["same", "c"],
    ["right", "d"],
  ]);
});

test("numbers may be ignored, words never", () => {
  const [left, right] = ["epoch 1: loss=0.35\ndone", "epoch 1: loss=1e-3\nfailed"];
  assert.deepEqual(
    diffLines(left, right, { ignoreNumbers: true }).map(([kind]) => kind),
    ["same", "left", "right"],
  );
  assert.equal(diffLines(left, right)[0][0], "left");
});

test("a comparison of every two texts has all their lines", () => {
  const texts = ["", "a", "a\nb", "b\na", "a\na\nb\na", "c\n\nc"];
  const linesOf = (text) => text.trimEnd().split("\n");
  for (const left of texts) {
    for (const right of texts) {
      const found = diffLines(left, right);
      const of = (side) =>
        found.filter(([kind]) => kind === "same" || kind === side).map(([, line]) => line);
      assert.deepEqual(of("left"), linesOf(left));
      assert.deepEqual(of("right"), linesOf(right));
    }
  }
});

test("indices of an address are whole numbers, each once", () => {
  assert.deepEqual(parseIndices("3,17,3"), [3, 17]);
  assert.deepEqual(parseIndices("x,-1,1.5,,2"), [2]);
  assert.deepEqual(parseIndices(""), []);
});
