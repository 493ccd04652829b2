import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { clientSnippets, curlLine, streamAddress } = await load("parts/snippets.js");
const {
  backRank,
  backWords,
  endWords,
  fateWords,
  hasStream,
  headline,
  lastedWords,
  otherTitle,
  refusedOrigin,
  silentWords,
  standingWords,
  tallyWords,
  upstreamRank,
  upstreamTitle,
  upstreamWords,
  verdictWords,
} = await load("parts/words.js");
const { beforeWords, keptWords, noWireWords } = await load("wire/wire-words.js");
const { stepIndex, withAccelerator } = await load("parts/keys.js");

test("lines carry the real port, and the configured one while nothing runs", () => {
  assert.equal(
    curlLine(streamAddress({ url: "http://localhost:8001", port: 8001 }, "/s")),
    "curl -N 'http://localhost:8001/s'",
  );
  assert.equal(streamAddress({ url: null, port: 8123 }, "/s"), "http://localhost:8123/s");
});

/** The lines of one kind, or of the first. */
function lines(kind, stream) {
  const snippets = clientSnippets("http://localhost:8000/s", stream);
  return (snippets.find(({ name }) => name === kind) ?? snippets[0]).text;
}

test("EventSource lines listen for every name, name the client, and quote as JavaScript", () => {
  assert.equal(
    lines("eventsource", { events: ["message", 'a"b'] }),
    [
      'const source = new EventSource("http://localhost:8000/s?client=my-app");',
      "source.onmessage = (event) => console.log(event.lastEventId, event.data);",
      'source.addEventListener("a\\"b", (event) => console.log(event.lastEventId, event.data));',
    ].join("\n"),
  );
});

// The lines for the tokens of an LLM used an EventSource: a page that ran them got the whole answer
// again every 3 s, for ever.
test("a stream without ids that ends is read with fetch and POST, and no other is", async () => {
  const events = ["message"];
  for (const [stream, reads] of [
    [{ events, ids: false, endless: false }, "fetch"],
    [{ events, ids: true, endless: false }, "EventSource"],
    [{ events, ids: false, endless: true }, "EventSource"],
    [{ events }, "EventSource"],
  ]) {
    const first = lines(undefined, stream);
    assert.equal(first.includes("await fetch("), reads === "fetch");
    assert.equal(first.includes("EventSource"), reads === "EventSource");
    assert.ok(first.includes("?client=my-app"));
    assert.equal(lines("react", stream).includes("EventSource"), reads === "EventSource");
    assert.ok(lines("curl", stream).includes("?client=my-app"));
  }
  // they run, whatever ends the stream's lines and wherever the network cuts them
  const fetching = lines("fetch", { events, ids: false, endless: false });
  const seen = [];
  const asked = [];
  const parts = ["data: a\n", "\ndata: b\r\n\r\nda", "ta: c\r\r"];
  const fetch = async (url, options) => (
    asked.push(url, options.method),
    new Response(ReadableStream.from(parts.map((text) => new TextEncoder().encode(text))))
  );
  await new Function("fetch", "console", `return (async () => { ${fetching} })()`)(fetch, {
    log: (block) => seen.push(block),
  });
  assert.deepEqual(seen, ["data: a", "data: b", "data: c"]);
  assert.deepEqual(asked, ["http://localhost:8000/s?client=my-app", "POST"]);
});

test("a page opened as a file gets advice, and no origin to allow", () => {
  const refused = (origin) => ({
    state: "refused",
    status: 403,
    origin,
    ended: { by: "server", why: "origin not allowed", complete: false, at_ms: 0 },
  });
  assert.match(fateWords(refused("null")), /opened as a file has no origin: serve it from /);
  assert.equal(refusedOrigin(refused("null")), null);
  assert.equal(refusedOrigin(refused("http://front.example")), "http://front.example");
  assert.equal(refusedOrigin({ ...refused("http://front.example"), state: "ended" }), null);
});

