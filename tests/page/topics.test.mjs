import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { NO_NAME, endingWords, publishedWords, readName, topicSummary, ttlWords } =
  await load("topics/topic-words.js");
const { gapWords } = await load("panel/topic-events.js");
const { topicPath } = await load("host/paths.js");
const { publishLine, streamAddress } = await load("parts/snippets.js");
const { emptiedHint } = await load("panel/hints.js");
const { streamFeed } = await load("streams/stream-feed.js");
const { topicFeed } = await load("topics/topic-feed.js");

test("a name is read as typed, or from a pasted path or address", () => {
  for (const name of ["a", "0", "News.v2_~-", "x".repeat(64)]) {
    assert.equal(readName(name), name);
    assert.equal(readName(` ${topicPath(name)}\n`), name);
    assert.equal(readName(`http://localhost:8000/topics/${name}`), name);
  }
});

test("the names that the server refuses are refused here", () => {
  for (const name of [
    "",
    " ",
    ".",
    "..",
    "-a",
    "_a",
    "~a",
    "a b",
    "a/b",
    "a%20",
    "ä",
    "a\nb",
    "/topics/",
    "/other/a",
    "x".repeat(65),
  ]) {
    assert.equal(readName(name), null, JSON.stringify(name));
  }
  assert.match(NO_NAME, /^That is not .*: give .*\.$/);
});

test("the counts of a topic agree with their nouns", () => {
  const topic = { subscribers: 3, published: 1200, kept: 1000 };
  assert.equal(topicSummary(topic), "3 subscribers, 1,200 published, 1,000 kept");
  assert.equal(
    topicSummary({ ...topic, subscribers: 1 }),
    "1 subscriber, 1,200 published, 1,000 kept",
  );
  assert.equal(topicSummary(undefined), "not created yet");
  assert.equal(
    publishedWords({ id: "a", events: 1, subscribers: 2 }),
    "Published, id a, to 2 subscribers",
  );
  assert.equal(
    publishedWords({ id: "a", events: 1, subscribers: 1 }),
    "Published, id a, to 1 subscriber",
  );
});

test("a gap says how many events are missing, and where", () => {
  const gap = (from, to, lost) => gapWords("gap", JSON.stringify({ from, to, lost }));
  assert.equal(gap("a", "e", 3), "3 events lost between a and e");
  assert.equal(gap("a", "c", 1), "1 event lost between a and c");
  assert.equal(gap("a", "z", 12_000), "12,000 events lost between a and z");
  assert.equal(gap("a", null, 3), "3 events lost after a");
  assert.equal(gap("a", "z", null), "Events may have been lost between a and z");
  assert.equal(gap("a", null, null), "Events may have been lost after a");
});

test("only the server's own gap is one", () => {
  const data = '{"from":"a","to":"c","lost":1}';
  assert.equal(gapWords("message", data), null);
  for (const other of [
    "",
    "gap",
    "null",
    "7",
    "[]",
    "{}",
    '{"from":1,"to":"c","lost":1}',
    '{"from":"a","lost":1}',
    '{"from":"a","to":"c","lost":"1"}',
  ]) {
    assert.equal(gapWords("gap", other), null, other);
  }
});

test("a topic starts with all kept events, a stream at its beginning", () => {
  const stream = {
    path: "/s",
    title: "Stream",
    summary: "",
    endless: true,
    retry_ms: 1000,
    events: ["message"],
  };
  assert.equal(streamFeed(stream).from, "");
  const topic = topicFeed("news", undefined);
  assert.deepEqual(
    [topic.from, topic.path, topic.events],
    ["earliest", "/topics/news", ["message", "gap"]],
  );
});

test("the hint of an empty list says what to do next, for a topic also while it is open", () => {
  const stream = streamFeed({
    path: "/s",
    title: "Stream",
    summary: "",
    endless: true,
    retry_ms: 1000,
    events: ["message"],
  });
  const topic = topicFeed("news", undefined);
  const standing = (state, final = false) => ({ state, words: "", note: null, final });
  const withLine = (feed) =>
    ["idle", "connecting", "open", "stopped"].map(
      (state) => feed.hint(standing(state), "ready").withLine,
    );
  assert.deepEqual(withLine(stream), [true, false, false, true]);
  assert.deepEqual(withLine(topic), [true, false, true, true]);
  for (const feed of [stream, topic]) {
    assert.equal(feed.hint(standing("lost"), "ready").withLine, false);
    assert.equal(feed.hint(standing("lost", true), "ready").withLine, true);
    assert.match(feed.hint(standing("idle"), "stopped").words, /^Start the server/);
  }
  assert.equal(
    topic.line(streamAddress({ url: null, port: 8000 }, topic.path)),
    "curl -d 'hello' 'http://localhost:8000/topics/news'",
  );
  assert.equal(
    publishLine("http://localhost:8001/topics/a"),
    "curl -d 'hello' 'http://localhost:8001/topics/a'",
  );
});

// With all connections of a browser in use the page got no answer, and its empty panels said to
// start the server, which was running.
test("the hint does not say to start a server that only does not answer", () => {
  const idle = { state: "idle", words: "not started", note: null, final: true };
  const stream = streamFeed({
    path: "/s",
    title: "Stream",
    summary: "",
    endless: true,
    retry_ms: 1000,
    events: ["message"],
  });
  for (const feed of [stream, topicFeed("news", undefined)]) {
    assert.match(feed.hint(idle, "ready").words, /^Press Connect to (read|subscribe)/);
    assert.match(feed.hint(idle, "stopped").words, /^Start the server/);
    assert.match(feed.hint(idle, "unreachable").words, /^The server does not answer/);
  }
});

// A list of forty events that was cleared while paused said that nothing had arrived yet, even
// while the chip above it counted new events.
test("the hint of a cleared or paused list does not say that no event has arrived", () => {
  const standing = (state, final = false) => ({ state, words: "", note: null, final });
  assert.equal(emptiedHint(standing("open"), null), null);
  assert.match(emptiedHint(standing("open"), "cleared").words, /^Cleared/);
  assert.match(emptiedHint(standing("lost"), "cleared").words, /^Cleared/);
  for (const state of ["open", "ended", "stopped"]) {
    assert.match(emptiedHint(standing(state), "paused").words, /^Paused: Space shows/);
  }
  // what to do next is to start it
  for (const state of ["ended", "stopped", "refused", "lost"]) {
    assert.equal(emptiedHint(standing(state, true), "cleared"), null);
  }
  assert.equal(emptiedHint(standing("connecting"), "cleared"), null);
  assert.equal(emptiedHint(standing("idle", true), "paused"), null);
});

test("the list says when a topic ends, and what ending it deletes", () => {
  assert.equal(ttlWords(3_600_000), "A topic without subscribers and publishes ends after 1 h.");
  assert.equal(ttlWords(null), "Topics stay until somebody ends them.");
  assert.equal(
    endingWords({ name: "news", kept: 1200, subscribers: 1 }),
    "End news? This deletes 1,200 kept events and disconnects 1 subscriber.",
  );
  assert.match(
    endingWords({ name: "a", kept: 1, subscribers: 0 }),
    /deletes 1 kept event and disconnects 0 subscribers/,
  );
});
