import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatCount,
  formatDuration,
  formatExact,
  formatGpuTime,
  formatNumber,
  formatPercent,
  formatTick,
  formatTime,
  shellQuote,
} from "../../../operator/sweepjob/dashboard/static/format.js";

test("numbers have four significant digits, and none that say nothing", () => {
  const cases = [
    [0, "0"],
    [0.1 + 0.2, "0.3"],
    [0.005011895272690226, "0.005012"],
    [-1234.5678, "-1235"],
    [1.5e-5, "1.5e-5"],
    [-2.123456789e-7, "-2.123e-7"],
    [1e-4, "0.0001"],
    [1234567890.5, "1.235e9"],
    [1e100, "1e100"],
    [null, ""],
    [undefined, ""],
    ["adam", "adam"],
    [true, "true"],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
});

test("whole numbers have all their digits", () => {
  for (const whole of [65536, -1048576, 123456789]) {
    assert.equal(formatNumber(whole), String(whole));
    assert.equal(formatTick(whole), String(whole));
  }
  assert.equal(formatNumber(1e9), "1e9");
});

test("an axis has three digits, and a tooltip all", () => {
  assert.equal(formatTick(0.219671), "0.22");
  assert.equal(formatTick(0.110457), "0.11");
  assert.equal(formatExact(0.005011895272690226), "0.005011895272690226");
  assert.equal(formatExact(null), "");
});

test("durations have their two largest units", () => {
  const cases = [
    [null, ""],
    [-5, "0s"],
    [0.9, "0s"],
    [59.9, "59s"],
    [60, "1m00s"],
    [3599, "59m59s"],
    [3600, "1h00m"],
    [86400, "24h00m"],
    [2 * 86400 - 1, "47h59m"],
    [2 * 86400, "2d0h"],
    [100 * 86400 + 3600, "100d1h"],
  ];
  for (const [seconds, text] of cases) assert.equal(formatDuration(seconds), text);
});

test("GPU-time is in hours from an hour on", () => {
  assert.equal(formatGpuTime(0), "0 GPU-s");
  assert.equal(formatGpuTime(3599.4), "3599 GPU-s");
  assert.equal(formatGpuTime(1e6), "277.8 GPU-h");
  assert.equal(formatGpuTime(3600), "1 GPU-h");
});

test("shares are in percent", () => {
  assert.equal(formatPercent(0.1234), "12.3\u202f%");
  assert.equal(formatPercent(1), "100.0\u202f%");
});

test("times are in UTC", () => {
  assert.equal(formatTime(1767225600.7), "2026-01-01 00:00:00");
  assert.equal(formatTime(null), "");
});

test("a noun is in the plural unless there is one", () => {
  assert.deepEqual(
    [0, 1, 2].map((n) => formatCount(n, "trial")),
    ["0 trials", "1 trial", "2 trials"],
  );
});

test("arguments survive a shell", () => {
  assert.equal(shellQuote("a/b=1e-3,x"), "a/b=1e-3,x");
  assert.equal(shellQuote("two words"), "'two words'");
  assert.equal(shellQuote("it's $HOME"), `'it'"'"'s $HOME'`);
  assert.equal(shellQuote(""), "''");
});
