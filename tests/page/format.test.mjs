import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const {
  PREVIEW_LENGTH,
  count,
  cut,
  dateAndTime,
  duration,
  gap,
  longTime,
  preview,
  several,
  timeOfDay,
} = await load("parts/format.js");

test("times carry milliseconds and keep their width", () => {
  const at = new Date(2031, 0, 2, 3, 4, 5, 6).getTime();
  assert.equal(timeOfDay(at), "03:04:05.006");
  assert.equal(dateAndTime(at), "2031-01-02 03:04:05.006");
});

test("a gap changes its unit before it grows wider than its column", () => {
  const cases = [
    [null, ""],
    [0, "+0ms"],
    [-3, "+0ms"],
    [999.4, "+999ms"],
    [999.6, "+1.00s"],
    [1004, "+1.00s"],
    [59_994, "+59.99s"],
    [59_995, "+1m 00s"],
    [125_000, "+2m 05s"],
    [3_599_400, "+59m 59s"],
    [3_599_600, "+1h 00m"],
    [359_000_000, "+99h 43m"],
    [400_000_000, "+111h"],
  ];
  for (const [ms, text] of cases) {
    assert.equal(gap(ms), text);
    assert.ok(gap(ms).length <= 8, text);
  }
});

test("counts are grouped by thousands", () => {
  assert.deepEqual([0, 999, 1000, 39_000, 12_345_678].map(count), [
    "0",
    "999",
    "1,000",
    "39,000",
    "12,345,678",
  ]);
});

test("a noun agrees with its number", () => {
  assert.deepEqual(
    [0, 1, 2, 1200].map((number) => several(number, "gap")),
    ["0 gaps", "1 gap", "2 gaps", "1,200 gaps"],
  );
});

test("a preview is one line", () => {
  assert.equal(preview("a\r\nb\rc\nd"), "a↵b↵c↵d");
  assert.equal(preview(""), "");
});

test("a preview is cut at its length, and never through a character", () => {
  const full = "x".repeat(PREVIEW_LENGTH);
  assert.equal(preview(full), full);
  assert.equal(preview(`${full}y`), `${full}…`);
  const split = `${"x".repeat(PREVIEW_LENGTH - 1)}😀 and more`;
  assert.equal(preview(split), `${"x".repeat(PREVIEW_LENGTH - 1)}…`);
});

// A row of a panel showed a few words of JSON, and the rest was nowhere on the page: its title was
// empty.
test("the beginning of a text never ends in half a character", () => {
  assert.equal(cut("ab😀c", 5), "ab😀c");
  assert.equal(cut("ab😀c", 4), "ab😀");
  assert.equal(cut("ab😀c", 3), "ab");
});

test("durations are written for a sentence", () => {
  assert.deepEqual([250, 1000, 1500, 3000].map(duration), ["250 ms", "1 s", "1.5 s", "3 s"]);
});

test("a time from the settings is written in whole units", () => {
  const written = [0, 250, 10_000, 90_000, 3_600_000, 5_400_000, 86_400_500].map(longTime);
  assert.deepEqual(written, [
    "0 s",
    "250 ms",
    "10 s",
    "1 min 30 s",
    "1 h",
    "1 h 30 min",
    "24 h 500 ms",
  ]);
});
