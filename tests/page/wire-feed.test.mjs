// What is requested for a connection whose wire is shown, and what the answers mean: when it has
// ended, and when it left the table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { ROW_AGE_MS, WireFeed } = await load("wire/wire-feed.js");
const { HeldView } = await load("wire/held-view.js");
const { TauriHost } = await load("host/tauri.js");
const { WebHost } = await load("host/web.js");

const ROW = { id: 7, since_ms: 1000, http: "1.0", state: "open", blocked: false, bytes: 0 };
const ENDED = { ...ROW, state: "ended" };
const WIRE = { id: 7, since_ms: 1000, taken: 0, missed: 0, on: true, pieces: [], events: [] };
const line = (text) => ({ kind: "data", name: "", value: text, end: "", length: text.length });
const piece = (offset, bytes) => ({
  at_ms: offset,
  offset,
  begins: true,
  bytes,
  lines: [line(bytes)],
});
const sent = (text, more = {}) => ({
  ...WIRE,
  taken: text.length,
  pieces: [piece(0, text)],
  ...more,
});
const text = ({ log }) => log.rows.map(({ bytes }) => bytes).join("");

/**
 * A feed with a clock that moves only when it is set, and a host with prepared answers.
 *
 * @param {object} row
 */
function begin(row) {
  const request = { id: row.id, since_ms: row.since_ms, request: null, missing: "no longer kept" };
  const all = { now: 0, asked: [], requests: [], wire: WIRE, request, row };
  const answer = (what, said) => {
    all.asked.push(what);
    return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
  };
  const host = {
    request: async (...asked) => {
      all.requests.push(asked);
      if (all.request instanceof Error) throw all.request;
      return all.request;
    },
    wire: (_, from) => answer(`wire from ${from}`, all.wire),
    row: () => answer("row", all.row),
  };
  const feed = new WireFeed(row, 0);
  const ask = () => feed.ask(host, () => all.now).catch(() => {});
  return Object.assign(all, { feed, ask });
}

test("the row of an open connection is requested only if the table is silent", async () => {
  const all = begin(ROW);
  all.wire = sent("abc");
  await all.ask();
  all.now = 900;
  all.wire = { ...WIRE, taken: 3 };
  assert.equal(all.feed.wait(all.now), 0);
  await all.ask();
  assert.deepEqual(all.asked, ["wire from 0", "wire from 3"]);
  all.now = ROW_AGE_MS;
  await all.ask();
  all.now = 1500;
  await all.ask();
  assert.deepEqual(all.asked.slice(2), ["wire from 3", "row", "wire from 3"]);
  all.feed.refresh([{ ...ROW, id: 8 }, { ...ROW, bytes: 3 }], 1900);
  assert.equal(all.feed.row.bytes, 3);
  all.now = 2500;
  await all.ask();
  assert.deepEqual(all.asked.slice(5), ["wire from 3"]);
  assert.equal(text(all.feed), "abc");
});

test("after the end, the last bytes are requested once, the row repeatedly", async () => {
  const all = begin(ROW);
  // nothing is kept any more, so it has ended whatever the row says: the row is requested at once,
  // but only once
  all.wire = sent("abc", { on: false });
  await all.ask();
  await all.ask();
  assert.deepEqual(all.asked, ["wire from 0", "row", "wire from 3"]);
  all.now = 1000;
  all.row = ENDED;
  await all.ask();
  // the end was reported after the bytes, so some may follow
  assert.equal(all.feed.wait(all.now), 0);
  all.wire = { ...WIRE, taken: 5, on: false, pieces: [piece(3, "de")] };
  await all.ask();
  assert.deepEqual(all.asked.slice(3), ["wire from 3", "row", "wire from 3"]);
  assert.equal(all.feed.wait(1000), ROW_AGE_MS);
  assert.equal(all.feed.wait(1400), 600);
  all.now = 2000;
  all.row = { ...ENDED, afterwards: { kind: "missing" } };
  await all.ask();
  assert.deepEqual(all.asked.slice(6), ["row"]);
  assert.equal(all.feed.row.afterwards.kind, "missing");
  all.feed.refresh([ENDED], 2500);
  assert.equal(all.feed.wait(2600), 900, "the table tells it");
  all.now = 3500;
  all.row = null;
  await all.ask();
  assert.deepEqual([all.feed.removed, all.feed.wait(9999), text(all.feed)], [true, null, "abcde"]);
});

