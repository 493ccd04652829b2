import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const {
  FIRST_QUERY,
  MARGIN,
  MOST,
  covers,
  inView,
  placeOf,
  refreshed,
  rowAt,
  shift,
  wanted,
  widened,
} = await load("connections/viewport.js");
const { queryText } = await load("host/paths.js");
const { COLUMNS, moves, sortedWords, turned } = await load("connections/columns.js");
const { rate } = await load("parts/format.js");
const { clientWords, fateWords, matchingWords, noMatchWords } = await load("parts/words.js");

/**
 * @param {number} first
 * @param {number[]} ids
 * @param {number} lines
 */
const slice = (first, ids, lines = 1000) => ({
  open: 0,
  opened: 0,
  refused: 0,
  all: lines,
  matching: lines,
  lines,
  first,
  rows: ids.map((id) => ({ id })),
});

test("the rows in view include those that are partly visible", () => {
  assert.deepEqual(inView({ top: 0, height: 280 }, 28, 1000), { first: 0, count: 10 });
  assert.deepEqual(inView({ top: 14, height: 280 }, 28, 1000), { first: 0, count: 11 });
  assert.deepEqual(inView({ top: 28 * 500, height: 281 }, 28, 1000), { first: 500, count: 11 });
  // fewer rows than there is room for
  assert.deepEqual(inView({ top: 0, height: 280 }, 28, 3), { first: 0, count: 3 });
  assert.deepEqual(inView({ top: 0, height: 280 }, 28, 0), { first: 0, count: 0 });
  // scrolled to where rows were before most of them went
  assert.deepEqual(inView({ top: 28 * 500, height: 280 }, 28, 3), { first: 2, count: 1 });
  // a browser may scroll beyond the edge
  assert.deepEqual(inView({ top: -40, height: 280 }, 28, 1000), { first: 0, count: 9 });
});

test("a few more rows are requested at each edge, at most as many as the server hands out", () => {
  assert.deepEqual(wanted({ first: 0, count: 10 }, false), { first: 0, count: 10 + MARGIN });
  assert.deepEqual(wanted({ first: 500, count: 10 }, false), {
    first: 500 - MARGIN,
    count: 10 + 2 * MARGIN,
  });
  assert.deepEqual(wanted({ first: 0, count: 0 }, false), { first: 0, count: MARGIN });
  assert.equal(wanted({ first: 500, count: 5000 }, false).count, MOST);
  assert.deepEqual(wanted({ first: 500, count: 10 }, true), { first: 405, count: MOST });
  assert.deepEqual(wanted({ first: 3, count: 10 }, true), { first: 0, count: MOST });
  assert.deepEqual(widened({ first: 990, count: 10 }, MARGIN, 1000), {
    first: 990 - MARGIN,
    count: 10 + MARGIN,
  });
});

test("a slice covers the rows in view that exist", () => {
  assert.ok(covers(slice(5, [1, 2, 3]), { first: 5, count: 3 }));
  assert.ok(!covers(slice(5, [1, 2, 3]), { first: 4, count: 3 }));
  assert.ok(!covers(slice(5, [1, 2, 3]), { first: 6, count: 3 }));
  assert.ok(covers(slice(0, [1, 2], 2), { first: 0, count: 10 }));
  assert.ok(covers(slice(0, [], 0), { first: 0, count: 10 }));
});

test("held rows get new figures, and rows that are not in the answer are marked", () => {
  const held = { ...slice(10, [1, 2, 3]), all: 20 };
  const fresh = { ...slice(8, [4, 3, 1], 900), all: 30 };
  fresh.rows[1].events = 7;
  assert.deepEqual(refreshed(held, fresh, true), {
    ...fresh,
    first: 10,
    lines: 1000,
    rows: [{ id: 1 }, { id: 2, stale: true }, { id: 3, events: 7 }],
  });
  assert.equal(refreshed(held, fresh, false).rows[1].stale, false);
  const again = refreshed(refreshed(held, fresh, true), slice(0, [2]), true);
  assert.equal(rowAt(again, 11).stale, undefined, "one that comes within reach again is fresh");
});

