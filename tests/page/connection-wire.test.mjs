// The wire of a connection: bytes in pieces that are cut anywhere become lines, signs and rows, and nothing of them changes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { WireReader } = await load("wire/reader.js");
const { WireUtf8, decoded } = await load("bytes/utf8.js");
const { MOST_BYTES, MOST_LINES, MOST_PIECES, WireLog, fileName, filtered, linesBefore, linesBehind } = await load("wire/log.js");
const { firstBelow } = await load("wire/scroll.js");
const { afterKey, bounds, clamped } = await load("parts/split-share.js");

const HEAD = "HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n";
const whole = (lines) => lines.map(({ name, value, end }) => name + value + end).join("");
const kinds = (lines) => lines.map(({ kind, name, value, end }) => [kind, name + value + end]);
const bytesOf = (text) => Buffer.from(text).toString("latin1");

test("a head, chunks and the last one are told apart", () => {
  const reader = new WireReader("1.1");
  reader.restart(true, true);
  const lines = reader.read(`${HEAD}f\r\n: hi\nretry: 5\n\n\r\n9\r\ndata: a\r\r\r\n0\r\n\r\nwhat`);
  assert.deepEqual(kinds(lines), [
    ["head", "HTTP/1.1 200 OK\r\n"],
    ["head", "x-a: b\r\n"],
    ["head", "\r\n"],
    ["chunk", "f\r\n"],
    ["comment", ": hi\n"],
    ["retry", "retry: 5\n"],
    ["other", "\n"],
    ["chunk", "\r\n"],
    ["chunk", "9\r\n"],
    ["data", "data: a\r"],
    ["other", "\r"],
    ["chunk", "\r\n"],
    ["chunk", "0\r\n"],
    ["chunk", "\r\n"],
    ["other", "what"],
  ]);
  assert.deepEqual(lines[1], { kind: "head", name: "x-a: ", value: "b", end: "\r\n" });
});

test("HTTP/1.0 is bare, and a size in it is a field that nobody knows", () => {
  const reader = new WireReader("1.0");
  reader.restart(true, true);
  assert.deepEqual(kinds(reader.read(`${HEAD}9\ndata: a\n\n`)).slice(3), [["other", "9\n"], ["data", "data: a\n"], ["other", "\n"]]);
});

test("wherever it is cut, the bytes stay and every line keeps its kind", () => {
  const text = `${HEAD}13\r\nid: 7\r\ndata: a: b\n\n\r\n0\r\n\r\n`;
  const once = new WireReader("1.1");
  once.restart(true, true);
  const each = (lines) => lines.flatMap((line) => Array(whole([line]).length).fill(line.kind));
  const expected = each(once.read(text));
  for (let cut = 0; cut <= text.length; cut += 1) {
    const reader = new WireReader("1.1");
    reader.restart(true, true);
    const lines = [...reader.read(text.slice(0, cut)), ...reader.read(text.slice(cut))];
    assert.equal(whole(lines), text, `cut at ${cut}`);
    // within a name nobody knows yet what it is the name of, but what follows it is known
    const begun = /\n(i|d|da|dat)$/.exec(text.slice(0, cut))?.[1] ?? "";
    const known = expected.map((kind, at) => (at >= cut - begun.length && at < cut ? "other" : kind));
    assert.deepEqual(each(lines), known, `cut at ${cut}`);
    const values = lines.filter(({ kind }) => kind === "data").map(({ value }) => value);
    assert.equal(values.join(""), "a: b", `cut at ${cut}`);
  }
});

test("after a gap it goes on where something begins, and knows nothing before", () => {
  const reader = new WireReader("1.1");
  reader.restart(false, false);
  assert.deepEqual(kinds(reader.read("ta: a\n\n\r\n")), [["other", "ta: a\n"], ["other", "\n"], ["other", "\r\n"]]);
  reader.restart(false, true);
  assert.deepEqual(kinds(reader.read("9\r\ndata: a\n\n\r\n")).slice(0, 2), [["chunk", "9\r\n"], ["data", "data: a\n"]]);
});

