import assert from "node:assert/strict";
import { test } from "node:test";
import { eventParser } from "../../../operator/sweepjob/dashboard/static/event_parser.js";

test("events arrive in any pieces", () => {
  const stream = 'data: {"n":1}\n\n: still here\n\ndata: {"n":\ndata: 2}\n\ndata: {"n":3}\n\n';
  for (let size = 1; size <= stream.length; size += 1) {
    const parse = eventParser();
    const found = [];
    for (let at = 0; at < stream.length; at += size) {
      found.push(...parse(stream.slice(at, at + size)));
    }
    assert.deepEqual(found, [{ n: 1 }, { n: 2 }, { n: 3 }], `pieces of ${size}`);
  }
});

test("an event that is not complete is kept back", () => {
  const parse = eventParser();
  assert.deepEqual(parse('data: {"n":1}\n'), []);
  assert.deepEqual(parse("\n"), [{ n: 1 }]);
});