test("a silent server's words say since when, and name six connections if full", () => {
  const since = new Date(2026, 0, 1, 10, 41, 2).getTime();
  assert.match(
    silentWords("localhost:8000", since, false),
    /^No answer from localhost:8000 since 10:41:02\.000: /,
  );
  assert.doesNotMatch(silentWords("localhost:8000", since, false), /six/);
  assert.match(silentWords("localhost:8000", since, true), /six connections/);
});

test("the state of an ended connection says who ended it and why", () => {
  const endedBy = (by, why, complete = false) => ({ by, why, complete, at_ms: 0 });
  assert.equal(fateWords({ state: "open", ended: null }), "open");
  assert.equal(
    fateWords({ state: "ended", ended: endedBy("client", "closed") }),
    "by the client: closed",
  );
  for (const why of ["drained", "max age"]) {
    const row = { state: "ended", status: 200, ended: endedBy("server", why) };
    assert.equal(fateWords(row), `by the server: ${why}`);
  }
  assert.equal(
    fateWords({ state: "refused", status: 503, ended: endedBy("server", "too many streams") }),
    "refused (503): too many streams",
  );
  // a client that came back after the last event was once refused, and is now ended
  for (const state of ["refused", "ended"]) {
    const row = { state, status: 204, ended: endedBy("server", "nothing left to send", true) };
    assert.equal(fateWords(row), "nothing left to send (204)");
    assert.equal(standingWords(row, false), "nothing left to send (204)");
    assert.equal(hasStream(row), false);
    assert.match(noWireWords(row, false, { answered: false }), /nothing left to send/);
  }
  const whole = { state: "ended", status: 200, ended: endedBy("server", "finished", true) };
  assert.deepEqual([fateWords(whole), hasStream(whole)], ["by the server: finished", true]);
  assert.deepEqual(
    [{ state: "open" }, { state: "refused" }].map((row) =>
      hasStream({ ...row, status: 200, ended: null }),
    ),
    [true, false],
  );
  assert.equal(
    fateWords({
      state: "refused",
      status: 403,
      origin: "http://x.example",
      ended: endedBy("server", "origin not allowed"),
    }),
    "refused (403): origin not allowed, http://x.example",
  );
});

test("steps stay within the list, and enter it at the near end", () => {
  assert.equal(stepIndex("previous", -1, 5, 10), 4);
  assert.equal(stepIndex("next", -1, 5, 10), 0);
  assert.equal(stepIndex("previous", 0, 5, 10), 0);
  assert.equal(stepIndex("next", 4, 5, 10), 4);
  assert.equal(stepIndex("page-up", 12, 20, 10), 2);
  assert.equal(stepIndex("page-down", 12, 20, 10), 19);
  assert.equal(stepIndex("first", 3, 5, 10), 0);
  assert.equal(stepIndex("last", 3, 5, 10), 4);
});

// A stream was removed from the file while its panel had the focus: the focus was lost, and Tab
// started at the top.
test("accelerators are written as the platform writes them", () => {
  const action = { id: "stop", label: "Stop", accelerator: "CmdOrCtrl+Shift+X", enabled: true };
  assert.equal(withAccelerator("Stop the server", action, false), "Stop the server (Ctrl+Shift+X)");
  assert.equal(withAccelerator("Stop the server", undefined, false), "Stop the server");
});

test("both legs of a forwarded request are short in its row", () => {
  const legs = {
    upstream: "api.example.com", status: 200, connect_ms: 12, head_ms: 341, client_ms: 12_400,
  };
  assert.equal(upstreamWords(legs), "200 in 341 ms");
  assert.equal(upstreamWords({ ...legs, head_ms: 1300 }), "200 in 1.3 s");
  assert.equal(
    upstreamTitle(legs),
    "api.example.com: connected after 12 ms, answered 200 after 341 ms",
  );
  const down = { ...legs, status: null, connect_ms: null, head_ms: null };
  assert.equal(upstreamWords(down), "no answer");
  assert.equal(upstreamTitle(down), "api.example.com: never connected, no answer");
  assert.deepEqual([upstreamWords(null), upstreamTitle(null), upstreamRank(null)], ["", "", ""]);
  assert.equal(lastedWords({ state: "open", legs: { ...legs, client_ms: 12_000 } }), "for 12 s");
  assert.equal(lastedWords({ state: "ended", legs }), "after 12.4 s");
  const long = { ...legs, client_ms: 3_725_400 };
  assert.equal(lastedWords({ state: "ended", legs: long }), "after 1 h 2 min 5 s");
  assert.equal(lastedWords({ state: "ended", legs: { ...legs, client_ms: null } }), "");
  assert.equal(lastedWords({ state: "open", legs: null }), "");
  const ranks = [200, 304, 404, 503, null].map((status) => upstreamRank({ ...legs, status }));
  assert.deepEqual(ranks, ["", "", "repeated", "refused", "refused"]);
});

