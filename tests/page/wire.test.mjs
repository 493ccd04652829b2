// What was on the wire is taken apart without changing it, and what cannot be seen has a sign.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { drawable, eventLines, headLines, pieces } = await load("bytes/text.js");
const { fileProblemWords, fileWords } = await load("parts/words.js");

const whole = (lines) => lines.map(({ name, value, end }) => name + value + end).join("");

test("each line is told by its field, with whatever end it has", () => {
  const lines = eventLines(": hello\nretry: 10\r\nid: 7\revent:tick\ndata\nother: x\n\n");
  assert.deepEqual(
    lines.map(({ kind, name, value, end }) => [kind, name, value, end]),
    [
      ["comment", "", ": hello", "\n"],
      ["retry", "retry: ", "10", "\r\n"],
      ["id", "id: ", "7", "\r"],
      ["event", "event:", "tick", "\n"],
      ["data", "data", "", "\n"],
      ["other", "other: ", "x", "\n"],
      ["other", "", "", "\n"],
    ],
  );
});

test("a second space and a second colon are the value's", () => {
  assert.deepEqual(eventLines("data:  a: b"), [{ kind: "data", name: "data: ", value: " a: b", end: "" }]);
});

test("a head has a status and named lines", () => {
  const lines = headLines("HTTP/1.1 200 OK\r\nx-a: b: c\r\nx-empty:\r\n\r\n");
  assert.deepEqual(
    lines.map(({ kind, name, value }) => [kind, name, value]),
    [
      ["head", "", "HTTP/1.1 200 OK"],
      ["head", "x-a: ", "b: c"],
      ["head", "x-empty:", ""],
      ["head", "", ""],
    ],
  );
});

test("put together again, all is as it was", () => {
  for (const text of ["", "\n", "\r", "\r\n\r\r\n", "data: a\rb\n\n\r\n:\n::\n: \ndata:\u0000\u2028x", "no end"]) {
    assert.equal(whole(eventLines(text)), text);
    assert.equal(whole(headLines(text)), text);
    assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
  }
});

test("controls are called by their short names, and other unseen characters by their numbers", () => {
  assert.deepEqual(pieces("a\t\u0000b\r\n\u007f\u0085\u202e\ufeff").map(({ text, sign }) => sign ?? text), [
    "a", "HT", "NUL", "b", "CR", "LF", "DEL", "U+0085", "U+202E", "U+FEFF",
  ]);
  assert.deepEqual(pieces("ä😀 {}"), [{ text: "ä😀 {}", sign: null }]);
});

test("the line of the file says where the streams come from, and what is wrong", () => {
  const file = { path: "/x/streams.toml", exists: true, revision: 1, problem: null };
  assert.equal(fileWords(file, true), "Streams from");
  assert.equal(fileWords({ ...file, revision: 0 }, true), "The shipped streams, in place of");
  const none = { ...file, exists: false, revision: 0 };
  assert.match(fileWords(none, true), /shipped streams\. Edit writes them to$/);
  assert.doesNotMatch(fileWords(none, false), /Edit/);
  // it was deleted while its streams were served: what is served is not what the program is shipped with
  assert.equal(fileWords({ ...file, exists: false }, true), "Streams as last read from");
  assert.equal(fileWords({ ...file, exists: false }, false), "Streams as last read from");
  const problem = { line: 3, sentence: "This is no time.", instead: "The list from before is served on." };
  assert.equal(fileProblemWords(problem), "Line 3: This is no time. The list from before is served on.");
  assert.equal(fileProblemWords({ ...problem, line: null }), "This is no time. The list from before is served on.");
});

test("too many signs in a row are one, and what is drawn is still the text", () => {
  const text = (found) => found.map((piece) => piece.text).join("");
  const few = pieces("a\u0001\u0002b");
  assert.deepEqual(drawable(few), few);
  const alike = `x${"\u0001".repeat(60_000)}y`;
  assert.deepEqual(
    drawable(pieces(alike)).map(({ sign }) => sign),
    [null, "SOH × 60,000", null],
  );
  assert.equal(text(drawable(pieces(alike))), alike);
  const mixed = "\u0001\u202e".repeat(50);
  assert.deepEqual(
    drawable(pieces(mixed)).map(({ sign }) => sign),
    ["100 unseen"],
  );
  const scattered = "a\u0001".repeat(30_000);
  const drawn = drawable(pieces(scattered));
  assert.equal(drawn.length, 1001);
  assert.equal(text(drawn), scattered);
});
