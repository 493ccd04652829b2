// The client of one stream on a fake EventSource: two must never be open at once.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { beforeEach, test } from "node:test";
import { load } from "./ui.mjs";

globalThis.crypto ??= webcrypto;

/** Every EventSource that was made, in order. */
let made = [];
/** Timers that were set and not cleared, by hand. */
let timers = [];

globalThis.EventSource = class extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSED = 2;
  readyState = 0;
  constructor(url) {
    super();
    if (url.includes("forbidden")) throw new Error("not in connect-src");
    this.url = new URL(url);
    made.push(this);
  }
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  send(id, type = "message") {
    this.dispatchEvent(new MessageEvent(type, { data: `data ${id}`, lastEventId: id }));
  }
  fail(readyState) {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
  close() {
    this.readyState = 2;
  }
};
globalThis.setTimeout = (run) => timers.push({ run });
globalThis.clearTimeout = (id) => {
  if (id) timers[id - 1] = null;
};

const { StreamClient } = await load("panel/stream-client.js");

const BASE = "http://localhost:8000";
const complete = {
  id: 1,
  state: "ended",
  status: 200,
  ended: { by: "server", why: "complete", complete: true },
};
const settled = () => new Promise((resolve) => setImmediate(resolve));
const openNow = () => made.filter(({ readyState }) => readyState !== 2);

const STREAM = {
  path: "/s",
  retry_ms: 1000,
  events: ["message", "error", "open", "price"],
  from: "",
  names_in_data: false,
  unpaced: false,
};

/** Answers for a server that knows of nothing. */
const HOST = { client: async () => ({ rows: [] }), streamsAtMost: Infinity };

/**
 * @param {object} [host]
 * @param {Set<object>} [underWay]
 */
function client(host = HOST, underWay = new Set()) {
  return watched(new StreamClient(STREAM, host, new Set(), underWay));
}

/** A topic's, which begins with all that is kept. */
function topicClient() {
  const feed = {
    path: "/topics/t",
    retry_ms: 1000,
    events: ["message", "gap"],
    from: "earliest",
    names_in_data: true,
    unpaced: false,
  };
  return watched(new StreamClient(feed, HOST, new Set(), new Set()));
}

/** @param {StreamClient} stream */
function watched(stream) {
  const standings = [];
  const arrivals = [];
  stream.onstanding = ({ words }) => standings.push(words);
  stream.onarrival = (arrival) => arrivals.push(arrival);
  return { stream, standings, arrivals };
}

beforeEach(() => {
  made = [];
  timers = [];
});

test("a stream that is started twice is open once", () => {
  const { stream } = client();
  stream.start(BASE);
  stream.start(BASE);
  assert.equal(made.length, 1);
  stream.stop();
  assert.equal(openNow().length, 0);
  stream.start(BASE);
  assert.equal(openNow().length, 1);
  assert.notEqual(made[0].url.searchParams.get("client"), made[1].url.searchParams.get("client"));
});

test("it has a run as soon as it reports one", () => {
  const { stream } = client();
  const live = [];
  stream.onstanding = ({ words }) => live.push([words, stream.live]);
  stream.start(BASE);
  stream.stop();
  assert.deepEqual(live, [
    ["connecting", true],
    ["stopped by you", false],
  ]);
});

test("an answer about an earlier run changes nothing", async () => {
  let answer = () => {};
  const { stream, standings } = client({
    client: () => new Promise((resolve) => (answer = resolve)),
  });
  stream.start(BASE);
  made[0].open();
  made[0].fail(0);
  stream.stop();
  stream.start(BASE);
  made[1].open();
  answer({ rows: [complete] });
  await settled();
  assert.equal(standings.at(-1), "open");
  assert.equal(openNow().length, 1);
});

test("the end of a finite stream closes it before the browser reconnects", async () => {
  const { stream, standings } = client({ client: async () => ({ rows: [complete] }) });
  stream.start(BASE);
  made[0].open();
  made[0].fail(0);
  await settled();
  assert.deepEqual(standings, ["connecting", "open", "ended by the server"]);
  assert.equal(openNow().length, 0);
  assert.equal(stream.live, false);
});

