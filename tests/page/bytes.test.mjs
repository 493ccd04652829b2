// What was on the wire is taken apart without changing it, and what cannot be seen has a sign.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { drawable, linesText, pieces, wirePieces } = await load("bytes/text.js");
const { fileProblemWords, fileWords } = await load("parts/words.js");

test("bytes that are no characters have their digits, and copied it is what a client reads", () => {
  const value = ["a\u0000", { byte: "C3", text: "" }, { byte: "A9", text: "é" }, "b"];
  assert.deepEqual(wirePieces(value), [
    { text: "a", sign: null },
    { text: "\u0000", sign: "NUL" },
    { text: "", sign: "C3" },
    { text: "é", sign: "A9" },
    { text: "b", sign: null },
  ]);
  assert.deepEqual(wirePieces("plain"), [{ text: "plain", sign: null }]);
  assert.deepEqual(wirePieces(""), []);
  const lines = [
    { kind: "data", name: "data: ", value, end: "\r\n", length: 13 },
    { kind: "other", name: "", value: "", end: "\r\n", length: 2 },
  ];
  assert.equal(linesText(lines), "data: a\u0000éb\r\n\r\n");
});

test("put together again, all is as it was", () => {
  for (const text of [
    "",
    "\n",
    "\r",
    "\r\n\r\r\n",
    "data: a\rb\n\n\r\n:\n::\n: \ndata:\u0000\u2028x",
    "no end",
  ]) {
    assert.equal(
      pieces(text)
        .map((piece) => piece.text)
        .join(""),
      text,
    );
  }
});

test("controls are called by their short names, and other unseen characters by their numbers", () => {
  assert.deepEqual(
    pieces("a\t\u0000b\r\n\u007f\u0085\u202e\ufeff").map(({ text, sign }) => sign ?? text),
    ["a", "HT", "NUL", "b", "CR", "LF", "DEL", "U+0085", "U+202E", "U+FEFF"],
  );
  assert.deepEqual(pieces("ä😀 {}"), [{ text: "ä😀 {}", sign: null }]);
});

test("the line of the file says where the streams come from, and what is wrong", () => {
  const file = { path: "/x/streams.toml", exists: true, revision: 1, problem: null };
  assert.equal(fileWords(file, true), "Streams from");
  assert.equal(fileWords({ ...file, revision: 0 }, true), "The shipped streams, because of a mistake in");
  const none = { ...file, exists: false, revision: 0 };
  assert.match(fileWords(none, true), /shipped streams\. Edit copies them to$/);
  assert.doesNotMatch(fileWords(none, false), /Edit/);
  // it was deleted while its streams were served: what is served is not what the program is shipped
  // with
  assert.equal(fileWords({ ...file, exists: false }, true), "Streams as last read from");
  assert.equal(fileWords({ ...file, exists: false }, false), "Streams as last read from");
  const problem = {
    line: 3,
    sentence: "This is no time.",
    instead: "The list from before is served on.",
  };
  assert.equal(
    fileProblemWords(problem),
    "Line 3: This is no time. The list from before is served on.",
  );
  assert.equal(
    fileProblemWords({ ...problem, line: null }),
    "This is no time. The list from before is served on.",
  );
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
