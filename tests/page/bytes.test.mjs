// Text of the wire is split without changing it, and invisible characters have signs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { drawable, linesText, pieces, wirePieces } = await load("bytes/text.js");
const { fileProblemWords, fileWords } = await load("parts/words.js");

test("bytes that are no characters show hex digits, and copy as a client reads them", () => {
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

test("the pieces of a text together are the text", () => {
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

test("controls have their short names as signs, other invisible characters numbers", () => {
  assert.deepEqual(
    pieces("a\t\u0000b\r\n\u007f\u0085\u202e\ufeff").map(({ text, sign }) => sign ?? text),
    ["a", "HT", "NUL", "b", "CR", "LF", "DEL", "U+0085", "U+202E", "U+FEFF"],
  );
  assert.deepEqual(pieces("ä😀 {}"), [{ text: "ä😀 {}", sign: null }]);
});

test("the line of the file of streams names the source, and the file's problem", () => {
  const file = { path: "/x/streams.toml", exists: true, revision: 1, problem: null };
  assert.equal(fileWords(file, true), "Streams from");
  const never = { ...file, revision: 0 };
  assert.equal(fileWords(never, true), "The shipped streams, because of a mistake in");
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

test("many signs in a row become one, and the drawn pieces are still the text", () => {
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
