import assert from "node:assert/strict";
import { test } from "node:test";
import { decisionsOf } from "../../../operator/sweepjob/dashboard/static/decisions.js";
import { SweepModel } from "../../../operator/sweepjob/dashboard/static/sweep_model.js";
import { sweepDocument, trial } from "./documents.js";

const rowsOf = (...trials) =>
  decisionsOf(new SweepModel(sweepDocument(trials))).map(({ time, what, why }) => [
    time,
    what,
    why,
  ]);

test("the log has the newest first, and what happens at once in its order", () => {
  const ended = trial(0, {
    phase: "Succeeded",
    created: 1,
    started: 1,
    ended: 9,
    best: 0.5,
    texts: { lr: "0.1" },
  });
  assert.deepEqual(rowsOf(ended), [
    [9, "new best", "accuracy 0.5"],
    [9, "Succeeded", ""],
    [1, "started", ""],
    [1, "proposed", "by random: lr=0.1"],
  ]);
});

test("a stopped trial has the policy's decision, and says so once", () => {
  const stopped = trial(3, {
    phase: "EarlyStopped",
    ended: 9,
    decided: 8,
    stop: { policy: "bandit" },
    reason: "Bandit",
    message: "0.1 is below 0.2",
  });
  assert.deepEqual(rowsOf(stopped), [
    [9, "EarlyStopped", ""],
    [8, "stopped", "0.1 is below 0.2"],
  ]);
});

test("a decision that was not recorded was made when the trial ended at the latest", () => {
  const stopped = trial(3, { phase: "EarlyStopped", ended: 9, stop: { policy: "bandit" } });
  assert.deepEqual(
    rowsOf(stopped).map(([time]) => time),
    [9, 9],
  );
});

test("earlier attempts are in the log", () => {
  const again = trial(0, {
    started: 20,
    attempt: 2,
    executions: [{ ended: 15, attempt: 1, reason: "NodeLost", message: "gone" }],
  });
  assert.deepEqual(rowsOf(again), [
    [20, "started", "its attempt 2"],
    [15, "taken up again", "attempt 1 ended: NodeLost gone"],
  ]);
});

test("a better trial names the value before", () => {
  const trials = [trial(0, { ended: 1, best: 0.1 }), trial(1, { ended: 2, best: 0.2 })];
  assert.deepEqual(rowsOf(...trials)[0], [2, "new best", "accuracy 0.2, before 0.1"]);
});
