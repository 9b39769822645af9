import assert from "node:assert/strict";
import { test } from "node:test";
import { recordOf } from "../../../operator/sweepjob/dashboard/static/log_source.js";
import {
  LogText,
  matchingLines,
  plainLine,
  splitAt,
} from "../../../operator/sweepjob/dashboard/static/log_text.js";
import { trial } from "./documents.js";

test("pieces that end within a line are joined", () => {
  const log = new LogText();
  for (const piece of ["epo", "ch 1\nepoch", " 2\n", "epoch 3"]) log.append(piece);
  assert.deepEqual(log.lines, ["epoch 1", "epoch 2", "epoch 3"]);
  assert.equal(log.raw, "epoch 1\nepoch 2\nepoch 3");
});

test("of a log that is too long the oldest lines are dropped, and counted", () => {
  const log = new LogText();
  const line = `${"x".repeat(99_999)}\n`;
  for (let n = 0; n < 50; n += 1) log.append(line);
  assert.equal(log.lines.length + log.dropped, 50);
  assert.equal(log.lines.length, 40);
  assert.ok(log.lines.every((kept) => kept.length === 99_999));
});

test("colours are left out, and of a progress bar all but its last state", () => {
  assert.equal(plainLine("\u001b[31mred\u001b[0m"), "red");
  assert.equal(plainLine("  1%\r 50%\r100%"), "100%");
  assert.equal(plainLine("windows\r"), "windows");
});

test("lines are found whatever their case, with their numbers", () => {
  assert.deepEqual(matchingLines(["a", "Error", "b", "error"], "ERROR", 11), [
    [12, "Error"],
    [14, "error"],
  ]);
  assert.equal(matchingLines(["a", "b"], "").length, 2);
});

test("a line is split at every occurrence", () => {
  assert.deepEqual(splitAt("Loss loss=1", "loss"), ["", "Loss", " ", "loss", "=1"]);
  assert.deepEqual(splitAt("abc", ""), ["abc"]);
  assert.deepEqual(splitAt("a.c", "."), ["a", ".", "c"]);
  for (const [line, text] of [
    ["İ i i", "i"],
    ["aaa", "aa"],
  ])
    assert.equal(splitAt(line, text).join(""), line);
});

test("a record says which attempt it is of, and why it is not the pod's log", () => {
  const logs = [
    { attempt: 1, pod: "a-0-x", text: "one" },
    { attempt: 2, pod: "a-0-y", text: "two" },
  ];
  const ended = trial(0, { ended: 5, logs });
  assert.deepEqual(recordOf(ended, null, "sweep-0 has no pod now"), {
    text: "two",
    from: "sweep-0 has no pod now. The last lines on record, of pod a-0-y, attempt 2.",
  });
  assert.equal(recordOf(ended, 1, "").text, "one");
  assert.match(recordOf(ended, 3, "").from, /^No lines of its log are on record/);
  assert.match(recordOf(trial(0), null, "").from, /recorded when it ends/);
  assert.match(recordOf(trial(0, { logsLeftOut: true }), null, "").from, /left out here/);
  const lost = trial(0, { logs: [{ attempt: 1, pod: "p", text: "", problem: "gone" }] });
  assert.match(recordOf(lost, null, "").from, /could not be read: gone/);
});
