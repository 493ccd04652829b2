import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { afterError, canStart, hasMoved, newestRow, streamUrl } = await load("panel/reconnect.js");

const row = (changes) => ({ id: 1, state: "open", status: 200, ended: null, ...changes });
const ended = (by, why, complete = false) => ({ by, why, complete, at_ms: 0 });
const says = ({ state, words, final }) => [state, words, final];

test("a finite stream that was sent whole has ended, whatever the browser does next", () => {
  const whole = row({ state: "ended", ended: ended("server", "complete", true) });
  for (const readyState of ["connecting", "closed"]) {
    assert.deepEqual(says(afterError(readyState, whole, 1000)), [
      "ended",
      "ended by the server",
      true,
    ]);
  }
});

test("204 is the end for a client that came back after the last event", () => {
  const nothingLeft = row({
    state: "refused",
    status: 204,
    ended: ended("server", "nothing left to send", true),
  });
  assert.deepEqual(says(afterError("closed", nothingLeft, 1000)), [
    "ended",
    "ended by the server",
    true,
  ]);
});

test("a browser that reconnects is left alone, and the words say when", () => {
  const stopped = row({ state: "ended", ended: ended("server", "stopped") });
  for (const known of [stopped, row({}), null, undefined]) {
    assert.deepEqual(says(afterError("connecting", known, 1000)), [
      "lost",
      "connection lost (retrying in 1 s)",
      false,
    ]);
  }
  assert.equal(afterError("connecting", null, 250).words, "connection lost (retrying in 250 ms)");
});

test("a refusal is final and carries its status and reason", () => {
  const full = row({ state: "refused", status: 503, ended: ended("server", "too many streams") });
  const verdict = afterError("closed", full, 1000);
  assert.deepEqual(says(verdict), ["refused", "refused (503)", true]);
  assert.match(verdict.note, /too many streams/);
});

test("a refusal for want of a token says where to give one", () => {
  for (const why of ["no token", "unknown token"]) {
    const refused = row({ state: "refused", status: 401, ended: ended("server", why) });
    const verdict = afterError("closed", refused, 1000);
    assert.deepEqual(says(verdict), ["refused", "refused (401)", true]);
    assert.equal(
      verdict.note,
      `The server wants a token (${why}): press Token… and give one, then Connect.`,
    );
  }
});

test("a connection closed for a reason unknown to the server was closed by the browser", () => {
  for (const known of [
    null,
    undefined,
    row({}),
    row({ state: "ended", ended: ended("client", "closed") }),
  ]) {
    const verdict = afterError("closed", known, 1000);
    assert.deepEqual(says(verdict), ["lost", "closed by the browser", true]);
    assert.ok(verdict.note);
  }
});

test("the newest connection counts, wherever it is in the list", () => {
  assert.equal(newestRow({ rows: [] }), null);
  assert.equal(newestRow({ rows: [row({ id: 3 }), row({ id: 9 }), row({ id: 4 })] }).id, 9);
});

test("a stream is reopened only when the server runs elsewhere", () => {
  assert.equal(hasMoved("http://localhost:8000", "http://localhost:8001"), true);
  assert.equal(hasMoved("http://localhost:8000", "http://localhost:8000"), false);
  assert.equal(hasMoved("http://localhost:8000", null), false);
});

test("the address has the client's name and the last event id", () => {
  const url = (run) =>
    streamUrl("http://localhost:8000", "/endless", { tag: "ab", lastId: "", ...run });
  assert.equal(url({}), "http://localhost:8000/endless?client=ab");
  assert.equal(url({ lastId: "1&2" }), "http://localhost:8000/endless?client=ab&lastEventId=1%262");
  assert.equal(url({ namesInData: true }), "http://localhost:8000/endless?client=ab&names=data");
  assert.equal(url({ everyUs: 200 }), "http://localhost:8000/endless?client=ab&every=200us");
});

test("a stream starts only while the server runs", () => {
  assert.equal(canStart("http://localhost:8000", { phase: "running" }), true);
  assert.equal(canStart(null, { phase: "running" }), false);
  assert.equal(canStart("http://localhost:8000", { phase: "stopping" }), false);
  assert.equal(canStart("http://localhost:8000", undefined), false);
});
