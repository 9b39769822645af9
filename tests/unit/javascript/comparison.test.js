import assert from "node:assert/strict";
import { test } from "node:test";
import { byObjective } from "../../../operator/sweepjob/dashboard/static/comparison.js";
import { causesOfTrouble } from "../../../operator/sweepjob/dashboard/static/summary/failures.js";
import { SweepModel } from "../../../operator/sweepjob/dashboard/static/sweep_model.js";
import { sweepDocument, trial } from "./documents.js";

const model = (metric, goal) => {
  const document = sweepDocument([], { goal });
  Object.assign(document.sweep, { metric });
  return new SweepModel(document);
};

test("sweeps of different metrics, or goals, never share a group", () => {
  const models = [
    model("accuracy", "maximize"),
    model("loss", "minimize"),
    model("accuracy", "maximize"),
    model("accuracy", "minimize"),
  ];
  const groups = byObjective(models);
  assert.deepEqual(groups, [[models[0], models[2]], [models[1]], [models[3]]]);
});

test("failures and waiting trials are grouped by their causes, not by the names in their messages", () => {
  const waits = (n) =>
    trial(n, {
      phase: "Pending",
      reason: "ImageCannotBePulled",
      message: `pod sweep-${n}-x7: not found`,
    });
  const failed = (n, logs) =>
    trial(n, { phase: "Failed", reason: "TrainerFailed", message: "exit code 1", logs });
  const log = [{ attempt: 1, pod: "p", text: "Traceback" }];
  const trials = [
    waits(1),
    waits(2),
    waits(3),
    failed(4),
    failed(5, log),
    failed(8, log),
    failed(9),
    trial(6),
    trial(7, { phase: "Pending" }),
  ];
  const found = causesOfTrouble(trials).map(({ trial: { index }, count, verb }) => [
    index,
    count,
    verb,
  ]);
  assert.deepEqual(
    found,
    [
      [8, 4, "failed"],
      [1, 3, "waits"],
    ],
    "the first one that waits, and the newest one that failed with a log",
  );
});
