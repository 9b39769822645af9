import assert from "node:assert/strict";
import { test } from "node:test";
import { logSource } from "../../../operator/sweepjob/dashboard/static/log_source.js";

// A trial with two attempts whose pods are gone, a server, and what the panel shows.
function opened() {
  const trial = { name: "a-0", attempt: 2, started: 1, ended: 5, logs: [], logsLeftOut: true };
  const page = { dashboard: { source: {} }, model: { sweep: { namespace: "n", name: "a" } } };
  const [streams, tails, shown] = [[], [], { text: "", from: "" }];
  page.dashboard.source = {
    followLog(_namespace, _sweep, _trial, attempt, callbacks) {
      streams.push({ attempt, ...callbacks });
      return () => {};
    },
    readTails: () => new Promise((resolve) => tails.push(resolve)),
  };
  const source = logSource(page, () => trial, {
    clear: () => {
      shown.text = "";
    },
    append: (text) => {
      shown.text += text;
    },
    describe: (from) => {
      shown.from = from;
    },
  });
  return { source, streams, tails, shown };
}

const RECORD = [1, 2].map((attempt) => ({
  attempt,
  pod: `p${attempt}`,
  text: `record ${attempt}`,
}));
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the record of an attempt is shown where its pod is gone", async () => {
  const { source, streams, tails, shown } = opened();
  source.update();
  streams[0].onError("the pod is gone");
  tails[0](RECORD);
  await settled();
  assert.equal(shown.text, "record 2");
  assert.match(shown.from, /^the pod is gone\. The last lines on record, of pod p2/);
});

test("a record that arrives late does not replace the log that was chosen meanwhile", async () => {
  const { source, streams, tails, shown } = opened();
  source.update();
  streams[0].onError("the pod is gone");
  source.choose(1);
  streams[1].onOpen("p1");
  streams[1].onText("live 1\n");
  tails[0](RECORD);
  await settled();
  assert.deepEqual(shown, { text: "live 1\n", from: "Live: pod p1." });
});

test("what an earlier stream still brings is not shown", async () => {
  const { source, streams, tails, shown } = opened();
  source.update();
  source.choose(1);
  streams[1].onOpen("p1");
  streams[0].onOpen("p2");
  streams[0].onText("live 2\n");
  streams[0].onError("lost");
  streams[0].onEnd("p2", 0);
  await settled();
  assert.deepEqual(shown, { text: "", from: "Live: pod p1." });
  assert.equal(tails.length, 0);
  source.close();
  streams[1].onText("too late\n");
  assert.equal(shown.text, "");
});
