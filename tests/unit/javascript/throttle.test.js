import assert from "node:assert/strict";
import { test } from "node:test";
import { throttled } from "../../../operator/sweepjob/dashboard/static/throttle.js";

test("of many calls within a pause the first and one more happen", async () => {
  let calls = 0;
  const call = throttled(() => {
    calls += 1;
  }, 40);
  for (let n = 0; n < 10; n += 1) call();
  await new Promise((resolve) => setTimeout(resolve, 15));
  assert.equal(calls, 1);
  for (let n = 0; n < 10; n += 1) call();
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(calls, 2);
});

test("a cancelled call does not happen", async () => {
  let calls = 0;
  const call = throttled(() => {
    calls += 1;
  }, 10);
  call();
  call.cancel();
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(calls, 0);
  call();
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(calls, 1);
});