test("a chunk that has no size is the end of what can be told", () => {
  const reader = new WireReader("1.1");
  reader.restart(false, true);
  assert.deepEqual(kinds(reader.read("zz\r\ndata: a\n")), [["chunk", "zz\r\n"], ["other", "data: a\n"]]);
});

test("characters are read, and bytes that are none have their digits", () => {
  const utf8 = new WireUtf8();
  const read = (text, last = false) => utf8.read(text, last).map(({ text: piece, sign }) => (sign === null ? piece : [sign, piece]));
  assert.deepEqual(read("plain"), ["plain"]);
  assert.deepEqual(read(bytesOf("é😀 \u0000")), ["é😀 ", ["NUL", "\u0000"]]);
  assert.deepEqual(read("a\xffb"), ["a", ["FF", "\ufffd"], "b"]);
  // a longer form, a surrogate, beyond the last character, a character that breaks off
  assert.deepEqual(read("\xc0\xaf"), [["C0", "\ufffd"], ["AF", "\ufffd"]]);
  assert.deepEqual(read("\xed\xa0\x80"), [["ED", "\ufffd"], ["A0", "\ufffd"], ["80", "\ufffd"]]);
  assert.deepEqual(read("\xf4\x90"), [["F4", "\ufffd"], ["90", "\ufffd"]]);
  assert.deepEqual(read("\xe2\x82x"), [["E2", "\ufffd"], ["82", ""], "x"]);
});

test("a character that two pieces share is signs in both, and copied it is whole", () => {
  const bytes = bytesOf("a€b😀");
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const utf8 = new WireUtf8();
    const found = [...utf8.read(bytes.slice(0, cut), true), ...utf8.read(bytes.slice(cut), true)];
    assert.equal(found.map(({ text }) => text).join(""), "a€b😀", `cut at ${cut}`);
  }
  const utf8 = new WireUtf8();
  assert.deepEqual(utf8.read("x\xc3", true), [{ text: "x", sign: null }, { text: "", sign: "C3" }]);
  assert.deepEqual(utf8.read("\xa9y", true), [{ text: "é", sign: "A9" }, { text: "y", sign: null }]);
  // byte after byte
  const slow = new WireUtf8();
  assert.equal([...bytesOf("😀")].flatMap((byte) => slow.read(byte, true)).map(({ text }) => text).join(""), "😀");
  // what was begun is not what follows
  utf8.read("\xc3", true);
  assert.deepEqual(utf8.read("z", true), [{ text: "z", sign: null }]);
  utf8.read("\xc3", true);
  utf8.restart();
  assert.deepEqual(utf8.read("\xa9", true), [{ text: "\ufffd", sign: "A9" }]);
});

test("a mark at the beginning is a character like others", () => assert.equal(decoded("\xef\xbb\xbfa"), "\ufeffa"));

const piece = (offset, bytes, begins = true, at_ms = offset) => ({ at_ms, offset, begins, bytes });
const wire = (pieces, more = {}) => ({ id: 1, taken: 0, missed: 0, on: true, pieces, events: [], ...more });

test("a log goes on where it ends, with the events of each piece and what is missing between", () => {
  const log = new WireLog("1.0");
  const event = { at_ms: 2, offset: 9, kind: "event", event: "message", id: "", data: "a" };
  log.add(wire([piece(0, "HTTP/1.0 2", true, 1000)], { taken: 10 }));
  assert.deepEqual([log.end, log.whole, log.rows[0].gap], [10, true, null]);
  log.add(wire([piece(0, "HTTP/1.0 2"), piece(30, "data: a\n\n", true, 1500)], { taken: 40, events: [{ ...event, offset: 39 }] }));
  assert.deepEqual(log.rows.map(({ seq, offset, lost, gap }) => [seq, offset, lost, gap]), [[0, 0, 0, null], [1, 30, 20, 500]]);
  assert.equal(log.rows[1].events[0].data, "a");
  assert.equal(log.rows[1].lines[0].line.kind, "data", "it begins anew");
  assert.deepEqual([log.lost, log.end, log.whole], [20, 39, false]);
});

