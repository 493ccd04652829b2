// The wire of a connection: the lines and events of the server become rows, unchanged.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const {
  MOST_BYTES,
  MOST_LINES,
  MOST_PIECES,
  WireLog,
  fileName,
  filtered,
  linesBefore,
  linesBehind,
  nearest,
  piecesOf,
} = await load("wire/wire-log.js");
const { firstBelow } = await load("wire/wire-scroll.js");
const { afterKey, bounds, clamped } = await load("parts/split-share.js");

const bytesOf = (text) => Buffer.from(text).toString("latin1");
/** The lines of a piece, as the server hands them out: here without names. */
const linesOf = (bytes) =>
  [...bytes.matchAll(/([^\n]*)(\n|$)/g)]
    .filter(([line]) => line !== "")
    .map(([line, value, end]) => ({
      kind: "data",
      name: "",
      value: Buffer.from(value, "latin1").toString(),
      end,
      length: line.length,
    }));
const piece = (offset, bytes, begins = true, at_ms = offset) => ({
  at_ms,
  offset,
  begins,
  bytes,
  lines: linesOf(bytes),
});
const wire = (pieces, more = {}) => ({
  id: 1,
  taken: 0,
  missed: 0,
  on: true,
  pieces,
  events: [],
  ...more,
});

test("a log continues at its end, with the events of each piece and the gaps", () => {
  const log = new WireLog();
  const event = { at_ms: 2, end: 9, kind: "event", event: "message", id: "", data: "a" };
  log.add(wire([piece(0, "HTTP/1.0 2", true, 1000)], { taken: 10 }));
  assert.deepEqual([log.end, log.whole, log.rows[0].gap], [10, true, null]);
  log.add(
    wire([piece(0, "HTTP/1.0 2"), piece(30, "data: a\n\n", true, 1500)], {
      taken: 40,
      events: [{ ...event, end: 39 }],
    }),
  );
  assert.deepEqual(
    log.rows.map(({ seq, offset, lost, gap }) => [seq, offset, lost, gap]),
    [
      [0, 0, 0, null],
      [1, 30, 20, 500],
    ],
  );
  assert.equal(log.rows[1].events[0].data, "a");
  assert.deepEqual([log.lost, log.end, log.whole], [20, 39, false]);
});

test("the newest pieces stay within bounds, and dropping is recorded", () => {
  const many = new WireLog();
  for (let i = 0; i < MOST_PIECES + 5; i += 1) many.add(wire([piece(i, "x", i === 0)]));
  assert.deepEqual(
    [many.rows.length, many.rows[0].seq, many.bytes, many.isFull],
    [MOST_PIECES, 5, MOST_PIECES, true],
  );
  const large = new WireLog();
  large.add(wire([piece(0, "x".repeat(MOST_BYTES)), piece(MOST_BYTES, "y".repeat(10))]));
  // a keep-alive behind a large event was all that was left
  assert.deepEqual([large.rows.length, large.bytes, large.rows[0].offset], [2, MOST_BYTES + 10, 0]);
  large.add(wire([piece(MOST_BYTES + 10, "z".repeat(MOST_BYTES - 10))]));
  assert.deepEqual(
    [large.rows.length, large.bytes, large.rows[0].offset],
    [2, MOST_BYTES, MOST_BYTES],
  );
});

test("a piece of many lines becomes several rows, which are dropped together", () => {
  const log = new WireLog();
  const many = 3 * MOST_LINES;
  const one = (n) => `data: ${n}\n\n`;
  const text = Array.from({ length: many }, (_, n) => one(n)).join("");
  const head = "HTTP/1.1 200 OK\r\n\r\n";
  const events = Array.from({ length: many }, (_, n) => ({
    at_ms: 0,
    end: head.length + text.indexOf(one(n)) + one(n).length,
    kind: "event",
    event: "message",
    id: "",
    data: String(n),
  }));
  log.add(wire([piece(0, head), piece(head.length, text)], { events }));
  const rows = log.rows.slice(1);
  assert.deepEqual([log.pieces, log.seen, rows.length], [2, 2, many]);
  assert.equal(rows.map(({ bytes }) => bytes).join(""), text);
  assert.ok(
    rows.every(
      ({ events: own, bytes }, n) => own.length === 1 && own[0] === events[n] && bytes === one(n),
    ),
  );
  assert.deepEqual(
    [rows[0].goesOn, rows[1].goesOn, rows.every(({ piece: of }) => of === rows[0].piece)],
    [false, true, true],
  );
  assert.deepEqual([piecesOf(log.rows), piecesOf(rows.slice(3, 9)), piecesOf([])], [2, 1, 0]);
  assert.ok(rows.every((row, index) => row.offset === (rows[index - 1]?.end ?? head.length)));
  log.add(wire([piece(log.end, "x".repeat(MOST_BYTES))]));
  assert.deepEqual([log.rows.length, log.pieces, log.bytes], [1, 1, MOST_BYTES]);
});

