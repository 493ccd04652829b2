// The browser's own walk through the lab: what it reports of what it saw, what it opens when, and
// what it closes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { Eyes } = await load("lab/eyes.js");
const { PageWalk, chosenCases } = await load("lab/page-walk.js");

/** What was posted: URL and reports. @type {[string, object[]][]} */
let posted = [];
/** How many bytes each of those had. @type {number[]} */
let sizes = [];
/** What the lab answers where it is asked. */
let answer = () => new Response("");
globalThis.fetch = /** @type {any} */ (
  async (/** @type {string} */ url, /** @type {{ body: string } | undefined} */ request) => {
    if (!request) return answer();
    posted.push([url, JSON.parse(request.body)]);
    sizes.push(Buffer.byteLength(request.body));
  }
);

/** An EventSource that does what the test says. */
class Source extends EventTarget {
  /** @type {Source[]} */
  static all = [];
  static CLOSED = 2;
  readyState = 1;
  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
    Source.all.push(this);
  }
  get isClosed() {
    return this.readyState === Source.CLOSED;
  }
  close() {
    this.readyState = Source.CLOSED;
  }
  /** @param {string} type @param {string} data @param {string} [lastEventId] */
  shows(type, data, lastEventId = "") {
    this.dispatchEvent(Object.assign(new Event(type), { data, lastEventId }));
  }
}

const begun = () => {
  posted = [];
  sizes = [];
  Source.all = [];
};

test("what a connection brought is one report, sent at its end", () => {
  begun();
  const source = new Source("/lab/tour/me");
  new Eyes(/** @type {any} */ (source), source.url, ["note"]);
  source.shows("message", "x", "R4-start");
  source.shows("note", "y");
  source.shows("other", "nobody listens");
  assert.deepEqual(posted, []);
  source.dispatchEvent(new Event("error"));
  const events = [
    { type: "message", data: "x", id: "R4-start" },
    { type: "note", data: "y", id: "" },
  ];
  assert.deepEqual(posted, [["/lab/tour/me/saw", events]]);
  source.dispatchEvent(new Event("error"));
  assert.equal(posted.length, 1, "nothing came since");
});

/** What is reported of events like this one, and how large that is. @param {string} data */
function reported(data, count = 100) {
  begun();
  const source = new Source("/lab/tour/me");
  const eyes = new Eyes(/** @type {any} */ (source), source.url);
  for (let n = 0; n < count; n++) source.shows("message", data, `${n}`);
  void eyes.closed();
  const [[, reports]] = /** @type {[string, { data: string, kind?: string }[]][]} */ (posted);
  return { reports, size: sizes[0] };
}

/** The most that the server takes: see `crates/sse-lab/src/lab/saw.rs`. */
const MOST = { reports: 64, bytes: 64 * 1024 };

test("no more is reported than the lab takes at once", () => {
  const { reports, size } = reported("x");
  assert.equal(reports.length, MOST.reports);
  assert.equal(reports.at(-1)?.kind, "closed", "that it was closed has a place");
  assert.ok(size < MOST.bytes);
});

// the server refused all that a page reported of events of 64 kB
test("what is reported is smaller than the lab refuses, whatever the data are", () => {
  // of one byte each; of several; those that JSON writes as six, or as two
  for (const data of ["x", "é", "\u20ac", "\u{1f600}", "\0", '"', "\\", "\n"]) {
    for (const length of [1, 13, 333, 997, 2_000, 64_000]) {
      const { reports, size } = reported(data.repeat(length));
      assert.ok(size < MOST.bytes, `${JSON.stringify(data)} ${length}: ${size} bytes`);
      assert.ok(reports.length <= MOST.reports);
      assert.ok(reports.length > 2, "some of it is reported");
      assert.equal(reports.at(-1)?.kind, "closed");
    }
  }
  // each size leaves another rest of the room
  const all = Array.from({ length: 600 }, (_, more) => reported("x".repeat(1_040 + more)).size);
  assert.ok(all.every((size) => size < MOST.bytes));
  assert.ok(all.some((size) => size > MOST.bytes - 10), `${Math.max(...all)}: all of it is used`);
});

test("what is reported are the first events, without a gap", () => {
  begun();
  const source = new Source("/lab/tour/me");
  new Eyes(/** @type {any} */ (source), source.url);
  source.shows("message", "a");
  source.shows("message", "b", "i".repeat(MOST.bytes));
  source.shows("message", "c");
  source.dispatchEvent(new Event("error"));
  // the next connection has as much room as the first
  source.shows("message", "d");
  source.dispatchEvent(new Event("error"));
  const data = posted.map(([, reports]) => reports.map((report) => report["data"]));
  assert.deepEqual(data, [["a"], ["d"]]);
});

// serde refuses half a character, and the whole list with it
test("long data are cut between two characters", () => {
  const { reports } = reported(`x${"\u{1f600}".repeat(2_000)}`, 1);
  assert.equal(reports[0].data, `x${"\u{1f600}".repeat(999)}`);
  assert.equal(reported("x".repeat(5_000_000), 1).reports[0].data.length, 2_000);
});

/** @param {string} id */
const listed = (id) => /** @type {any} */ ({ id, names: [], in_tour: false });
/** @param {string[]} judged @param {boolean} [tour] */
const run = (judged, tour = false) => {
  const alone = judged.map((id) => ({ id, in_tour: false, verdict: {} }));
  return /** @type {any} */ ({
    cases: [...alone, { id: "R4", in_tour: true, verdict: tour ? {} : null }],
  });
};

