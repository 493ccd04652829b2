// What the page makes of a watch: the address without its secrets, the answers of the app, figures,
// and the scales of the picture.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { Address, isCurlLine, keepable, lacksSecret } = await load("watch/address.js");
const { WatchFeed } = await load("watch/watch-feed.js");
const { columns, gapTop, gridOf, heightOf, secondsOf } = await load("watch/plot-scale.js");
const { emptyWords, figureWords, isStall, recordingWords, ruleParagraphs, time } =
  await load("watch/watch-words.js");

test("a secret in the address is hidden, kept, and put back", () => {
  const address = new Address();
  const whole = "https://h/v1:stream?alt=sse&key=AIza123&access_token=t0&key=second";
  const hidden = address.hide(whole);
  assert.equal(hidden, "https://h/v1:stream?alt=sse&key=…&access_token=…&key=…");
  assert.equal(address.whole(hidden), whole);
  // what a person writes around it stays
  const edited = hidden.replace("v1", "v2").replace("access_token=…", "access_token=new");
  assert.equal(
    address.whole(edited),
    "https://h/v2:stream?alt=sse&key=AIza123&access_token=new&key=second",
  );
  assert.equal(address.whole(address.hide(edited)), address.whole(edited));
  // of another address nothing is known
  address.hide("https://other/?x=1");
  assert.equal(address.whole("https://h/?key=…"), "https://h/?key=…");
});

test("a long random value is a secret under any name", () => {
  const random = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0";
  const address = new Address();
  assert.equal(address.hide(`http://h/?x=${random}&id=7`), "http://h/?x=…&id=7");
  assert.equal(lacksSecret(address.whole("http://h/?x=…&id=7")), false);
  // after a restart nothing is known of it
  assert.equal(lacksSecret(new Address().whole("http://h/?x=…&id=7")), true);
  for (const query of ["every=100ms&count=20", "q=what-is-a-server-sent-event"]) {
    assert.equal(new Address().hide(`http://h/?${query}`), `http://h/?${query}`);
  }
});

test("a password, a fragment and long values are not kept", () => {
  const address = new Address();
  assert.equal(address.hide("https://me:hunter2@h/?a=b"), "https://…@h/?a=b");
  assert.equal(address.hide("me:hunter2@h/@b"), "…@h/@b");
  assert.equal(address.hide("http://h/#access_token=hunter2"), "http://h/#access_token=…");
  assert.equal(address.hide("http://h/a@b?pwd=hunter2"), "http://h/a@b?pwd=…");
  assert.equal(keepable("http://h/?a=100ms&q=seventeen-letters"), "http://h/?a=100ms&q=…");
});

test("an address without secrets stays as it is", () => {
  for (const text of ["", "localhost:8000/numbers", "https://h/?a=b#c", "not a url", "/?key="]) {
    assert.equal(new Address().hide(text), text);
  }
});

test("a line of curl is told from an address", () => {
  for (const line of ["curl http://h", "  CURL -N h", "$ curl h", "curl.exe h", "curl \\\n h"]) {
    assert.equal(isCurlLine(line), true, line);
  }
  for (const line of ["curl", "https://curl.se/a b", "localhost/curl x", ""]) {
    assert.equal(isCurlLine(line), false, line);
  }
});

/** @param {object} more */
const view = (more) => ({
  run: 1,
  state: "open",
  stream: 1,
  resumed: null,
  bytes: 0,
  pieces: [],
  wire_events: [],
  events: [],
  exchange: { has_events: true },
  arrivals: { step_ms: 1, steps: [], silent_ms: 0, usual_gap_ms: null },
  ...more,
});

/** @param {number} number @param {number} stream @param {object} [more] */
const event = (number, stream, more = {}) => ({
  number,
  stream,
  at_ms: 1000 * number,
  event: "message",
  id: String(number),
  data: "x",
  left_out: 0,
  ...more,
});

const LINE = { kind: "other", name: "", value: "data", end: "", length: 4 };

/** @param {number} step */
const step = (step, pieces = 1) => ({ step, pieces, events: 1, gap_ms: 5 });

test("each answer adds what is new, and a new watch forgets the old one", () => {
  const feed = new WatchFeed();
  assert.deepEqual(feed.cursor, { run: 0, stream: 0, end: 0, event: 0, step_ms: 0, step: 0 });
  let news = feed.add(view({
    bytes: 4,
    pieces: [{ at_ms: 1, offset: 0, bytes: "data", lines: [LINE] }],
    events: [event(1, 1), event(2, 1)],
    arrivals: { step_ms: 1, steps: [step(3), step(9)], silent_ms: 0, usual_gap_ms: null },
  }));
  assert.deepEqual(news.arrivals.map(({ id, gap }) => [id, gap]), [["1", null], ["2", 1000]]);
  assert.deepEqual(feed.cursor, { run: 1, stream: 1, end: 4, event: 2, step_ms: 1, step: 9 });
  // the last step was under way
  feed.add(view({
    bytes: 4,
    arrivals: { step_ms: 1, steps: [step(9, 2), step(12)], silent_ms: 0, usual_gap_ms: null },
  }));
  assert.deepEqual(feed.steps.map(({ step, pieces }) => [step, pieces]), [[3, 1], [9, 2], [12, 1]]);
  // steps became longer: all of them come anew
  feed.add(view({
    arrivals: { step_ms: 2, steps: [step(1), step(4), step(6)], silent_ms: 0, usual_gap_ms: null },
  }));
  assert.deepEqual(feed.steps.map(({ step }) => step), [1, 4, 6]);
  news = feed.add(view({ run: 2, events: [event(1, 1)] }));
  assert.equal(news.isNewRun, true);
  assert.deepEqual([feed.steps.length, feed.log.end, news.arrivals[0].gap], [0, 0, null]);
});

