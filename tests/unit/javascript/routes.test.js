import assert from "node:assert/strict";
import { test } from "node:test";
import {
  comparisonHref,
  documentPath,
  parseRoute,
  sweepHref,
  trialPath,
  withOptions,
} from "../../../operator/sweepjob/dashboard/static/routes.js";

test("an address leads to what it was made of", () => {
  assert.deepEqual(parseRoute(sweepHref("team", "a/b?", "trial", 0)), {
    page: "sweep",
    namespace: "team",
    name: "a/b?",
    view: "trial",
    index: "0",
    options: {},
  });
  const sweeps = [
    ["team", "one"],
    ["other", "two"],
  ];
  assert.deepEqual(parseRoute(comparisonHref(sweeps)), {
    page: "comparison",
    sweeps,
    options: {},
  });
});

test("a sweep without a view, and anything unknown", () => {
  assert.deepEqual(parseRoute("#/s/team/one"), {
    page: "sweep",
    namespace: "team",
    name: "one",
    view: undefined,
    index: undefined,
    options: {},
  });
  for (const fragment of ["", "#", "#/", "#/s", "#/nothing/here"]) {
    assert.deepEqual(parseRoute(fragment), { page: "list", options: {} });
  }
});

test("names cannot leave their place in a path", () => {
  assert.equal(documentPath("team", "../x"), "api/sweeps/team/..%2Fx");
});

test("an address keeps the options of a view, whatever is in them", () => {
  const options = { sort: "-best", "filter.p:lr": "> 0.1 & <b>?#/", empty: "" };
  const { options: read, ...route } = parseRoute(
    sweepHref("team", "a", "trials", undefined, options),
  );
  assert.deepEqual(read, { sort: "-best", "filter.p:lr": "> 0.1 & <b>?#/" });
  assert.equal(route.view, "trials");
  const changed = withOptions("#/s/team/a/trials?sort=-best", { find: "x" });
  assert.equal(changed, "#/s/team/a/trials?find=x");
  assert.equal(withOptions(changed, {}), "#/s/team/a/trials");
});

test("an address that was cut off is still read", () => {
  assert.equal(parseRoute("#/s/team/a%2").name, "a%2");
});

test("a trial's name cannot leave its place", () => {
  assert.equal(trialPath("team", "a", "../b?c", "log"), "api/sweeps/team/a/trials/..%2Fb%3Fc/log");
});
