import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exactFilter,
  matchesTags,
  noteChange,
  parseTags,
  tagChange,
  tagTexts,
  writeTags,
} from "../../../operator/sweepjob/dashboard/static/tags.js";

test("what is typed becomes tags, and back", () => {
  const tags = parseTags(" keep=yes, owner=ana\nbaseline ,");
  assert.deepEqual(tags, { keep: "yes", owner: "ana", baseline: "" });
  assert.deepEqual(parseTags(writeTags(tags)), tags);
  assert.deepEqual(tagTexts(tags), ["keep=yes", "owner=ana", "baseline"]);
  assert.deepEqual(tagTexts(undefined), []);
  assert.deepEqual(parseTags(""), {});
  assert.deepEqual(parseTags("a=b=c"), { a: "b=c" }, "the server refuses it, with the reason");
  assert.throws(() => parseTags("a=1 a=2"), /The tag a is given twice/);
});

test("an edit changes what differs only", () => {
  assert.deepEqual(tagChange({ a: "1", b: "2" }, { b: "2", a: "1" }), {});
  assert.deepEqual(tagChange({ a: "1", b: "2" }, { b: "3", c: "" }), { a: null, b: "3", c: "" });
  assert.deepEqual(tagChange({}, { constructor: "x" }), { constructor: "x" });
  assert.deepEqual(tagChange({ constructor: "x" }, {}), { constructor: null });
});

test("a filter finds parts of tags, whole tags, and what lacks a tag", () => {
  const text = writeTags({ keep: "yes", owner: "Ana", old: "" });
  const cases = [
    ["keep", true],
    ["KEEP=YES", true],
    ["own ana", true],
    ["keep, nobody", false],
    ["!old", false],
    ["!new keep", true],
    [exactFilter("keep=yes"), true],
    [exactFilter("keep=ye"), false],
    [exactFilter("old"), true],
    [exactFilter("keep"), false],
    ["", true],
  ];
  for (const [filter, matches] of cases) assert.equal(matchesTags(filter, text), matches, filter);
  assert.ok(!matchesTags("keep", ""));
  assert.ok(matchesTags("!keep", undefined));
});

test("a note changes only where its text was edited", () => {
  assert.deepEqual(
    noteChange("a\r\nb", "a\nb", "a\nb"),
    {},
    "a text field has no carriage returns",
  );
  assert.deepEqual(noteChange(" a ", " a ", "a"), {});
  const change = { note: "a\nc", seenNote: "a\r\nb" };
  assert.deepEqual(noteChange("a\r\nb", "a\nb", " a\nc\n"), change);
  assert.deepEqual(noteChange("a", "a", ""), { note: "", seenNote: "a" });
  assert.deepEqual(noteChange("", "", "new"), { note: "new", seenNote: "" });
});
