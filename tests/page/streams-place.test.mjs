// The small parts of the Streams place: the filter of events, the line of the last minute, the news
// of the file, the words of an outage, and JSON laid out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { arrivalFilter } = await load("panel/arrival-filter.js");
const { Activity, linePath } = await load("streams/sparkline.js");
const { fileChanges, newsWords } = await load("streams/file-news.js");
const { outageWords } = await load("parts/words.js");
const { jsonLayout } = await load("bytes/json-layout.js");

const EVENT = { id: "7", event: "message", data: "", notice: null, outage: null };
const arrival = (more) => ({ ...EVENT, ...more });

test("a filter leaves the events that have all its words, in any case", () => {
  const lets = arrivalFilter("  Tea 7 ");
  assert.equal(lets(arrival({ data: '{"of":"tea"}' })), true);
  assert.equal(lets(arrival({ data: "coffee" })), false);
  assert.equal(lets(arrival({ id: "8", data: "tea" })), false);
  assert.equal(lets(arrival({ id: "8", event: "tea7" })), true);
  assert.equal(arrivalFilter("   "), null);
});

test("a filter hides no gap and no outage", () => {
  const lets = arrivalFilter("nothing like that");
  assert.equal(lets(arrival({ notice: "2 events lost" })), true);
  assert.equal(lets(arrival({ outage: "server away 4 s" })), true);
  assert.equal(lets(arrival({})), false);
});

test("the rate and the line of a stream come from the server's totals", () => {
  const activity = new Activity();
  assert.equal(activity.rate("/a"), null);
  // two events a second for 20 s, then a pause of 5 s
  for (let second = 0; second <= 25; second += 1) {
    const events = 100 + 2 * Math.min(second, 20);
    activity.take({ at_ms: second * 1000, streams: [{ path: "/a", open: 3, events }] });
    if (second === 20) assert.equal(activity.rate("/a"), 2);
  }
  assert.equal(activity.rate("/a"), 0);
  assert.equal(activity.open("/a"), 3);
  const seconds = activity.seconds("/a");
  assert.equal(seconds.length, 60);
  assert.deepEqual(seconds.slice(-26), [0, ...new Array(20).fill(2), 0, 0, 0, 0, 0]);
  // a stream that is served no more is forgotten
  activity.take({ at_ms: 26_000, streams: [] });
  assert.equal(activity.rate("/a"), null);
});

test("only the last minute is kept, and a program that began anew has no negative rate", () => {
  const activity = new Activity();
  for (let second = 0; second < 200; second += 1) {
    activity.take({ at_ms: second * 1000, streams: [{ path: "/a", open: 0, events: second }] });
  }
  assert.equal(activity.seconds("/a").reduce((sum, value) => sum + value, 0), 60);
  activity.take({ at_ms: 203_000, streams: [{ path: "/a", open: 0, events: 0 }] });
  assert.equal(activity.rate("/a"), 0);
});

test("the line touches the top at its highest value, and lies at the foot without events", () => {
  assert.equal(linePath([0, 4, 2], 10, 20), "M0.0 20.0L5.0 0.0L10.0 10.0");
  assert.equal(linePath([0, 0], 10, 20), "M0.0 20.0L10.0 20.0");
  assert.equal(linePath([], 10, 20), "");
});

const stream = (path, title = path, summary = "endless") => ({ path, title, summary });

// The panel of a stream that was renamed vanished with its events, and a new one appeared off the
// screen: neither was said.
test("what a saved file changed is said: new, gone and renamed streams", () => {
  const words = (before, now) => newsWords(fileChanges(before, now));
  const [a, b, c] = [stream("/a"), stream("/b"), stream("/c")];
  assert.equal(words([a, b], [a, b]), "");
  assert.equal(words([a], [a, b]), "New: /b.");
  assert.equal(words([a, b], [b]), "Gone: /a.");
  assert.equal(words([stream("/a", "Prices")], [stream("/p", "Prices")]), "Renamed: /a to /p.");
  // the title is the path where there is none: then the place and the pace tell
  assert.equal(words([b, a], [b, c]), "Renamed: /a to /c.");
  assert.equal(words([b, a], [stream("/c", "/c", "3 events"), b]), "New: /c. Gone: /a.");
  const many = ["/1", "/2", "/3", "/4", "/5"].map((path) => stream(path));
  assert.equal(words([], many), "New: /1, /2, /3 and 2 more.");
});

const row = (id, more) => ({ id, brought: null, ended: null, verdict: null, ...more });
const verdict = (more) => ({ other: 3, away_ms: 4300, lost: 0, repeated: 0, ...more });

test("an outage has words: how long, where it went on, what it cost", () => {
  const before = row(3, { ended: { why: "stopped" } });
  const words = (more, earlier = before) =>
    outageWords([row(5, { brought: "7", verdict: verdict(more) }), earlier]);
  assert.equal(words({}), "server away 4.3 s, resumed after id 7, nothing lost");
  assert.equal(words({ lost: 3 }), "server away 4.3 s, resumed after id 7, 3 lost");
  assert.equal(words({ lost: null }), "server away 4.3 s, resumed after id 7");
  assert.equal(words({}, row(3, { ended: { why: "closed" } })).split(",")[0], "away 4.3 s");
  const anew = row(5, { verdict: verdict({ repeated: 38 }) });
  assert.equal(outageWords([anew]), "away 4.3 s, came back without an id, 38 again");
  assert.equal(outageWords([row(5, {})]), "");
  assert.equal(outageWords([]), "");
});

test("JSON is laid out, and no token is another", () => {
  const text = '{"n":12345678901234567890,"a":[1.50,{}, []],"s":"a\\"b: {","t":true,"n":null}';
  const tokens = jsonLayout(text);
  assert.equal(
    tokens.map(({ text: token }) => token).join(""),
    `{
  "n": 12345678901234567890,
  "a": [
    1.50,
    {},
    []
  ],
  "s": "a\\"b: {",
  "t": true,
  "n": null
}`,
  );
  const kinds = tokens.filter(({ kind }) => kind && kind !== "sign").map(({ kind }) => kind);
  assert.deepEqual(kinds, [
    "key", "number", "key", "number", "key", "string", "key", "word", "key", "word",
  ]);
  // what is no JSON, or only a value, is shown as it is
  for (const plain of ["7", '"text"', "{a:1}", "", "[1,", "tea"]) {
    assert.equal(jsonLayout(plain), null);
  }
});
