// How the timeline merges one answer of the server after the other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { TimelineData, lowerBound } = await load("timeline/timeline-data.js");

const VIEW = {
  now_ms: 100_000, cursor: 1, step_ms: 100, whole: false, away: [], lanes: [], gone: [],
  left_out: 0, armed: [],
};
const KNOCK = {
  connection: 1, at_ms: 60_000, status: 503, why: "too many streams", fault: null,
};
const LANE = {
  id: 1, client: "a", program: "curl 8.5", sure: true, stream: "/endless", method: "GET",
  bars: [], knocks: [],
};
const BAR = {
  connection: 1, from_ms: 50_000, to_ms: null, why: null, by: null, status: 200, verdict: null,
  afterwards: null, due_ms: null, flags: [], steps: [], ticks: [],
};
const VERDICT = {
  kind: "back", words: "", brief: "", advice: null, bad: false, despite: false, sure: true,
  away_ms: null, retry_ms: null, lost: 0, repeated: 0, other: null,
};
const tick = (at_ms, end, kind = "event") => ({ at_ms, kind, id: "", event: null, size: 9, end });

/** @param {object[]} bars */
const withBars = (bars, more = {}) => ({ ...VIEW, lanes: [{ ...LANE, bars, ...more }] });
const taken = (...views) => {
  const data = new TimelineData();
  for (const view of views) data.take(view);
  return data;
};

/** The same, and the server counted before the bar began. */
const counted = (view, ...views) =>
  taken({ ...VIEW, now_ms: 49_000, whole: true }, { ...view, now_ms: 52_000 }, ...views);

test("steps of later answers follow, and one that comes in parts is their sum", () => {
  const data = taken(
    withBars([{ ...BAR, steps: [[500, 1, 0], [505, 2, 1]] }]),
    withBars([{ ...BAR, steps: [[505, 1, 0], [507, 1, 0]] }]),
  );
  const [bar] = data.lanes[0].bars;
  const span = [100, 100, 100];
  assert.deepEqual(bar.events, { at: [50_050, 50_550, 50_750], count: [1, 3, 1], span });
  assert.deepEqual(bar.comments, { at: [50_550], count: [1], span: [100] });
});

test("a step that has ticks is drawn from them, whichever came first", () => {
  const ticks = [tick(50_510, 40), tick(50_590, 60), tick(50_595, 70, "comment")];
  const data = taken(
    withBars([{ ...BAR, steps: [[502, 1, 0], [505, 2, 1]] }]),
    withBars([{ ...BAR, ticks }]),
    withBars([{ ...BAR, steps: [[506, 4, 0]] }]),
  );
  const [bar] = data.lanes[0].bars;
  assert.deepEqual(bar.events.at, [50_250, 50_510, 50_590, 50_650]);
  assert.deepEqual(bar.events.span, [100, 0, 0, 100]);
  assert.deepEqual(bar.comments.at, [50_595]);
  data.take(withBars([{ ...BAR, ticks: [tick(50_590, 60)] }]));
  assert.equal(bar.ticks.length, 3, "one that is handed out again is the same");
});

test("what was counted late is not drawn beside its tick, and what has no tick is", () => {
  const ticks = [tick(50_510, 40), tick(51_010, 60)];
  const steps = [[507, 1, 0], [509, 1, 0], [520, 3, 0]];
  const [bar] = taken(withBars([{ ...BAR, ticks, steps }])).lanes[0].bars;
  assert.deepEqual(bar.events.at, [50_510, 51_010, 52_050]);
  assert.deepEqual(bar.events.count, [1, 1, 3]);
});

test("of a step in which some ticks are missing, the rest is drawn as a step", () => {
  const steps = [[505, 60, 0]];
  const [bar] = taken(withBars([{ ...BAR, ticks: [tick(50_510, 40)], steps }])).lanes[0].bars;
  assert.deepEqual(bar.events.count, [1, 59]);
});