test("a lost connection is left to the browser, which resumes", async () => {
  const { stream, standings, arrivals } = client();
  stream.start(BASE);
  made[0].open();
  made[0].send("1");
  made[0].fail(0);
  await settled();
  assert.equal(standings.at(-1), "connection lost (retrying in 1 s)");
  made[0].open();
  made[0].send("2");
  made[0].send("3");
  assert.equal(standings.at(-1), "open");
  assert.equal(made.length, 1);
  assert.deepEqual(
    arrivals.map(({ id, outage }) => [id, outage]),
    [
      ["1", null],
      ["", "reconnected"],
      ["2", null],
      ["3", null],
    ],
  );
});

test("the words do not wait for a slow answer", async () => {
  const { stream, standings } = client({ client: () => new Promise(() => {}) });
  stream.start(BASE);
  made[0].open();
  made[0].fail(0);
  for (const timer of timers) timer?.run();
  assert.equal(standings.at(-1), "connection lost (retrying in 1 s)");
});

test("when the server moves, the stream is closed and reopened after the last id", () => {
  const { stream, standings } = client();
  stream.start(BASE);
  made[0].open();
  made[0].send("12");
  stream.serverAt(BASE);
  stream.serverAt(null);
  assert.equal(made.length, 1);
  stream.serverAt("http://localhost:8001");
  assert.equal(openNow().length, 1);
  assert.equal(made[1].url.host, "localhost:8001");
  assert.equal(made[1].url.searchParams.get("lastEventId"), "12");
  assert.equal(standings.at(-1), "connecting (server moved to localhost:8001)");
});

test("a stream that is not running does not follow the server", () => {
  const { stream } = client();
  stream.serverAt("http://localhost:8001");
  assert.equal(made.length, 0);
});

test("events that are named like EventSource's own are still events", () => {
  const { stream, arrivals, standings } = client();
  stream.start(BASE);
  made[0].open();
  for (const name of ["price", "error", "open"]) made[0].send("1", name);
  assert.deepEqual(arrivals.map(({ event }) => event), ["price", "error", "open"]);
  assert.equal(standings.at(-1), "open");
});

test("nothing arrives after stop", () => {
  const { stream, arrivals } = client();
  stream.start(BASE);
  made[0].open();
  stream.stop();
  made[0].send("1");
  assert.equal(arrivals.length, 0);
});

test("a browser's refusal of the address is shown in words", () => {
  const { stream } = client();
  stream.start("http://forbidden");
  assert.equal(stream.standing.state, "refused");
  assert.match(stream.standing.note, /not in connect-src/);
  assert.equal(stream.live, false);
});

// A suspended server (SIGSTOP) was mistaken for a browser without a free connection.
test("the limit of six is named only when six are counted", async () => {
  for (const [answer, words] of [
    [async () => ({ rows: [], open: 5 }), /six connections/],
    [async () => ({ rows: [], open: 1 }), /has not sent this request/],
    [async () => Promise.reject(new Error("no answer")), null],
  ]) {
    timers = [];
    const { stream } = client({ ...HOST, client: answer });
    stream.start(BASE);
    timers[0].run();
    await settled();
    if (words) assert.match(stream.standing.note, words);
    else assert.equal(stream.standing.note, null);
    stream.stop();
  }
});

test("the note on a waiting request is removed when it opens", async () => {
  const { stream } = client();
  stream.start(BASE);
  timers[0].run();
  await settled();
  assert.notEqual(stream.standing.note, null);
  made[0].open();
  assert.equal(stream.standing.note, null);
});

/** The ids of what the page got to see. */
const idsOf = (arrivals) =>
  arrivals.filter(({ outage }) => outage === null).map(({ id }) => id);
const askedAfter = ({ url }) => url.searchParams.get("lastEventId");

