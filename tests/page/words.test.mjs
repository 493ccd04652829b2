import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { curlLine, eventSourceLines, streamAddress } = await load("client-lines.js");
const { fateWords } = await load("words.js");
const { stepIndex, withAccelerator } = await load("keys.js");

test("lines carry the real port, and the configured one while nothing runs", () => {
  assert.equal(curlLine(streamAddress({ url: "http://localhost:8001", port: 8001 }, "/s")), "curl -N http://localhost:8001/s");
  assert.equal(streamAddress({ url: null, port: 8123 }, "/s"), "http://localhost:8123/s");
});

test("EventSource lines listen for every name, and what they quote is JavaScript", () => {
  assert.equal(
    eventSourceLines("http://localhost:8000/s", ["message", 'a"b']),
    [
      'const source = new EventSource("http://localhost:8000/s");',
      "source.onmessage = (event) => console.log(event.lastEventId, event.data);",
      'source.addEventListener("a\\"b", (event) => console.log(event.lastEventId, event.data));',
    ].join("\n"),
  );
});

test("what became of a connection says by whom and why", () => {
  const gone = (by, why, complete = false) => ({ by, why, complete, at_ms: 0 });
  assert.equal(fateWords({ state: "open", ended: null }), "open");
  assert.equal(fateWords({ state: "ended", ended: gone("client", "closed") }), "by the client: closed");
  assert.equal(fateWords({ state: "refused", status: 503, ended: gone("server", "too many streams") }), "refused (503): too many streams");
  assert.equal(fateWords({ state: "refused", status: 204, ended: gone("server", "nothing left to send", true) }), "nothing left to send (204)");
  assert.equal(
    fateWords({ state: "refused", status: 403, origin: "http://x.example", ended: gone("server", "origin not allowed") }),
    "refused (403): origin not allowed, http://x.example",
  );
});

test("steps stay within the list and enter it from the side one comes from", () => {
  assert.equal(stepIndex("previous", -1, 5, 10), 4);
  assert.equal(stepIndex("next", -1, 5, 10), 0);
  assert.equal(stepIndex("previous", 0, 5, 10), 0);
  assert.equal(stepIndex("next", 4, 5, 10), 4);
  assert.equal(stepIndex("page-up", 12, 20, 10), 2);
  assert.equal(stepIndex("page-down", 12, 20, 10), 19);
  assert.equal(stepIndex("first", 3, 5, 10), 0);
  assert.equal(stepIndex("last", 3, 5, 10), 4);
});

test("accelerators are written as the platform writes them", () => {
  const action = { id: "stop", label: "Stop", accelerator: "CmdOrCtrl+Shift+X", enabled: true };
  assert.equal(withAccelerator("Stop the server", action, false), "Stop the server (Ctrl+Shift+X)");
  assert.equal(withAccelerator("Stop the server", undefined, false), "Stop the server");
});
