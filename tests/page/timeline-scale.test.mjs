// Which part of time the timeline shows, where moments stand, and the ticks of its axis.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const {
  FIRST_SHOWN, FIRST_SPAN_MS, LEAST_SPAN_MS, MOST_SPAN_MS, atBeginning, axisTicks, between,
  columnOf, endOf, panned, revealing, scaleOf, spanWords, timeOf, xOf, zoomed,
} = await load("timeline/timeline-scale.js");

/** Noon of a day, in whatever zone this runs. */
const NOON = new Date(2026, 0, 15, 12, 0, 0).getTime();
const ROOM = { left: 0, right: 1000 };

test("at first it shows two minutes and follows now", () => {
  const scale = scaleOf(FIRST_SHOWN, NOON, ROOM);
  assert.equal(scale.msPerPx, 120);
  assert.ok(scale.to >= NOON && scale.to < NOON + scale.msPerPx);
  assert.ok(Math.abs(scale.to - scale.from - FIRST_SPAN_MS) < 1e-3);
});

test("while time moves, a moment moves by whole pixels or not at all", () => {
  const at = NOON - 33_333;
  let before = columnOf(scaleOf(FIRST_SHOWN, NOON, ROOM), at);
  for (let now = NOON; now < NOON + 2000; now += 16) {
    const scale = scaleOf(FIRST_SHOWN, now, ROOM);
    const column = columnOf(scale, at);
    assert.ok(column === before || column === before - 1, `${before} to ${column}`);
    const fraction = xOf(scale, at) - column;
    assert.ok(fraction >= -1e-3 && fraction < 1 + 1e-3);
    before = column;
  }
});

test("with reduced motion, time moves in steps", () => {
  const edges = new Set();
  for (let now = NOON; now < NOON + 4000; now += 16) {
    edges.add(scaleOf(FIRST_SHOWN, now, { ...ROOM, calm: true }).origin);
  }
  assert.ok(edges.size <= 3, `${edges.size} steps in four seconds`);
});

test("a place and its moment are each other's", () => {
  const scale = scaleOf({ span: 10_000, end: NOON }, NOON, { left: 40, right: 540 });
  for (const x of [40, 123, 540]) assert.ok(Math.abs(xOf(scale, timeOf(scale, x)) - x) < 1e-3);
});

test("zooming about a moment keeps it where it is", () => {
  const shown = { span: 60_000, end: NOON - 100_000 };
  const now = NOON;
  const about = shown.end - 20_000;
  const place = ({ span, end }) => (about - (end - span)) / span;
  for (const factor of [1.5, 4, 1 / 1.5]) {
    const next = zoomed(shown, factor, about, now);
    assert.ok(Math.abs(place(next) - place(shown)) < 1e-6);
  }
});

test("zooming ends at one second and at ten minutes", () => {
  assert.equal(zoomed(FIRST_SHOWN, 1e6, null, NOON).span, LEAST_SPAN_MS);
  assert.equal(zoomed(FIRST_SHOWN, 1e-6, null, NOON).span, MOST_SPAN_MS);
  assert.equal(zoomed(FIRST_SHOWN, 2, null, NOON).end, null, "it goes on following");
});

test("moving ends at now, where it follows, and at what is kept", () => {
  const before = panned(FIRST_SHOWN, -0.5, NOON);
  assert.equal(before.end, NOON - 60_000);
  assert.equal(panned(before, 2, NOON).end, null);
  assert.equal(panned(before, -50, NOON).end, NOON - MOST_SPAN_MS + FIRST_SPAN_MS);
  assert.deepEqual(atBeginning(FIRST_SHOWN, NOON), panned(before, -50, NOON));
  assert.equal(atBeginning({ span: MOST_SPAN_MS, end: null }, NOON).end, null);
});

test("what was brushed is shown, in whichever direction", () => {
  const shown = between(NOON - 20_000, NOON - 30_000, NOON);
  assert.deepEqual(shown, { span: 10_000, end: NOON - 20_000 });
  const tiny = between(NOON - 20_000, NOON - 20_100, NOON);
  assert.deepEqual([tiny.span, tiny.end], [LEAST_SPAN_MS, NOON - 20_050 + 500]);
});

test("a moment out of view is brought into view, another moves nothing", () => {
  const shown = { span: 10_000, end: NOON - 50_000 };
  assert.equal(revealing(shown, NOON - 55_000, NOON), shown);
  for (const at of [NOON - 70_000, NOON - 40_000]) {
    const next = revealing(shown, at, NOON);
    const end = endOf(next, NOON);
    assert.ok(at < end && at > end - next.span);
  }
});

test("ticks stand at whole times of the clock, as close as their labels allow", () => {
  const ticks = axisTicks(scaleOf({ span: 60_000, end: NOON + 5000 }, NOON + 9e5, ROOM), 72);
  const words = ticks.map(({ words: text }) => text);
  assert.deepEqual(words, [
    "11:59:05", ":10", ":15", ":20", ":25", ":30", ":35", ":40", ":45", ":50", ":55", "12:00:00",
    ":05",
  ]);
  assert.deepEqual(ticks.filter(({ whole }) => whole).map(({ x }) => Math.round(x)), [0, 917]);
});

test("ticks of less than a second have as many digits as they need", () => {
  const words = (span) =>
    axisTicks(scaleOf({ span, end: NOON }, NOON + 9e5, ROOM), 72).map(({ words: text }) => text);
  assert.deepEqual(words(1000).slice(0, 3), ["11:59:59.0", ":59.1", ":59.2"]);
  assert.deepEqual(words(2000).slice(-2), [":59.8", "12:00:00.0"]);
  assert.ok(words(600_000).every((text) => /^\d\d:\d\d(:00)?$/.test(text)));
});

test("the length of what is shown is in words", () => {
  const words = [1000, 1500, 45_000, 120_000, 150_000, 600_000].map((span) => spanWords({ span }));
  assert.deepEqual(words, ["1 s", "1.5 s", "45 s", "2 min", "2 min 30 s", "10 min"]);
});