test("a topic starts with all kept events, at each start", () => {
  const { stream } = topicClient();
  stream.start(BASE);
  made[0].open();
  made[0].send("7");
  stream.stop();
  stream.start(BASE);
  assert.deepEqual(made.map(askedAfter), ["earliest", "earliest"]);
});

test("a gap has words, and keeps its data from the wire", () => {
  const { stream, arrivals } = topicClient();
  stream.start(BASE);
  made[0].open();
  const data = '{"from":"1","to":"5","lost":3}';
  made[0].dispatchEvent(new MessageEvent("message", { data: `gap\n${data}`, lastEventId: "4" }));
  made[0].dispatchEvent(new MessageEvent("message", { data: "message\ndata 5", lastEventId: "5" }));
  assert.deepEqual(
    arrivals.map(({ event, data: sent, notice }) => [event, sent, notice]),
    [
      ["gap", data, "3 events lost between 1 and 5"],
      ["message", "data 5", null],
    ],
  );
});

test("a topic whose server moves before the first event starts with all kept events", () => {
  const { stream } = topicClient();
  stream.start(BASE);
  made[0].open();
  stream.serverAt("http://localhost:8001");
  assert.equal(askedAfter(made[1]), "earliest");
});

test("a redefined stream stays connected, and listens for its new names", async () => {
  const { stream, arrivals, standings } = client();
  stream.start(BASE);
  made[0].open();
  made[0].send("1");
  stream.update({ ...STREAM, retry_ms: 3000, events: ["message", "tick"] });
  assert.equal(made.length, 1);
  assert.equal(stream.standing.state, "open");
  made[0].send("2");
  // the browser still has the old retry time, until it is connected again
  made[0].fail(0);
  await settled();
  assert.equal(standings.at(-1), "connection lost (retrying in 1 s)");
  made[0].open();
  made[0].send("3", "tick");
  assert.deepEqual(idsOf(arrivals), ["1", "2", "3"]);
  made[0].fail(0);
  await settled();
  assert.equal(standings.at(-1), "connection lost (retrying in 3 s)");
});

test("a stream that is redefined while it is stopped starts with its new names", () => {
  const { stream, arrivals } = client();
  stream.update({ ...STREAM, events: ["tick"] });
  stream.start(BASE);
  made[0].open();
  made[0].send("1", "tick");
  assert.deepEqual(idsOf(arrivals), ["1"]);
});

// In a browser a page could start six streams. They took all connections to the host, the page's
// requests got no answer, and it told people to start a server that was running.
//
// 1. A page opens as many streams as its host allows. 2. The next is not opened, and shows why. 3.
// One of them is reopened, which takes no further connection. 4. One is stopped: the next one
// opens.
test("a page never opens so many streams that none of its connections is left for itself", () => {
  const underWay = new Set();
  const two = { ...HOST, streamsAtMost: 2 };
  const [first, second, third] = [
    client(two, underWay),
    client(two, underWay),
    client(two, underWay),
  ];
  for (const { stream } of [first, second, third]) stream.start(BASE);
  assert.equal(openNow().length, 2);
  assert.equal(third.stream.live, false);
  assert.equal(third.stream.standing.words, "refused (no free connection)");
  assert.match(third.stream.standing.note ?? "", /six connections/);
  first.stream.serverAt("http://localhost:8001");
  assert.equal(openNow().length, 2);
  third.stream.start(BASE);
  assert.equal(openNow().length, 2);
  second.stream.stop();
  third.stream.start(BASE);
  assert.equal(third.stream.standing.note, null);
  assert.equal(openNow().length, 2);
});

test("a stream that ended, or that the browser did not open, does not count as open", async () => {
  const underWay = new Set();
  const over = client({ ...HOST, client: async () => ({ rows: [complete] }) }, underWay);
  over.stream.start(BASE);
  made[0].fail(0);
  await settled();
  assert.equal(over.stream.standing.state, "ended");
  client(HOST, underWay).stream.start("http://forbidden");
  assert.equal(underWay.size, 0);
});

