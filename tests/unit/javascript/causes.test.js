import assert from "node:assert/strict";
import { test } from "node:test";
import {
  causesOf,
  parseCause,
  toneOf,
} from "../../../operator/sweepjob/dashboard/static/causes.js";

const reasons = (sweep) => causesOf(sweep).map(({ reason, isTrouble }) => [reason, isTrouble]);

test("a cause that is also the reason of the phase is told once", () => {
  const text = "TooManyFailedTrials: 4 trials failed";
  assert.deepEqual(reasons({ troubles: [text], reason: text }), [["TooManyFailedTrials", true]]);
});

test("troubles come first, and what is usual is not told", () => {
  const usual = "Accepted: the spec is accepted";
  assert.deepEqual(reasons({ troubles: [], reason: usual }), []);
  assert.deepEqual(reasons({ troubles: [], reason: `${usual}. Warnings: lr is not used` }), [
    ["Accepted", false],
  ]);
  const trouble = "QuotaExceeded: trial a-0: quota is full";
  assert.deepEqual(reasons({ troubles: [trouble], reason: "Suspended: by hand" }), [
    ["QuotaExceeded", true],
    ["Suspended", false],
  ]);
});

test("a completion is told where its best may be wrong", () => {
  const done = "AllTrialsEnded: all 4 trials have ended; best is a-1 with loss 0.5";
  assert.deepEqual(reasons({ troubles: [], reason: done }), []);
  const doubtful = `${done}, but its reports may be incomplete: see its condition`;
  assert.deepEqual(reasons({ troubles: [], reason: doubtful }), [["AllTrialsEnded", false]]);
});

test("each error of a refused spec is one message, with its own semicolons", () => {
  const text =
    "InvalidSpec: spec.searchSpace.lr.type: 'uniforme' is unknown; did you mean uniform?; spec.limits: none; and 3 more";
  assert.deepEqual(parseCause(text).messages, [
    "spec.searchSpace.lr.type: 'uniforme' is unknown; did you mean uniform?",
    "spec.limits: none",
    "and 3 more",
  ]);
  assert.deepEqual(parseCause("no reason, a text: with colons"), {
    reason: "",
    messages: ["no reason, a text: with colons"],
  });
});

test("a sweep in trouble is never well", () => {
  const tone = (phase, ...troubles) => toneOf({ phase, troubles });
  assert.equal(tone("Running"), "active");
  assert.equal(tone("Running", "ImageCannotBePulled: x"), "attention");
  assert.equal(tone("Complete", "ReportsIncomplete: x"), "attention");
  assert.equal(tone("Failed", "NoTrialSucceeded: x"), "bad");
  assert.equal(tone("Invalid", "InvalidSpec: x"), "bad");
  assert.equal(tone("Pending"), "waiting");
  assert.equal(tone("Pending", "OperatorMissing: x"), "attention");
});