test("a few cases are walked at once, and the next when one is judged", () => {
  begun();
  const cases = ["S1", "S3", "S5", "S9"].map(listed);
  const what = { tour: true, alone: cases };
  const walk = new PageWalk("me", what, /** @type {any} */ (Source));
  walk.begin(0);
  const urls = () => Source.all.filter((one) => !one.isClosed).map(({ url }) => url);
  const tour = "/lab/tour/me";
  const alone = ["/lab/case/S1/me", "/lab/case/S3/me", "/lab/case/S5/me"];
  assert.deepEqual(urls(), [tour, ...alone]);
  walk.goOn(run([]), 1000);
  assert.equal(urls().length, 4);
  walk.goOn(run(["S3"]), 2000);
  assert.deepEqual(urls(), [tour, alone[0], alone[2], "/lab/case/S9/me"]);
  // who gets no verdict is not waited for without an end
  walk.goOn(run(["S3", "S1"], true), 101_500);
  assert.deepEqual(urls(), ["/lab/case/S9/me"]);
  assert.equal(walk.isOn, true);
  walk.goOn(run(["S3", "S1", "S9"], true), 101_600);
  assert.equal(walk.isOn, false);
});

test("where a case is about that, it is told to close, and that is reported", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  begun();
  const what = { tour: true, alone: [listed("R12-open")] };
  const walk = new PageWalk("me", what, /** @type {any} */ (Source));
  walk.begin(0);
  const source = Source.all[1];
  source.dispatchEvent(new Event("open"));
  source.shows("message", "x");
  t.mock.timers.tick(499);
  assert.equal(source.isClosed, false);
  t.mock.timers.tick(1);
  assert.equal(source.isClosed, true);
  const reports = [{ type: "message", data: "x", id: "" }, { kind: "closed" }];
  assert.deepEqual(posted, [["/lab/case/R12-open/me/saw", reports]]);
});

// a slow browser stopped its own walk, and said that the lab does not answer
test("a walk has time until its first request arrives", async () => {
  begun();
  const walk = new PageWalk("me", { tour: true, alone: [] }, /** @type {any} */ (Source));
  walk.begin(70_000);
  answer = () => new Response("No client has come by the name me.", { status: 404 });
  assert.equal(await walk.read(70_500), null);
  assert.equal(await walk.read(79_999), null);
  await assert.rejects(walk.read(80_000), /^Error: No client has come by the name me\.$/);
  answer = () => new Response("It ends.", { status: 503 });
  await assert.rejects(walk.read(70_500), /It ends/);
  answer = () => Response.json(run([]));
  assert.deepEqual(await walk.read(70_500), run([]));
});

test("who stops a walk does not tell its client to close, so nothing is reported", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  begun();
  const what = { tour: false, alone: [listed("R12-open")] };
  const walk = new PageWalk("me", what, /** @type {any} */ (Source));
  walk.begin(0);
  const [source] = Source.all;
  source.dispatchEvent(new Event("open"));
  t.mock.timers.tick(400);
  walk.stop();
  t.mock.timers.tick(1000);
  // it would be a report of the next try, which has the same name
  assert.deepEqual(posted, []);
});

test("a walk that is stopped leaves nothing open", () => {
  begun();
  const what = { tour: true, alone: [listed("S1")] };
  const walk = new PageWalk("me", what, /** @type {any} */ (Source));
  walk.begin(0);
  walk.stop();
  assert.equal(walk.isOn, false);
  assert.ok(Source.all.every((source) => source.isClosed));
});

test("cases that the URL names are walked at their own URLs, without the tour", () => {
  begun();
  const what = { tour: false, alone: [listed("P26"), listed("E1")] };
  const walk = new PageWalk("me", what, /** @type {any} */ (Source));
  walk.begin(0);
  assert.deepEqual(Source.all.map(({ url }) => url), ["/lab/case/P26/me", "/lab/case/E1/me"]);
  walk.goOn(run(["P26", "E1"]), 1000);
  assert.equal(walk.isOn, false);
});

test("the URL of the page can name cases, and is told of those that it cannot walk", () => {
  const one = (/** @type {string} */ id, /** @type {object} */ more = {}) =>
    /** @type {any} */ ({ id, profiles: ["standard"], second: "unused", clients: 0, ...more });
  const all = [
    one("P26"), one("E1"), one("R9", { second: "url" }), one("R10", { clients: 10 }),
    one("L1", { profiles: ["llm"] }),
  ];
  const ids = (/** @type {string} */ search) => {
    const { listed, isPart, others } = chosenCases(all, search);
    return [listed.map(({ id }) => id), isPart, others];
  };
  assert.deepEqual(ids(""), [["P26", "E1"], false, []]);
  assert.deepEqual(ids("?case="), [["P26", "E1"], false, []]);
  assert.deepEqual(ids("?case=e1"), [["E1"], true, []]);
  assert.deepEqual(ids("?case=E1,P26&case=R9, X"), [["P26", "E1"], true, ["R9", "X"]]);
  assert.deepEqual(ids("?case=L1,l1"), [[], true, ["L1", "l1"]], "as typed");
});
