import assert from "node:assert/strict";
import { test } from "node:test";
import {
  comparisonHref,
  documentPath,
  parseRoute,
  sweepHref,
} from "../../../operator/sweepjob/dashboard/static/routes.js";

test("an address leads to what it was made of", () => {
  assert.deepEqual(parseRoute(sweepHref("team", "a/b?", "trial", 0)), {
    page: "sweep",
    namespace: "team",
    name: "a/b?",
    view: "trial",
    index: "0",
  });
  const sweeps = [
    ["team", "one"],
    ["other", "two"],
  ];
  assert.deepEqual(parseRoute(comparisonHref(sweeps)), { page: "comparison", sweeps });
});

test("a sweep without a view, and anything unknown", () => {
  assert.deepEqual(parseRoute("#/s/team/one"), {
    page: "sweep",
    namespace: "team",
    name: "one",
    view: undefined,
    index: undefined,
  });
  for (const fragment of ["", "#", "#/", "#/s", "#/nothing/here"]) {
    assert.deepEqual(parseRoute(fragment), { page: "list" });
  }
});

test("names cannot leave their place in a path", () => {
  assert.equal(documentPath("team", "../x"), "api/sweeps/team/..%2Fx");
});