test("a refused request has no bytes, but a row", async () => {
  const all = begin({ ...ROW, state: "refused" });
  assert.equal(all.feed.wait(0), 0, "its request is there");
  await all.ask();
  assert.deepEqual([all.asked, all.feed.request], [[], all.request]);
  assert.equal(all.feed.wait(0), ROW_AGE_MS);
  all.now = ROW_AGE_MS;
  await all.ask();
  assert.deepEqual(all.asked, ["row"]);
});

test("a request that was answered 204 has no bytes either", async () => {
  const all = begin({ ...ENDED, status: 204, ended: { complete: true } });
  all.now = ROW_AGE_MS;
  await all.ask();
  assert.deepEqual(all.asked, ["row"]);
});

test("the client's request is requested once, without its secrets", async () => {
  const all = begin(ROW);
  all.request = new Error("Nothing answers.");
  await all.ask();
  assert.deepEqual([all.feed.request, all.asked], [null, []]);
  const known = { id: 7, since_ms: 1000, request: { method: "GET" }, missing: null };
  all.request = known;
  for (const _ of [1, 2, 3]) await all.ask();
  assert.deepEqual([all.feed.request, all.requests], [known, [[7, false], [7, false]]]);
  for (const other of [null, { ...known, since_ms: 2000 }]) {
    const gone = begin(ROW);
    gone.request = other;
    await gone.ask();
    assert.deepEqual([gone.feed.removed, gone.feed.request, gone.asked], [true, null, []]);
  }
});

test("its version goes up with what a view shows, and with nothing else", async () => {
  const all = begin(ROW);
  all.wire = sent("abc");
  const versions = [all.feed.version];
  const note = async (change) => {
    change?.();
    await all.ask();
    versions.push(all.feed.version);
  };
  const quiet = { ...WIRE, taken: 3 };
  await note();
  await note(() => (all.wire = quiet));
  await note();
  await note(() => (all.wire = { ...quiet, pieces: [piece(3, "de")] }));
  await note(() => (all.wire = quiet));
  await note(() => all.feed.refresh([{ ...ROW }], 0));
  await note(() => all.feed.refresh([{ ...ROW, bytes: 5 }], 0));
  await note(() => (all.wire = null));
  const changes = versions.map((version, at) => at > 0 && version > versions[at - 1]);
  assert.deepEqual(changes, [false, true, false, false, true, false, false, true, true]);
});

test("a failed request is repeated, and the bytes arrive", async () => {
  const all = begin(ENDED);
  all.wire = new Error("Nothing answers.");
  await all.ask();
  assert.deepEqual([all.feed.problem, all.feed.wait(0)], ["", 0], "once may be a hitch");
  await all.ask();
  assert.deepEqual(
    [all.feed.problem, all.feed.wait(0), all.feed.removed],
    ["Nothing answers.", 0, false],
  );
  all.wire = sent("abc", { on: false });
  await all.ask();
  assert.deepEqual([all.feed.problem, text(all.feed)], ["", "abc"]);
  // the row is requested alone now, and that may fail as well
  all.row = new Error("Nothing answers.");
  for (all.now of [1000, 2000]) await all.ask();
  assert.deepEqual(all.asked.slice(3), ["row", "row"]);
  assert.equal(all.feed.problem, "Nothing answers.");
  all.row = ENDED;
  all.now = 3000;
  await all.ask();
  assert.equal(all.feed.problem, "");
});

test("a connection that left the table is not requested again, and its bytes stay", async () => {
  const all = begin(ROW);
  all.wire = sent("abc");
  await all.ask();
  all.wire = null;
  await all.ask();
  assert.deepEqual(
    [all.feed.removed, all.feed.wait(0), all.feed.problem, text(all.feed)],
    [true, null, "", "abc"],
  );
  assert.equal(all.feed.refresh([{ ...ROW, bytes: 9 }], 5), false);
});

test("another connection with the same id is not mistaken for this one", async () => {
  const other = { ...ROW, since_ms: 2000 };
  const all = begin(ROW);
  all.wire = sent("abc");
  await all.ask();
  all.wire = { ...WIRE, since_ms: 2000, taken: 9, pieces: [piece(3, "other.")] };
  await all.ask();
  assert.deepEqual([all.feed.removed, text(all.feed), all.feed.log.taken], [true, "abc", 3]);
  // by the table, or by its row
  const told = begin(ENDED);
  assert.ok(told.feed.refresh([other], 5));
  assert.deepEqual([told.feed.removed, told.feed.row], [true, ENDED]);
  const asked = begin(ENDED);
  asked.row = other;
  asked.now = ROW_AGE_MS;
  await asked.ask();
  assert.deepEqual([asked.feed.removed, asked.feed.row], [true, ENDED]);
  assert.deepEqual(
    [ROW, other, { ...ROW, id: 8 }].map((row) => asked.feed.is(row)),
    [true, false, false],
  );
});

