import assert from "node:assert/strict";
import { test } from "node:test";
import { assignSlots, plausibleStart } from "../../../operator/sweepjob/dashboard/static/slots.js";
import { trial } from "./documents.js";

const NOW = 100;
const placed = (trials) =>
  assignSlots(trials, NOW).map(({ trial: { index }, slot, from, to }) => [index, slot, from, to]);

test("a slot is used again when it is free", () => {
  const trials = [
    trial(0, { created: 0, started: 1, ended: 10 }),
    trial(1, { created: 0, started: 2, ended: 5 }),
    trial(2, { created: 5, started: 5, ended: 20 }),
    trial(3, { created: 6, started: 10 }),
  ];
  assert.deepEqual(placed(trials), [
    [0, 0, 1, 10],
    [1, 1, 2, 5],
    [2, 1, 5, 20],
    [3, 0, 10, NOW],
  ]);
});

test("trials that wait hold a slot from their creation on, in the order of their indices", () => {
  const trials = [trial(1, { created: 7 }), trial(0, { created: 8 })];
  assert.deepEqual(placed(trials), [
    [0, 0, 8, NOW],
    [1, 1, 7, NOW],
  ]);
});

test("a trial that was paused has a bar for each execution, and gives its slot away between them", () => {
  const executions = [
    { started: 1, ended: 10 },
    { started: null, ended: 11 },
  ];
  const trials = [
    trial(0, { created: 0, started: 1, ended: 40, resumed: 30, executions }),
    trial(1, { created: 10, started: 12, ended: 28 }),
    trial(2, { created: 0, started: 2, executions: [{ started: 2, ended: 9 }] }),
  ];
  assert.deepEqual(placed(trials), [
    [0, 0, 1, 10],
    [2, 1, 2, 9],
    [1, 0, 12, 28],
    [0, 0, 30, 40],
  ]);
});

test("a trial without any time is left out", () => {
  assert.deepEqual(placed([trial(0)]), []);
});

test("a trial is not created after its start", () => {
  const [bar] = assignSlots([trial(0, { created: 9, started: 8, ended: 10 })], NOW);
  assert.equal(bar.created, 8);
});

test("a start in 1970 is that of a wrong clock: the trial begins with its proposal", () => {
  const created = 1_767_225_600;
  const wrong = trial(0, { created: created + 5, started: 3, ended: created + 60 });
  const [bar] = assignSlots([wrong], created + 100, created);
  assert.deepEqual([bar.from, bar.to, bar.created], [created + 5, created + 60, created + 5]);
  assert.equal(plausibleStart(wrong, created), null);
  // Clocks of nodes differ by minutes.
  assert.equal(plausibleStart({ started: created - 60 }, created), created - 60);
  const neither = trial(1, { created: created + 5, started: 3, ended: 4 });
  const [placed] = assignSlots([neither], created + 100, created);
  assert.equal(placed.to, placed.from);
});