test("what was not listed, and what lies between two streams, is said in the list", () => {
  const feed = new WatchFeed();
  feed.add(view({ events: [event(1, 1)] }));
  const { arrivals, skipped } = feed.add(view({
    stream: 2,
    resumed: "cut off, reconnected with id 1",
    events: [event(5, 2, { data: "long", left_out: 1200 })],
  }));
  assert.deepEqual(
    arrivals.map(({ outage, data, gap }) => [outage, data, gap]),
    [
      ["cut off, reconnected with id 1", "", null],
      ["3 events came too fast to be listed", "", null],
      [null, "long… and 1,200 bytes", null],
    ],
  );
  assert.equal(skipped, 3);
});

test("a time has three digits, whatever its length", () => {
  for (const [ms, words] of /** @type {const} */ ([
    [0, "0 ms"], [502.4, "502 ms"], [999.6, "1.00 s"], [1670, "1.67 s"], [31_640, "31.6 s"],
    [125_000, "2 min 05 s"], [7_500_000, "2 h 05 min"],
  ])) {
    assert.equal(time(ms), words);
  }
});

test("figures name what is counted, and a stall stands out", () => {
  const of = (/** @type {object} */ more) =>
    figureWords(
      { of: "event", dialect: null, first_ms: null, rate: null, stall_ms: null, ...more },
      50,
    );
  assert.deepEqual(of({}).map(({ value }) => value), ["", "", ""]);
  const model = of({ of: "token", first_ms: 502, rate: 38.42, stall_ms: 1670 });
  assert.deepEqual(model, [
    { value: "502 ms", words: "to the first token", stands: false },
    { value: "38.4 /s", words: "tokens", stands: false },
    { value: "1.67 s", words: "longest stall", stands: true },
  ]);
  // a stream that sends every 2 s does not stall
  assert.equal(isStall(2100, 2000), false);
  assert.equal(isStall(900, 1), false);
  assert.equal(isStall(1000, null), true);
});

test("an empty list says why", () => {
  for (const [more, words] of /** @type {[object, RegExp][]} */ ([
    [{ state: "asking", exchange: null }, /Waiting/],
    [{ state: "failed", exchange: null }, /no answer/],
    [{ exchange: { has_events: false } }, /no stream of events/],
    [{}, /Nothing has come yet/],
    [{ bytes: 5 }, /No event is whole/],
    [{ state: "over", bytes: 5 }, /No event came/],
  ])) {
    assert.match(emptyWords(/** @type {any} */ (view(more))), words);
  }
});

test("the text of a rule is read without its marks", () => {
  const text = [
    "W9 Silence", "", "A proxy **closes** a", "connection.", "", "* **Level:** risky",
    "* **Source:** [HTML", "  9.2](https://example.com), `x`.",
  ].join("\n");
  assert.deepEqual(ruleParagraphs(text), [
    { isPoint: false, words: "A proxy closes a connection." },
    { isPoint: true, words: "Level: risky" },
    { isPoint: true, words: "Source: HTML 9.2, x." },
  ]);
});

test("gaps stand on a logarithmic scale that has room for the longest", () => {
  assert.equal(gapTop(0), 1000);
  assert.equal(gapTop(1200), 1000);
  assert.ok(gapTop(31_000) >= 31_000 / 1.3);
  for (const longest of [0, 5, 999, 1300, 20_000, 5_000_000]) {
    const top = gapTop(longest);
    assert.ok(heightOf(longest, top, 64) <= 64);
    assert.ok(heightOf(0, top, 64) >= 1);
    assert.ok(gridOf(top).length <= 3);
    assert.ok(gridOf(top).every((ms) => ms <= top));
  }
  const [low, middle, high] = [10, 100, 1000].map((ms) => heightOf(ms, 1000, 64));
  assert.ok(Math.abs(high - middle - (middle - low)) < 1e-9);
});

test("the axis has words that do not touch", () => {
  for (const span of [1000, 1020, 31_600, 600_000, 86_400_000, 30 * 86_400_000]) {
    for (const width of [200, 700, 1600]) {
      const times = secondsOf(span, width);
      assert.ok(times.length >= 1 && times.length <= width / 90 + 1, `${span} ${width}`);
      assert.ok(times.every(({ ms, words }) => ms <= span && words !== ""));
    }
  }
  assert.deepEqual(secondsOf(31_600, 700).map(({ words }) => words), [
    "0 s", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s",
  ]);
});

test("steps that share a pixel are one column with the longest gap", () => {
  const steps = [
    { step: 0, pieces: 1, events: 1, gap_ms: 4 },
    { step: 1, pieces: 2, events: 0, gap_ms: 90 },
    { step: 9, pieces: 1, events: 3, gap_ms: 2 },
  ];
  assert.deepEqual(columns(steps, (at) => at / 4), [
    { x: 0, pieces: 3, events: 1, gap: 90 },
    { x: 2, pieces: 1, events: 3, gap: 2 },
  ]);
});

test("a recording says where it goes and how far it is, and then where it is", () => {
  assert.equal(recordingWords(null).button, "Record");
  assert.equal(recordingWords(null).line, "");
  const on = recordingWords({
    is_on: true,
    words: "~/Downloads/a.wire",
    lasts_ms: 1500,
    bytes: 1234,
    is_wrong: false,
  });
  assert.equal(on.button, "Stop recording");
  assert.equal(on.line, "Recording to ~/Downloads/a.wire: 1.50 s, 1,234 bytes");
  const words = "Recorded to a.wire";
  const saved = { is_on: false, words, lasts_ms: 0, bytes: 9, is_wrong: false };
  assert.deepEqual(
    [recordingWords(saved).button, recordingWords(saved).line],
    ["Record", "Recorded to a.wire"],
  );
});