test("the newest stay within bounds, and what went is known to have gone", () => {
  const many = new WireLog("1.0");
  for (let i = 0; i < MOST_PIECES + 5; i += 1) many.add(wire([piece(i, "x", i === 0)]));
  assert.deepEqual([many.rows.length, many.rows[0].seq, many.bytes, many.isFull], [MOST_PIECES, 5, MOST_PIECES, true]);
  const large = new WireLog("1.0");
  large.add(wire([piece(0, "x".repeat(MOST_BYTES)), piece(MOST_BYTES, "y".repeat(10))]));
  // a keep-alive behind a large event was all that was left
  assert.deepEqual([large.rows.length, large.bytes, large.rows[0].offset], [2, MOST_BYTES + 10, 0]);
  large.add(wire([piece(MOST_BYTES + 10, "z".repeat(MOST_BYTES - 10))]));
  assert.deepEqual([large.rows.length, large.bytes, large.rows[0].offset], [2, MOST_BYTES, MOST_BYTES]);
});

test("a piece of many lines is several rows, each with the events that end in it, and goes whole", () => {
  const log = new WireLog("1.0");
  const many = 3 * MOST_LINES;
  const one = (n) => `data: ${n}\n\n`;
  const text = Array.from({ length: many }, (_, n) => one(n)).join("");
  const head = "HTTP/1.1 200 OK\r\n\r\n";
  const events = Array.from({ length: many }, (_, n) => ({ at_ms: 0, offset: head.length + text.length, kind: "event", event: "message", id: "", data: String(n) }));
  log.add(wire([piece(0, head), piece(head.length, text)], { events }));
  const rows = log.rows.slice(1);
  assert.deepEqual([log.pieces, log.seen, rows.length], [2, 2, 6]);
  assert.equal(rows.map(({ bytes }) => bytes).join(""), text);
  assert.ok(rows.every(({ lines, events: own, bytes }) => lines.length === MOST_LINES && own.every(({ data }) => bytes.includes(one(data)))));
  assert.deepEqual(rows.flatMap(({ events: own }) => own), events);
  assert.deepEqual(rows.map(({ goesOn }) => goesOn), [false, true, true, true, true, true]);
  assert.ok(rows.every((row, index) => row.offset === (rows[index - 1]?.end ?? head.length)));
  log.add(wire([piece(log.end, "x".repeat(MOST_BYTES))]));
  assert.deepEqual([log.rows.length, log.pieces, log.bytes], [1, 1, MOST_BYTES]);
});

test("what began in a small piece and ends in one of many lines stands where it ends", () => {
  const head = "HTTP/1.1 200 OK\r\n\r\n";
  const one = (n) => `data: ${n}\n\n`;
  const many = Array.from({ length: 2 * MOST_LINES }, (_, n) => one(n)).join("");
  // what a small piece holds, and how what it began ends in the large one
  const cases = [
    ["data: begun\n", "\n", { kind: "event", event: "message", id: "", data: "begun" }],
    ["data: begun", "\n\n", { kind: "event", event: "message", id: "", data: "begun" }],
    ["data: begun\n\n: a", "b\n", { kind: "comment", text: "ab" }],
    [": ab", "\n", { kind: "comment", text: "ab" }],
    ["retry: 5", "0\n", { kind: "retry", ms: 50 }],
    ["data: begun\r", "\n\r\n", { kind: "event", event: "message", id: "", data: "begun" }],
  ];
  for (const [begins, ends, begun] of cases) {
    const log = new WireLog("1.0");
    const end = head.length + begins.length + ends.length + many.length;
    const made = Array.from({ length: 2 * MOST_LINES }, (_, n) => ({ kind: "event", event: "message", id: "", data: String(n) }));
    const events = [begun, ...made].map((event) => ({ at_ms: 0, offset: end, ...event }));
    log.add(wire([piece(0, head), piece(head.length, begins, false), piece(head.length + begins.length, ends + many, false)], { events }));
    const rows = log.rows.slice(2);
    assert.deepEqual(rows.flatMap(({ events: own }) => own), events);
    const sent = head + begins + ends + many;
    assert.deepEqual(rows[0].events[0], events[0], "what was begun stands in the first part");
    for (const { offset, end: to, events: own } of rows) {
      for (const { data } of own.filter((event) => event !== events[0])) {
        // its empty line is what makes it: the line of its data may stand in the part before
        const at = sent.indexOf(one(data)) + one(data).length;
        assert.ok(at > offset && at <= to, `${begins}: ${data} at ${at} stands in ${offset} to ${to}`);
      }
    }
  }
});