test("an answer of an upstream that is no stream is called forwarded, with its status", () => {
  const row = { state: "ended", status: 404, ended: { by: "server", why: "forwarded", at_ms: 0 } };
  assert.equal(fateWords(row), "forwarded (404)");
  assert.equal(endWords(row), "forwarded (404)");
});

test("a verdict is short in its cell, and a guess is marked", () => {
  const verdict = {
    kind: "back",
    words: "came back",
    brief: "1.02 s, nothing lost",
    advice: null,
    bad: false,
    despite: false,
    sure: true,
    away_ms: 1020,
    retry_ms: 1000,
    lost: 0,
    repeated: 0,
    other: 3,
  };
  assert.equal(backWords(null), "");
  // in the server's words, because it knows which events follow
  assert.equal(backWords(verdict), "1.02 s, nothing lost");
  assert.equal(backWords({ ...verdict, brief: "~1.02 s, 1,200 again" }), "~1.02 s, 1,200 again");
  assert.equal(verdictWords(null), "");
  assert.equal(verdictWords(verdict), "came back");
  assert.equal(
    verdictWords({ ...verdict, advice: "Let it reconnect." }),
    "came back. Let it reconnect.",
  );
  const refused = { ...verdict, kind: "refused", lost: null, repeated: null };
  const missing = { ...verdict, kind: "missing" };
  const returned = { ...verdict, kind: "returned" };
  assert.equal(headline({ verdict, afterwards: missing }), missing);
  assert.equal(headline({ verdict, afterwards: returned }), verdict);
  assert.equal(headline({ verdict: null, afterwards: returned }), returned);
  assert.equal(headline({ verdict: null, afterwards: null }), null);
  assert.equal(headline({ verdict, afterwards: refused }), refused);
  const lossy = { ...verdict, lost: 3 };
  assert.equal(headline({ verdict: lossy, afterwards: refused }), lossy);
  const ranks = [
    verdict,
    { ...verdict, lost: 1, repeated: 1 },
    { ...verdict, repeated: 1 },
    { ...verdict, lost: null },
    { ...verdict, kind: "missing" },
    refused,
    null,
    { ...verdict, lost: null, repeated: null, back_with: "last" },
    { ...verdict, lost: null, repeated: null, bad: true, back_with: "earlier" },
  ];
  assert.deepEqual(ranks.map(backRank), [
    "whole",
    "lost",
    "repeated",
    "",
    "missing",
    "refused",
    "",
    "",
    "repeated",
  ]);
  assert.equal(new Set(["back", "returned", "refused", "beside"].map(otherTitle)).size, 4);
  assert.equal(otherTitle("refused"), "Show the request that was refused");
});

// The rows of a page that made a new EventSource after each 204 were all green.
test("a client that came back after 204, or is open twice, is marked as faulty", () => {
  const away = { kind: "back", bad: false, despite: false, lost: 0, repeated: 0 };
  assert.equal(backRank(away), "whole");
  const again = { ...away, bad: true, despite: true };
  assert.equal(backRank(again), "refused");
  assert.equal(backRank({ ...again, repeated: 5 }), "refused");
  assert.equal(backRank({ ...away, lost: null, repeated: null, bad: true }), "refused");
  const came = { ...again, kind: "returned", lost: null, repeated: null };
  assert.equal(backRank(came), "refused");
  assert.equal(headline({ verdict: away, afterwards: came }), came);
  const beside = { kind: "beside", bad: true, despite: false, lost: null, repeated: null };
  assert.equal(headline({ verdict: away, afterwards: beside }), beside);
  const lossy = { ...away, bad: true, lost: 3 };
  assert.equal(headline({ verdict: lossy, afterwards: beside }), lossy);
  // a client that was started anew was said to forget its id, and its two connections were not told
  const anew = { ...away, bad: true, lost: 0, repeated: 480 };
  assert.equal(headline({ verdict: anew, afterwards: beside }), beside);
  assert.equal(backRank(beside), "repeated");
  assert.equal(backRank({ ...beside, bad: false }), "");
  assert.equal(backRank({ ...beside, kind: "cut", bad: false }), "");
});