test("an event stands beside its bytes, its framing before or behind it", () => {
  const log = new WireLog();
  const line = (kind, text, end = "\n") => ({
    kind,
    name: "",
    value: text,
    end,
    length: text.length + end.length,
  });
  const head = [line("head", "HTTP/1.1 200 OK", "\r\n"), line("head", "", "\r\n")];
  const retry = [line("chunk", "7", "\r\n"), line("retry", "retry: 1"), line("other", "")];
  const tail = [line("chunk", "", "\r\n")];
  const one = (n) => [line("id", `id: ${n}`), line("data", "data: x"), line("other", "")];
  const lines = [
    ...head,
    ...retry,
    ...tail,
    line("chunk", "99", "\r\n"),
    ...one(7),
    ...one(8),
    line("comment", ": hi"),
    ...tail,
  ];
  const bytes = lines.map(({ value, end }) => value + end).join("");
  const behind = (count) =>
    lines.slice(0, count).reduce((sum, { length }) => sum + length, 0);
  const event = (kind, count) => ({ at_ms: 0, end: behind(count), kind });
  const events = [event("retry", 4), event("event", 10), event("event", 13), event("comment", 14)];
  log.add(wire([{ at_ms: 0, offset: 0, bytes, lines }], { events }));
  assert.deepEqual(
    log.rows.map(({ lines: own, events: made }) => [own.length, made.map(({ kind }) => kind)]),
    [
      [3, []],
      [1, ["retry"]],
      // the empty line behind it is no event's
      [2, []],
      [1, []],
      [3, ["event"]],
      [3, ["event"]],
      [2, ["comment"]],
    ],
  );
  assert.equal(log.rows.map((row) => row.bytes).join(""), bytes);
  // a piece of one event is one row, whatever frames it
  const single = new WireLog();
  const chunk = [line("chunk", "e", "\r\n"), ...one(9), ...tail];
  const text = chunk.map(({ value, end }) => value + end).join("");
  single.add(
    wire([{ at_ms: 0, offset: 0, bytes: text, lines: chunk }], {
      events: [{ at_ms: 0, end: text.length - 2, kind: "event" }],
    }),
  );
  assert.deepEqual([single.rows.length, single.rows[0].events.length], [1, 1]);
});

test("a batch of rows is counted in lines", () => {
  const rows = [1, 5, 2, 9].map((length) => ({ lines: Array(length) }));
  assert.deepEqual(
    [0, 1, 9, 10, 11, 12, 99].map((lines) => linesBefore(rows, 4, lines)),
    [4, 3, 3, 2, 2, 1, 0],
  );
  assert.deepEqual(
    [0, 1, 2, 6, 7, 99].map((lines) => linesBehind(rows, 0, lines)),
    [0, 1, 2, 2, 3, 4],
  );
});

test("the first answer shows that keeping began late", () => {
  const late = new WireLog();
  late.add(wire([], { taken: 500 }));
  late.add(wire([piece(500, "9\r\ndata: a\n\n\r\n")], { taken: 514 }));
  assert.deepEqual([late.beganLate, late.rows[0].offset], [true, 500]);
  const closed = new WireLog();
  closed.add(wire([], { taken: 500, on: false }));
  assert.equal(closed.beganLate, false);
});