test("a bar ends, and its client comes back with another", () => {
  const data = taken(
    withBars([BAR]),
    withBars([{ ...BAR, to_ms: 60_000, by: "server", why: "stopped", due_ms: 61_000 }]),
    withBars([{ ...BAR, connection: 2, from_ms: 61_500, verdict: { ...VERDICT, other: 1 } }]),
  );
  const [first, second] = data.lanes[0].bars;
  assert.deepEqual([first.to, first.due, first.row, second.rows], [60_000, 61_000, 0, 1]);
  assert.equal(second.before, first);
});

test("a return from a request that was refused goes on from the bar before that", () => {
  const data = taken(withBars([
    { ...BAR, to_ms: 60_000, by: "network", why: "reset" },
    { ...BAR, connection: 4, from_ms: 70_000, verdict: { ...VERDICT, other: 3 } },
  ], { knocks: [{ ...KNOCK, connection: 3, at_ms: 65_000 }] }));
  assert.equal(data.lanes[0].bars[1].before?.connection, 1);
});

test("bars that are open at once have rows of their own, others the middle", () => {
  const data = taken(withBars([
    { ...BAR, connection: 1, from_ms: 10_000, to_ms: 20_000 },
    { ...BAR, connection: 2, from_ms: 30_000 },
    { ...BAR, connection: 3, from_ms: 31_000, to_ms: 35_000 },
    { ...BAR, connection: 4, from_ms: 36_000 },
  ]));
  const rows = data.lanes[0].bars.map(({ row, rows: all }) => [row, all]);
  assert.deepEqual(rows, [[0, 1], [0, 2], [1, 2], [1, 2]]);
  assert.equal(data.lanes[0].open, 2);
});

test("a request that the server read before it knew of the end is not beside it", () => {
  const data = taken(withBars([
    { ...BAR, connection: 1, from_ms: 10_000, to_ms: 20_200 },
    { ...BAR, connection: 2, from_ms: 20_000 },
  ]));
  assert.deepEqual(data.lanes[0].bars.map(({ rows }) => rows), [1, 1]);
});

test("the first events that are sent again are known by their number", () => {
  const verdict = { ...VERDICT, repeated: 3 };
  const steps = [[505, 2, 0], [510, 2, 0], [515, 1, 0]];
  const [bar] = counted(withBars([{ ...BAR, verdict, steps }])).lanes[0].bars;
  assert.ok(bar.repeatedUntil > 51_050 && bar.repeatedUntil < 51_550);
  bar.take({ ...BAR, verdict: { ...verdict, repeated: 50 } });
  assert.equal(bar.repeatedUntil, Infinity, "those to come are among them");
  bar.take({ ...BAR, verdict: VERDICT });
  assert.equal(bar.repeatedUntil, BAR.from_ms);
});

test("the usual gap is the middle one, so that one silence changes nothing", () => {
  const steps = [500, 505, 510, 515, 590, 595, 600].map((index) => [index, 1, 0]);
  const [bar] = taken(withBars([{ ...BAR, steps }])).lanes[0].bars;
  assert.equal(bar.usualGap, 500);
  const [rare] = taken(withBars([{ ...BAR, steps: [[500, 1, 0]] }])).lanes[0].bars;
  assert.equal(rare.usualGap, Infinity);
});

test("lanes keep their order, go when the server forgets them, and are merged by id", () => {
  const data = taken(
    { ...VIEW, lanes: [{ ...LANE, id: 2 }, { ...LANE, id: 1 }] },
    { ...VIEW, cursor: 2, lanes: [{ ...LANE, id: 1, bars: [BAR] }, { ...LANE, id: 3 }] },
  );
  assert.deepEqual(data.lanes.map(({ id }) => id), [2, 1, 3]);
  assert.equal(data.lane(1)?.bars.length, 1);
  data.take({ ...VIEW, cursor: 3, gone: [2], left_out: 4 });
  assert.deepEqual(data.lanes.map(({ id }) => id), [1, 3]);
  assert.deepEqual([data.lane(2), data.leftOut, data.cursor], [null, 4, 3]);
});

test("an answer that is whole replaces what was answered before", () => {
  const data = taken(withBars([{ ...BAR, steps: [[500, 1, 0]] }]));
  data.take({ ...withBars([{ ...BAR, steps: [[500, 1, 0]] }]), cursor: 3, whole: true });
  assert.deepEqual([data.lanes.length, data.cursor], [1, 3]);
  assert.deepEqual(data.lanes[0].bars[0].events.count, [1]);
  data.take({ ...VIEW, whole: true });
  assert.equal(data.lanes.length, 0);
});