test("rows that are added above the rows in view are counted", () => {
  const before = slice(10, [50, 49, 48]);
  assert.equal(shift(before, slice(10, [52, 51, 50, 49]), 10), 2);
  assert.equal(shift(before, slice(9, [50, 49, 48]), 10), -1);
  // the first that is read has ended and left: the next one stays where it is
  assert.equal(shift(before, slice(10, [49, 48, 47]), 10), -1);
  assert.equal(shift(before, slice(10, [7, 8, 9]), 10), 0);
  assert.equal(placeOf(before, 48), 12);
  assert.equal(placeOf(before, 1), -1);
});

test("the sort order has words, for when its column is hidden", () => {
  // sorted by a column, a window made narrow showed no arrow anywhere
  assert.equal(sortedWords({ sort: "client", descending: false }), "sorted by client ↑");
  assert.equal(sortedWords({ sort: "verdict", descending: true }), "sorted by verdict ↓");
});

test("a press on a header sorts in its natural order, a second press reverses it", () => {
  assert.deepEqual(turned(FIRST_QUERY, "bytes"), { sort: "bytes", descending: true });
  assert.deepEqual(turned({ sort: "bytes", descending: true }, "bytes"), {
    sort: "bytes",
    descending: false,
  });
  assert.deepEqual(turned(FIRST_QUERY, "program"), { sort: "program", descending: false });
  assert.deepEqual(turned(FIRST_QUERY, "verdict"), { sort: "verdict", descending: true });
  assert.ok(moves("byte_rate") && moves("last_id") && moves("verdict"));
  assert.deepEqual(turned(FIRST_QUERY, "state"), { sort: "state", descending: true });
  assert.deepEqual(["rate", "events", "bytes", "behind"].map(moves), [true, true, true, true]);
  assert.deepEqual(["state", "since", "peer", "program", "stream"].map(moves), [
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("a part of the table is requested by a query", () => {
  const query = { sort: "bytes", descending: true, filter: "curl & co", first: 40, count: 34 };
  assert.equal(queryText(query), "sort=bytes&descending=true&filter=curl+%26+co&first=40&count=34");
  assert.equal(queryText({ ...query, filter: "" }), "sort=bytes&descending=true&first=40&count=34");
});

test("rates have one decimal below ten, and are empty when unknown", () => {
  assert.deepEqual([null, 0, 0.25, 2, 9.94, 9.96, 10.4, 12_345.6].map(rate), [
    "",
    "0",
    "0.3",
    "2.0",
    "9.9",
    "10",
    "10",
    "12,346",
  ]);
});

test("a row names its client, and says that it waits", () => {
  assert.equal(fateWords({ state: "open", blocked: true, ended: null }), "waiting for the client");
  assert.equal(clientWords({ client: "x1" }, true), "this page");
  assert.equal(clientWords({ client: "dash" }, false), "dash");
  assert.equal(clientWords({ client: null }, false), "");
  assert.equal(matchingWords({ matching: 12, all: 10_000 }), "12 of 10,000");
  assert.match(noMatchWords(" curl x "), /“curl x”/);
});

test("every column has a text for every row, empty where a value is unknown", () => {
  const row = {
    id: 1,
    peer: "127.0.0.1:5000",
    program: "curl 8",
    stream: "/endless",
    client: null,
    method: "POST",
    since_ms: 0,
    brought: null,
    last_id: null,
    events: 1200,
    bytes: 34_567,
    rate: null,
    byte_rate: 1234.5,
    behind: null,
    blocked: false,
    http: "1.1",
    state: "open",
    status: 200,
    origin: null,
    ended: null,
    verdict: null,
    afterwards: null,
    legs: null,
  };
  const said = Object.fromEntries(COLUMNS.map(({ col, text }) => [col, text(row, false)]));
  const { since, ...rest } = said;
  assert.match(since, /^\d\d:\d\d:00\.000$/);
  assert.deepEqual(rest, {
    id: "#1",
    state: "open",
    peer: "127.0.0.1:5000",
    program: "curl 8",
    stream: "POST /endless",
    client: "",
    brought: "",
    back: "",
    upstream: "",
    "last-id": "",
    events: "1,200",
    rate: "",
    bytes: "34,567",
    "byte-rate": "1,235",
    behind: "",
    http: "1.1",
  });
});
