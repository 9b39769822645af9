import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceFor, commandsOf } from "../../../operator/sweepjob/dashboard/static/advice.js";
import { REMEDIES } from "../../../operator/sweepjob/dashboard/static/remedies.js";
import { SweepModel } from "../../../operator/sweepjob/dashboard/static/sweep_model.js";
import { sweepDocument, trial } from "./documents.js";

function steps(trials, sweep, isLocal = false) {
  const document = sweepDocument(trials);
  Object.assign(document.sweep, { troubles: [], counts: {}, best: null, ...sweep });
  return adviceFor(new SweepModel(document), isLocal);
}

const commands = (...args) => steps(...args).map(({ command }) => command);

test("a complete sweep leads to its best parameters and to the comparison of the best two", () => {
  const trials = [0.5, 0.9, 0.7].map((best, n) => trial(n, { best, phase: "Succeeded" }));
  const found = steps(trials, { phase: "Complete", best: { outputs: {} } });
  assert.equal(found[0].command, "kubectl sweepjob best sweep -n team -o args");
  assert.deepEqual([found[1].view, found[1].index], ["compare", "1,2"]);
  const withOutputs = { phase: "Complete", best: { outputs: { model: "x" } } };
  assert.ok(commands(trials, withOutputs).includes("kubectl sweepjob download sweep -n team"));
});

test("commands of a sweep that ran on this machine name its folder", () => {
  const trials = [trial(0, { best: 1, phase: "Succeeded" })];
  assert.deepEqual(commands(trials, { phase: "Complete", name: "a b" }, true), [
    "sweepjob best '.sweepjob/a b' -o args",
  ]);
  const { ofTrial } = commandsOf({ namespace: "local", name: "digits" }, true);
  assert.equal(ofTrial("logs", "digits-3"), "sweepjob logs .sweepjob/digits/digits-3");
});

test("failures of one cause are one step", () => {
  const failed = (n, message) => trial(n, { phase: "Failed", reason: "TrainerFailed", message });
  const trials = [failed(0, "exit 1"), failed(1, "exit 1"), failed(2, "exit 2")];
  const found = steps(trials, {
    phase: "Failed",
    troubles: ["TooManyFailedTrials: 3 trials failed"],
  });
  assert.deepEqual(
    found.map(({ index }) => index),
    [1, 2, undefined],
    "who is to correct something first has to know what",
  );
  assert.equal(
    found[2].command,
    "kubectl sweepjob submit -f SWEEP.yaml -n team --name sweep-again",
  );
});

test("a sweep in trouble says how it is mended, and not to watch it", () => {
  const found = steps([trial(0, { phase: "Pending" })], {
    phase: "Blocked",
    troubles: ["SecretNotFound: trial sweep-0: secret tokens does not exist"],
  });
  assert.equal(found.length, 1);
  assert.equal(found[0].command, "kubectl -n team get secrets,configmaps,persistentvolumeclaims");
});

test("a sweep that starts no trial for long is no sweep to wait for", () => {
  const sweep = { phase: "Running", counts: { running: 0 }, created: 100 - 600 };
  const [{ text, command }] = steps([], sweep);
  assert.match(text, /No trial has been started for 10m00s/);
  assert.equal(command, "kubectl sweepjob doctor");
  assert.match(steps([], { ...sweep, created: 90 })[0].text, /are being proposed/);
  assert.match(steps([], sweep, true)[0].text, /are being proposed/);
});

test("a name that a shell would read is quoted", () => {
  const [{ command }] = steps([], { phase: "Running", name: "a;rm", counts: { running: 0 } });
  assert.equal(command, "kubectl sweepjob get 'a;rm' -n team --watch");
});

test("every remedy has a sentence and a command", () => {
  const commandsOfSweep = commandsOf({ namespace: "team", name: "sweep" }, false);
  for (const [reason, { text, command }] of Object.entries(REMEDIES)) {
    assert.match(text, /^[A-Z].*\.$/, reason);
    assert.match(command(commandsOfSweep, { name: "sweep" }), /^kubectl /, reason);
  }
});
