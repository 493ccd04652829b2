// The client of one stream on a made-up EventSource: what must never happen is two of them open at once.

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

const { StreamClient } = await load("stream-client.js");

const BASE = "http://localhost:8000";
const complete = { id: 1, state: "ended", status: 200, ended: { by: "server", why: "complete", complete: true } };
const settled = () => new Promise((resolve) => setImmediate(resolve));
const openNow = () => made.filter(({ readyState }) => readyState !== 2);

const STREAM = { path: "/s", retry_ms: 1000, events: ["message", "error", "open", "price"], from: "", keeps: false, last_id: null };

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
  const subject = { path: "/topics/t", retry_ms: 1000, events: ["message", "gap"], from: "earliest", keeps: true, last_id: null };
  return watched(new StreamClient(subject, HOST, new Set(), new Set()));
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

test("started twice, it is open once", () => {
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

test("it is under way as soon as it says so", () => {
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
  const { stream, standings } = client({ client: () => new Promise((resolve) => (answer = resolve)) });
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

test("the end of a finite stream closes it before the browser comes back", async () => {
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
    arrivals.map(({ id, resumed }) => [id, resumed]),
    [
      ["1", null],
      ["2", "connected again"],
      ["3", null],
    ],
  );
});

test("when the answer takes long, the words do not wait for it", async () => {
  const { stream, standings } = client({ client: () => new Promise(() => {}) });
  stream.start(BASE);
  made[0].open();
  made[0].fail(0);
  for (const timer of timers) timer?.run();
  assert.equal(standings.at(-1), "connection lost (retrying in 1 s)");
});

test("a server on another port: opened anew after the last id, and the old one closed", () => {
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

test("a browser that forbids the address is heard in words", () => {
  const { stream } = client();
  stream.start("http://forbidden");
  assert.equal(stream.standing.state, "refused");
  assert.match(stream.standing.note, /not in connect-src/);
  assert.equal(stream.live, false);
});

test("a request that never arrives at the server is waiting for one of the browser's six connections", async () => {
  const { stream } = client();
  stream.start(BASE);
  timers[0].run();
  await settled();
  assert.match(stream.standing.note, /six connections/);
  made[0].open();
  assert.equal(stream.standing.note, null);
});

/** The ids of what the page got to see. */
const idsOf = (arrivals) => arrivals.map(({ id }) => id);
const askedAfter = ({ url }) => url.searchParams.get("lastEventId");

test("a topic begins with all that is kept, at each start", () => {
  const { stream } = topicClient();
  stream.start(BASE);
  made[0].open();
  made[0].send("7");
  stream.stop();
  stream.start(BASE);
  assert.deepEqual(made.map(askedAfter), ["earliest", "earliest"]);
});

test("a gap comes in words, and with what was on the wire", () => {
  const { stream, arrivals } = topicClient();
  stream.start(BASE);
  made[0].open();
  const data = '{"from":"1","to":"5","lost":3}';
  made[0].dispatchEvent(new MessageEvent("gap", { data, lastEventId: "4" }));
  made[0].send("5");
  assert.deepEqual(
    arrivals.map(({ event, data: sent, notice }) => [event, sent, notice]),
    [
      ["gap", data, "3 events lost between 1 and 5"],
      ["message", "data 5", null],
    ],
  );
});

test("a name that is about to be published is listened for at once, without another connection", () => {
  const { stream, arrivals } = topicClient();
  stream.start(BASE);
  made[0].open();
  stream.listenFor("price");
  stream.listenFor("price");
  made[0].send("1", "price");
  stream.told(["message", "gap", "price"], "1");
  assert.deepEqual(idsOf(arrivals), ["1"]);
  assert.equal(made.length, 1);
});

test("what went by under a new name is fetched, and nothing is shown twice", () => {
  const { stream, arrivals, standings } = topicClient();
  stream.start(BASE);
  made[0].open();
  made[0].send("1");
  stream.told(["message", "gap"], "1");
  // nobody listens for it: EventSource drops it, as the browser's does
  made[0].send("2", "price");
  made[0].send("3");
  stream.told(["message", "gap", "price"], "3");
  assert.equal(openNow().length, 1);
  assert.equal(askedAfter(made[1]), "1");
  made[1].open();
  made[1].send("2", "price");
  made[1].send("3");
  made[1].send("4");
  assert.deepEqual(idsOf(arrivals), ["1", "3", "2", "4"]);
  assert.equal(arrivals[2].resumed, "connected again, to hear price");
  // no word that changes to and fro
  assert.deepEqual(standings, ["connecting", "open", "open"]);
});

test("a replay that takes long says that it is connecting", () => {
  const { stream, standings } = topicClient();
  stream.start(BASE);
  made[0].open();
  stream.told(["price"], "1");
  for (const timer of timers) timer?.run();
  assert.equal(standings.at(-1), "connecting");
});

test("before the first connection is open, a new name costs no second one", () => {
  const { stream, arrivals } = topicClient();
  stream.start(BASE);
  stream.told(["message", "gap", "price"], "1");
  made[0].open();
  made[0].send("1", "price");
  assert.equal(made.length, 1);
  assert.deepEqual(idsOf(arrivals), ["1"]);
});

test("a new name that is heard of while the connection is lost waits until it is back", async () => {
  const { stream, arrivals } = topicClient();
  stream.start(BASE);
  made[0].open();
  made[0].send("1");
  stream.told(["message", "gap"], "1");
  made[0].fail(0);
  await settled();
  stream.told(["message", "gap", "price"], "2");
  assert.equal(made.length, 1);
  made[0].open();
  assert.equal(openNow().length, 1);
  assert.equal(askedAfter(made[1]), "1");
  made[1].open();
  made[1].send("2", "price");
  assert.deepEqual(idsOf(arrivals), ["1", "2"]);
});

test("a server on another port before the first event: still all that is kept", () => {
  const { stream } = topicClient();
  stream.start(BASE);
  made[0].open();
  stream.serverAt("http://localhost:8001");
  assert.equal(askedAfter(made[1]), "earliest");
});

test("a stream that is defined anew goes on as it is, and hears the new names when it comes back", async () => {
  const { stream, arrivals, standings } = client();
  stream.start(BASE);
  made[0].open();
  made[0].send("1");
  stream.update({ ...STREAM, retry_ms: 3000, events: ["message", "tick"] });
  assert.equal(made.length, 1);
  assert.equal(stream.standing.state, "open");
  made[0].send("2");
  // the browser was told to wait a second, and knows of no other time until it is connected again
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

test("a stream that is defined anew while it is stopped is heard whole when it is started", () => {
  const { stream, arrivals } = client();
  stream.update({ ...STREAM, events: ["tick"] });
  stream.start(BASE);
  made[0].open();
  made[0].send("1", "tick");
  assert.deepEqual(idsOf(arrivals), ["1"]);
});

test("a topic that is told of anew fetches what has gone by", () => {
  const { stream } = topicClient();
  stream.start(BASE);
  made[0].open();
  stream.update({ path: "/topics/t", retry_ms: 1000, events: ["message", "gap", "price"], from: "earliest", keeps: true, last_id: "1" });
  assert.equal(made.length, 2);
});

// In a browser a page could start six streams: they took all the connections that there are to one host, no question of
// the page was answered any more, and it told people to start a server that ran.
//
// 1. A page has as many streams under way as its host allows. 2. The next is not opened, and it says why. 3. One of them is
// made anew, which takes no more than it had. 4. One is stopped: the next one opens.
test("a page never has more streams under way than leave it a connection of its own", () => {
  const underWay = new Set();
  const two = { ...HOST, streamsAtMost: 2 };
  const [first, second, third] = [client(two, underWay), client(two, underWay), client(two, underWay)];
  for (const { stream } of [first, second, third]) stream.start(BASE);
  assert.equal(openNow().length, 2);
  assert.equal(third.stream.live, false);
  assert.equal(third.stream.standing.words, "refused (no connection free)");
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

test("a stream that is over, or that the browser did not open, is not under way", async () => {
  const underWay = new Set();
  const over = client({ ...HOST, client: async () => ({ rows: [complete] }) }, underWay);
  over.stream.start(BASE);
  made[0].fail(0);
  await settled();
  assert.equal(over.stream.standing.state, "ended");
  client(HOST, underWay).stream.start("http://forbidden");
  assert.equal(underWay.size, 0);
});
