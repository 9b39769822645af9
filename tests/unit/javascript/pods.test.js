import assert from "node:assert/strict";
import { test } from "node:test";
import { podRows } from "../../../operator/sweepjob/dashboard/static/pods.js";
import { trial } from "./documents.js";

const pod = (rank, state, node = `node-${rank}`) => ({
  rank,
  pod: `sweep-3-${rank}-x`,
  node,
  state,
});

test("each pod has its rank, name, node, state, and the command that prints its log", () => {
  const rows = podRows(trial(3, { pods: [pod(0, "Running"), pod(10, "Failed")] }), "team");
  assert.deepEqual(
    rows.map(({ cells }) => cells),
    [
      ["0", "sweep-3-0-x", "node-0", "Running"],
      ["10", "sweep-3-10-x", "node-10", "Failed"],
    ],
  );
  assert.equal(rows[1].command, "kubectl sweepjob logs sweep-3 -n team --rank 10");
});

test("a pod that has no log yet, or none any more, has no command", () => {
  const rows = podRows(trial(3, { pods: [pod(0, "Pending", ""), pod(1, "Deleted")] }), "team");
  assert.deepEqual(
    rows.map(({ cells, command }) => [cells[2], command]),
    [
      ["none yet", ""],
      ["node-1", ""],
    ],
  );
});

test("the page of a local sweep names no command of a cluster", () => {
  const [row] = podRows(trial(3, { pods: [pod(0, "Running")] }), "");
  assert.equal(row.command, "");
});

test("a trial of one pod has no rows, also in reports of earlier versions", () => {
  assert.deepEqual(podRows(trial(3), "team"), []);
  assert.deepEqual(podRows(trial(3, { pods: [] }), "team"), []);
});