test("both hosts tell a missing connection from no answer, and find a row by its id", async (t) => {
  const invoked = [];
  const invoke = async (command, args) => (
    invoked.push([command, args]),
    command === "slice" ? { rows: [{ id: 7 }] } : null
  );
  const window = new TauriHost({ core: { invoke }, event: {} });
  assert.deepEqual(
    [await window.wire(7, 3), await window.request(7, true), await window.row(7)],
    [null, null, { id: 7 }],
  );
  assert.equal(await window.row(8), null);
  assert.deepEqual(invoked.slice(0, 3), [
    ["wire", { id: 7, from: 3 }],
    ["request", { id: 7, secrets: true }],
    ["slice", { query: { id: 7 } }],
  ]);

  globalThis.location = { host: "localhost:8000" };
  t.after(() => delete globalThis.location);
  const browser = new WebHost();
  const fetched = t.mock.method(globalThis, "fetch", async () =>
    Response.json({ error: "There is no such connection." }, { status: 404 }),
  );
  assert.equal(await browser.wire(7, 3), null);
  assert.equal(fetched.mock.calls[0].arguments[0], "/api/wire?id=7&from=3");
  assert.equal(await browser.request(7, false), null);
  assert.equal(fetched.mock.calls.at(-1).arguments[0], "/api/request?id=7");
  fetched.mock.mockImplementation(async () =>
    Response.json({ error: "Not now." }, { status: 503 }),
  );
  await assert.rejects(browser.wire(7, 3), /^Error: Not now\.$/);
  await assert.rejects(browser.request(7, true), /^Error: Not now\.$/);
  assert.equal(fetched.mock.calls.at(-1).arguments[0], "/api/request?id=7&secrets=shown");
  fetched.mock.mockImplementation(() => Promise.reject(new TypeError("no route")));
  await assert.rejects(browser.wire(7, 3), /Nothing answers on localhost:8000/);
  await assert.rejects(browser.row(7), /Nothing answers on localhost:8000/);
  fetched.mock.mockImplementation(async () => Response.json({ rows: [{ id: 7 }] }));
  assert.deepEqual([await browser.row(7), await browser.row(8)], [{ id: 7 }, null]);
  assert.equal(fetched.mock.calls.at(-1).arguments[0], "/api/connections?id=8");
});

/** A log of so many bytes, one in each piece, the first of which were dropped. */
const log = (pieces, removed = 0) => ({
  rows: Array.from({ length: pieces - removed }, (_, at) => ({ offset: removed + at })),
  seen: pieces,
  end: pieces,
  answered: true,
});

test("a held view stays, new pieces are counted, and dropped bytes are reported", () => {
  const hold = new HeldView();
  const held = log(3);
  hold.drawn(held);
  assert.deepEqual([hold.holds, hold.rows(log(5)).length], [false, 5]);
  hold.hold();
  hold.drawn(log(5));
  assert.deepEqual(
    [hold.holds, hold.paused, hold.rows(log(5)), hold.news(log(5))],
    [true, false, held.rows, 2],
  );
  assert.equal(hold.follow(log(9, 8)), 5);
  assert.deepEqual([hold.holds, hold.news(log(9)), hold.follow(log(9))], [false, 0, 0]);
});

test("before the first answer, reading holds nothing and a pause waits for it", () => {
  const unheard = { ...log(0), answered: false };
  const read = new HeldView();
  read.hold();
  read.drawn(unheard);
  read.hold();
  read.drawn(log(12));
  assert.deepEqual([read.holds, read.news(log(13)), read.rows(log(12)).length], [false, 0, 12]);
  const paused = new HeldView();
  paused.pause();
  paused.drawn(unheard);
  assert.deepEqual([paused.holds, paused.paused], [false, true]);
  paused.drawn(log(12));
  assert.deepEqual(
    [paused.holds, paused.rows(log(13)).length, paused.news(log(13))],
    [true, 12, 1],
  );
  // nothing has been sent yet: that can be held by a pause, but not be read
  const quiet = new HeldView();
  quiet.drawn(log(0));
  quiet.hold();
  assert.equal(quiet.holds, false);
  quiet.pause();
  assert.deepEqual([quiet.holds, quiet.news(log(2))], [true, 2]);
});