// EventSource delivers only events whose name has a listener. The page listened for the names that
// the server reported, at most 30 and none longer than 128 bytes: of a hundred sensors with a name
// each it showed thirty, without a note.
test("a topic's events arrive whatever their names are", () => {
  const { stream, arrivals, standings } = topicClient();
  stream.start(BASE);
  assert.equal(made[0].url.searchParams.get("names"), "data");
  made[0].open();
  const names = [
    ...Array.from({ length: 100 }, (_, n) => `entity-${n}`),
    "N".repeat(1024),
    "error",
    "open",
    "message",
    "é",
  ];
  for (const name of names) {
    made[0].dispatchEvent(new MessageEvent("message", { data: `${name}\n1\n2`, lastEventId: "1" }));
  }
  assert.deepEqual(
    arrivals.map(({ event }) => event),
    names,
  );
  assert.ok(arrivals.every(({ data }) => data === "1\n2"));
  assert.deepEqual(standings, ["connecting", "open"]);
  made[0].dispatchEvent(new MessageEvent("message", { data: "bare\n", lastEventId: "2" }));
  assert.deepEqual([arrivals.at(-1).event, arrivals.at(-1).data], ["bare", ""]);
});

test("a stream that is redefined as it opens notes that events may be missing", () => {
  const { stream } = client();
  stream.start(BASE);
  made[0].open();
  stream.update({ ...STREAM, events: [...STREAM.events, "tick"] });
  assert.match(stream.standing.note, /^Events named tick may be missing/);
  assert.equal(stream.standing.state, "open");
});

const UNPACED = { ...STREAM, unpaced: true };

// A stream without a pause filled the page's thread: 341,411 events in 9 s, and its Stop answered
// after 4.5 s.
test("a stream without a pause is requested at a pace, and notes it", () => {
  const { stream } = watched(new StreamClient(UNPACED, HOST, new Set(), new Set()));
  stream.start(BASE);
  assert.equal(made[0].url.searchParams.get("every"), "1000us");
  made[0].open();
  assert.match(stream.standing.note, /without a pause.*1,000 events a second.*0 events skipped/);
});

test("a stream that loses its pause while it is open is reopened after the last id", () => {
  const { stream } = client();
  stream.start(BASE);
  made[0].open();
  made[0].send("7");
  stream.update(UNPACED);
  assert.equal(openNow().length, 1);
  assert.deepEqual([askedAfter(made[1]), made[1].url.searchParams.get("every")], ["7", "1000us"]);
  stream.update(UNPACED);
  assert.equal(made.length, 2);
});

// 1. More events arrive in one turn than the page may take at once. 2. The stream is closed at
// once, and the rest is skipped. 3. The server reports how many it had sent. 4. The stream
// continues after those, at a pace, and shows how many were skipped.
test("an overload is cut off, and skipped events are counted by the server's table", async () => {
  const row = {
    id: 1,
    state: "ended",
    status: 200,
    events: 100_000,
    last_id: "100000",
    ended: { by: "client", why: "closed", complete: false },
  };
  const { stream, arrivals } = client({ ...HOST, client: async () => ({ rows: [row], open: 0 }) });
  stream.start(BASE);
  made[0].open();
  for (let n = 1; n <= 70_000 && made[0].readyState !== 2; n += 1) made[0].send(String(n));
  assert.equal(arrivals.length, 60_001);
  assert.equal(stream.live, true);
  await settled();
  assert.deepEqual(
    [askedAfter(made[1]), made[1].url.searchParams.get("every")],
    ["100000", "1000us"],
  );
  made[1].open();
  assert.match(stream.standing.note, /39,999 events skipped/);
  stream.stop();
  assert.match(stream.standing.note, /39,999 events skipped/);
});

test("a burst that leaves the page time for other work is taken whole", () => {
  const { stream, arrivals } = client();
  stream.start(BASE);
  made[0].open();
  for (let n = 1; n <= 200_000; n += 1) {
    made[0].send(String(n));
    if (n % 40_000 === 0) for (const timer of timers.splice(1)) timer?.run();
  }
  assert.deepEqual([arrivals.length, made.length], [200_000, 1]);
});