test("a filter searches bytes and events, and ignores case", () => {
  const log = new WireLog();
  log.add(wire([piece(0, "x: 1\n"), piece(5, bytesOf("data: É\n")), piece(14, "\n")], {
    events: [{ at_ms: 0, end: 15, kind: "event", event: "Tick", id: "7", data: "É" }],
  }));
  const found = (words) => filtered(log.rows, words).map(({ seq }) => seq);
  assert.deepEqual(
    [found(""), found(" "), found("é"), found("TICK 7"), found("tick x")],
    [[0, 1, 2], [0, 1, 2], [1, 2], [2], []],
  );
});

test("an event with an unknown last event id has no word for it", () => {
  const log = new WireLog();
  log.add(
    wire([piece(50, "data: a\n\n")], {
      events: [{ at_ms: 0, end: 59, kind: "event", event: "tick", id: null, data: "a" }],
    }),
  );
  assert.deepEqual(
    ["tick", "null", "undefined"].map((words) => filtered(log.rows, words).length),
    [1, 0, 0],
  );
});

test("a file is named after its connection, in characters that every system allows", () => {
  assert.equal(fileName(7, "/numbers"), "connection-7-numbers.http");
  assert.equal(fileName(7, "/topics/a b/../é"), "connection-7-topics-a-b.http");
  assert.equal(fileName(7, "/"), "connection-7.http");
  assert.match(fileName(Number.MAX_SAFE_INTEGER, `/${"x".repeat(500)}`), /^[A-Za-z0-9._-]{1,100}$/);
});

test("the piece at the top is found among thousands with few measurements", () => {
  let looks = 0;
  const pieces = Array.from({ length: 4096 }, (_, index) => ({
    index,
    getBoundingClientRect: () => ((looks += 1), { bottom: 20 * (index + 1) }),
  }));
  for (const [top, index] of [
    [-5, 0],
    [0, 0],
    [19, 0],
    [20, 1],
    [81_919, 4095],
  ])
    assert.equal(firstBelow(pieces, top).index, index);
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

test("the piece of a moment is the one whose time is nearest", () => {
  const rows = [10, 20, 20, 35].map((at_ms) => ({ at_ms }));
  assert.equal(nearest(rows, 0), 0);
  assert.equal(nearest(rows, 14), 0);
  assert.equal(nearest(rows, 21), 1);
  assert.equal(nearest(rows, 99), 3);
  assert.equal(nearest([], 5), -1);
});

test("a recording begins, goes on whoever is shown, and is saved by the next press", async () => {
  const { WireRecord } = await load("wire/wire-record.js");
  /** @type {(() => void)[]} */
  const presses = [];
  const button = {
    title: "",
    ariaPressed: "",
    addEventListener: (_, press) => presses.push(press),
    toggleAttribute: () => {},
  };
  const done = [];
  const host = {
    controls: true,
    recordConnection: async (id) => {
      done.push(`begin ${id}`);
      return { id, on: true, missed: 12, kept: 3 };
    },
    connectionRecording: async () => "é",
    endConnectionRecording: async (id) => done.push(`end ${id}`),
    save: async (name, bytes) => (done.push([name, bytes]), `~/Downloads/${name}`),
  };
  const said = [];
  const record = new WireRecord(button, host, (...words) => said.push(words));
  const press = async () => {
    presses[0]();
    await new Promise((resolve) => setTimeout(resolve));
  };
  const row = { id: 7, since_ms: 1, stream: "/numbers", ended: null };
  record.show(row);
  await press();
  assert.equal(button.ariaPressed, "true");
  assert.deepEqual(said.pop(), ["recording; the 12 bytes before are no longer kept"]);
  // another start of the program, or another connection, is another one
  record.show({ ...row, since_ms: 2 });
  assert.equal(button.ariaPressed, "false");
  record.show(row);
  await press();
  assert.equal(button.ariaPressed, "false");
  assert.deepEqual(done, ["begin 7", ["connection-7-numbers.wire", "\xc3\xa9"], "end 7"]);
  assert.match(said.pop()[0], /^recorded to .*connection-7-numbers\.wire; secrets are kept back$/);
  // of one that has ended there is only what is kept
  record.show({ ...row, ended: {} });
  await press();
  assert.deepEqual(done.slice(3), [["connection-7-numbers.wire", "\xc3\xa9"], "end 7"]);
  host.connectionRecording = async () => null;
  await press();
  assert.deepEqual(said.pop(), ["The connection ended too long ago: nothing is kept.", true]);
});