test("what is drawn is counted in lines", () => {
  const rows = [1, 5, 2, 9].map((length) => ({ lines: Array(length) }));
  assert.deepEqual([0, 1, 9, 10, 11, 12, 99].map((lines) => linesBefore(rows, 4, lines)), [4, 3, 3, 2, 2, 1, 0]);
  assert.deepEqual([0, 1, 2, 6, 7, 99].map((lines) => linesBehind(rows, 0, lines)), [0, 1, 2, 2, 3, 4]);
});

test("that keeping began with the look is known from the first answer", () => {
  const late = new WireLog("1.1");
  late.add(wire([], { taken: 500 }));
  late.add(wire([piece(500, "9\r\ndata: a\n\n\r\n")], { taken: 514 }));
  assert.deepEqual([late.beganLate, late.rows[0].lines[0].line.kind], [true, "chunk"]);
  const closed = new WireLog("1.1");
  closed.add(wire([], { taken: 500, on: false }));
  assert.equal(closed.beganLate, false);
});

test("a filter looks through bytes and events, whatever the case", () => {
  const log = new WireLog("1.0");
  log.add(wire([piece(0, "x: 1\n"), piece(5, bytesOf("data: É\n")), piece(14, "\n")], {
    events: [{ at_ms: 0, offset: 15, kind: "event", event: "Tick", id: "7", data: "É" }],
  }));
  const found = (words) => filtered(log.rows, words).map(({ seq }) => seq);
  assert.deepEqual([found(""), found(" "), found("é"), found("TICK 7"), found("tick x")], [[0, 1, 2], [0, 1, 2], [1, 2], [2], []]);
});

test("an event whose last event id is not known has no word for it", () => {
  const log = new WireLog("1.0");
  log.add(wire([piece(50, "data: a\n\n")], { events: [{ at_ms: 0, offset: 59, kind: "event", event: "tick", id: null, data: "a" }] }));
  assert.deepEqual(["tick", "null", "undefined"].map((words) => filtered(log.rows, words).length), [1, 0, 0]);
});

test("a file is named for its connection, with letters that every system takes", () => {
  assert.equal(fileName(7, "/numbers"), "connection-7-numbers.http");
  assert.equal(fileName(7, "/topics/a b/../é"), "connection-7-topics-a-b.http");
  assert.equal(fileName(7, "/"), "connection-7.http");
  assert.match(fileName(Number.MAX_SAFE_INTEGER, `/${"x".repeat(500)}`), /^[A-Za-z0-9._-]{1,100}$/);
});

test("the piece at the top is found among thousands by few looks at where they stand", () => {
  let looks = 0;
  const pieces = Array.from({ length: 4096 }, (_, index) => ({ index, getBoundingClientRect: () => ((looks += 1), { bottom: 20 * (index + 1) }) }));
  for (const [top, index] of [[-5, 0], [0, 0], [19, 0], [20, 1], [81_919, 4095]]) assert.equal(firstBelow(pieces, top).index, index);
  assert.ok(looks <= 5 * 13, `${looks} looks`);
  assert.equal(firstBelow(pieces, 81_920), undefined);
  assert.equal(firstBelow([], 0), undefined);
});

test("a bar leaves both parts what they need", () => {
  const { least, most } = bounds(800);
  assert.ok(least > 10 && most < 80, `${least} to ${most}`);
  assert.deepEqual(bounds(200), { least: 50, most: 50 });
  assert.equal(clamped(0, { least, most }), least);
  assert.equal(afterKey("Home", 50, { least, most }), least);
  assert.equal(afterKey("End", 50, { least, most }), most);
  assert.equal(afterKey("ArrowUp", 50, { least, most }), 48);
  assert.equal(afterKey("PageDown", 50, { least, most }), 60);
  assert.equal(afterKey("ArrowDown", most, { least, most }), most);
  assert.equal(afterKey("x", 50, { least, most }), null);
});
