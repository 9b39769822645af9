import assert from "node:assert/strict";
import { test } from "node:test";
import {
  initialOrder,
  readNames,
  writeNames,
} from "../../../operator/sweepjob/dashboard/static/table_options.js";
import { ViewOptions } from "../../../operator/sweepjob/dashboard/static/view_options.js";

const sortOf = (options, usual) => initialOrder(options, usual).initialSort[0];

test("a table is sorted and filtered as its address says", () => {
  const options = new ViewOptions({
    sort: "-p:lr",
    "filter.phase": "Failed",
    "filter.best": ">0.5",
  });
  assert.deepEqual(sortOf(options, "best"), { column: "p:lr", dir: "desc" });
  assert.deepEqual(initialOrder(options, "best").initialHeaderFilter, [
    { field: "phase", value: "Failed" },
    { field: "best", value: ">0.5" },
  ]);
  assert.deepEqual(sortOf(new ViewOptions(), "best"), { column: "best", dir: "asc" });
});

test("names of parameters come back, whatever is in them", () => {
  const names = ["a,b", "p:lr", "100%", ""].slice(0, 3);
  assert.deepEqual(readNames(writeNames(names)), names);
  assert.deepEqual(readNames(""), []);
});

test("the address has what is not usual, and nothing else", () => {
  const addresses = [];
  globalThis.location = { hash: "#/s/team/a/trials" };
  globalThis.history = { state: null, replaceState: (_state, _title, url) => addresses.push(url) };
  const options = new ViewOptions({ sort: "-best" });
  options.set("find", "x y");
  options.set("sort", "best", "best");
  options.setPrefix("filter.", { phase: "Failed" });
  options.setPrefix("filter.", {});
  options.set("find", "");
  assert.deepEqual(addresses, [
    "#/s/team/a/trials?sort=-best&find=x+y",
    "#/s/team/a/trials?find=x+y",
    "#/s/team/a/trials?find=x+y&filter.phase=Failed",
    "#/s/team/a/trials?find=x+y",
    "#/s/team/a/trials",
  ]);
  assert.equal(options.get("sort", "best"), "best");
});