test("a connection whose client turned out to be another is in that one's lane alone", () => {
  const knocks = [{ ...KNOCK, connection: 7 }];
  const data = taken(withBars([BAR, { ...BAR, connection: 2 }], { knocks }));
  data.take({ ...VIEW, lanes: [{ ...LANE, id: 2, bars: [{ ...BAR, connection: 2 }], knocks }] });
  const held = data.lanes.map(({ bars, knocks: few }) => [
    bars.map(({ connection }) => connection), few.length,
  ]);
  assert.deepEqual(held, [[[1], 0], [[2], 1]]);
  assert.equal(data.lanes[0].bars[0].rows, 1);
});

test("while nobody asks, nothing is counted", () => {
  const data = taken({ ...VIEW, whole: true });
  data.take({ ...VIEW, now_ms: 104_000 });
  data.take({ ...VIEW, now_ms: 120_000 });
  assert.deepEqual(data.uncounted, [{ from: 0, to: 100_000 }, { from: 104_000, to: 120_000 }]);
});

test("events are known to be the first where they were counted, or stand first on the wire", () => {
  const verdict = { ...VERDICT, repeated: 1 };
  const begun = { ...BAR, verdict, from_ms: 99_000, steps: [[995, 1, 0]] };
  const whole = (bar) => taken({ ...VIEW, whole: true }, withBars([bar])).lanes[0].bars[0];
  assert.equal(whole(begun).repeatedUntil, 99_000, "it began before anybody counted");
  assert.ok(whole({ ...begun, from_ms: 100_500, steps: [[1006, 1, 0]] }).repeatedUntil > 100_500);
  assert.ok(whole({ ...begun, ticks: [tick(99_510, 240)] }).repeatedUntil > 99_000);
  assert.equal(whole({ ...begun, ticks: [tick(99_510, 90_000)] }).repeatedUntil, 99_000);
});

test("what is older than the server keeps is forgotten, and repeated events stay counted", () => {
  const steps = Array.from({ length: 200 }, (_, n) => [500 + n, 1, 0]);
  const ended = { ...BAR, connection: 9, from_ms: 40_000, to_ms: 45_000 };
  const verdict = { ...VERDICT, repeated: 120 };
  const knock = { ...KNOCK, connection: 8, at_ms: 46_000 };
  const data = counted(
    withBars([ended, { ...BAR, verdict, steps }], { knocks: [knock] }),
    { ...VIEW, now_ms: 60_000 + 630_000 },
  );
  const [lane] = data.lanes;
  assert.deepEqual([lane.bars.length, lane.knocks.length], [1, 0]);
  assert.deepEqual([lane.bars[0].events.at[0], lane.bars[0].dropped], [60_050, 100]);
  const until = lane.bars[0].repeatedUntil;
  assert.ok(until > 61_900 && until < 62_100);
});

test("a client is away when it broke off, not when it left or has everything", () => {
  const end = (bar, more = {}) =>
    taken(withBars([{ ...BAR, to_ms: 60_000, ...bar }], more)).lanes[0];
  assert.equal(taken(withBars([BAR])).lanes[0].isAway, false);
  assert.equal(end({ by: "network", why: "reset" }).isAway, true);
  assert.equal(end({ by: "server", why: "complete" }).isAway, false);
  assert.equal(end({ by: "client", why: "closed" }).isAway, false);
  const missing = { ...VERDICT, kind: "missing", bad: true };
  assert.equal(end({ by: "client", why: "closed", afterwards: missing }).isAway, true);
  const knocks = [{ ...KNOCK, connection: 2, at_ms: 61_000, status: 204 }];
  assert.equal(end({ by: "server", why: "stopped" }, { knocks }).isAway, false);
});

test("the first value that is not below is found", () => {
  assert.deepEqual([0, 1, 2, 9].map((least) => lowerBound([1, 2, 2, 5], least)), [0, 0, 1, 4]);
});