test("a wire says how much of it is kept, and why it is empty", () => {
  const kept = {
    rows: [{ offset: 0 }],
    pieces: 1,
    bytes: 1234,
    taken: 1234,
    on: true,
    answered: true,
    beganLate: false,
    isFull: false,
  };
  assert.equal(keptWords(kept), "1 piece, 1,234 bytes kept");
  // the footer once showed 262,656 for a wire of which 534,799 were missing: what is not kept is
  // all that was taken minus what is kept
  assert.equal(
    keptWords({ ...kept, taken: 1354 }),
    "1 piece, 1,234 bytes kept, 120 bytes not kept",
  );
  assert.equal(keptWords({ ...kept, taken: 1235 }), "1 piece, 1,234 bytes kept, 1 byte not kept");
  assert.equal(beforeWords(kept), "");
  const later = { ...kept, rows: [{ offset: 12_345 }] };
  assert.equal(
    beforeWords({ ...later, isFull: true, beganLate: true }),
    "the first 12,345 bytes are no longer kept",
  );
  assert.equal(
    beforeWords({ ...later, beganLate: true }),
    "kept since you opened this view: 12,345 bytes were sent before",
  );
  assert.match(beforeWords(later), /^kept since this view was first opened: 12,345 bytes were /);
  const none = { ...kept, rows: [] };
  const open = { state: "open", ended: null };
  assert.equal(noWireWords(open, false, { ...none, answered: false }), "");
  assert.equal(noWireWords(open, false, { ...none, taken: 0 }), "Nothing has been sent yet.");
  assert.match(
    noWireWords(open, false, none),
    /^Bytes are kept from now on: 1,234 bytes were sent before/,
  );
  assert.match(
    noWireWords({ state: "ended", ended: null }, false, { ...none, on: false }),
    /The 1,234 bytes that were sent are not kept/,
  );
  const refused = { state: "refused", ended: { complete: false } };
  const unanswered = { ...none, answered: false };
  assert.match(noWireWords(refused, false, unanswered), /refused the request, so there are no /);
  assert.match(noWireWords(open, true, unanswered), /^The connection is no longer /);
});

test("the end of a connection has its time", () => {
  const ended = { by: "client", why: "closed", complete: false, at_ms: 113 };
  assert.match(
    endWords({ state: "ended", ended }),
    /^ended by the client: closed at \d\d:\d\d:00\.113$/,
  );
  assert.equal(endWords({ state: "open", ended: null }), "open");
  assert.equal(standingWords({ state: "open", ended: null }, false), "open");
  assert.equal(standingWords({ state: "open", ended: null }, true), "no longer in the table");
  assert.match(standingWords({ state: "ended", ended }, true), /:00\.113, no longer in the table$/);
  // after a server was killed its rows stayed "open", in green, while the page was open
  const isOpen = { state: "open", ended: null };
  assert.equal(standingWords(isOpen, false, true), "open, as last reported");
  assert.equal(standingWords({ state: "open", ended: null }, true, true), "no longer in the table");
  assert.match(standingWords({ state: "ended", ended }, false, true), /:00\.113$/);
});

// Of 90 rows 13 were in none of the numbers: those that were answered 204.
test("every row is counted in one of the numbers", () => {
  assert.equal(
    tallyWords({ open: 2, opened: 72, refused: 3, complete: 13 }),
    "2 open, 72 opened, 13 answered 204, 3 refused",
  );
  assert.equal(
    tallyWords({ open: 2, opened: 72, refused: 3, complete: 0 }),
    "2 open, 72 opened, 3 refused",
  );
});
