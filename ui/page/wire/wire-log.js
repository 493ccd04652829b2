/**
 * The known wire of one connection: the newest pieces within bounds, the gaps between them, and the
 * events that a client reads. No document, no clock.
 *
 * @import { WireEvent, WireLine, WireView } from "../server.js"
 */

import { linesText } from "../bytes/text.js";

/** At least so much of the bytes is kept; the server keeps as much of a connection. */
export const MOST_BYTES = 64 * 1024;
export const MOST_PIECES = 4096;
/** Lines of one row: a piece may have thousands, and a screen has room for few. */
export const MOST_LINES = 24;
/**
 * Characters of a stream's path in the name of a file: with the longest number before it, the name
 * stays within the 100 characters that the app takes.
 */
const LONGEST_PATH = 60;

/**
 * A piece of the wire, which is what the kernel took in one call, or a part of a piece of several
 * events or many lines.
 *
 * @typedef {object} WireRow
 * @property {number} seq never used twice
 * @property {number} piece the number of its piece, which its parts share
 * @property {boolean} goesOn whether it is not the first part of its piece
 * @property {number} at_ms
 * @property {number | null} gap since the piece before
 * @property {number} offset
 * @property {number} end
 * @property {number} lost bytes that are missing between it and the piece before
 * @property {string} bytes
 * @property {WireLine[]} lines
 * @property {WireEvent[]} events the events that end in it
 * @property {string | null} words the text that a filter searches, once one has
 */

export class WireLog {
  /** @type {WireRow[]} */
  #rows = [];
  #bytes = 0;
  #next = 0;
  /** How many pieces there were, and how many are kept. */
  #seen = 0;
  #pieces = 0;
  /** The end of the newest piece. */
  #end = 0;
  #answers = 0;
  /**
   * At the first answer, bytes had been sent and none was kept: the server keeps them since then.
   */
  #beganLate = false;
  #full = false;
  #taken = 0;
  #on = false;
  #mostBytes;

  /** @param {number} [mostBytes] at least so much of the bytes is kept */
  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** @returns {readonly WireRow[]} oldest first */
  get rows() {
    return this.#rows;
  }

  /** The end of the last piece, from where to request more. */
  get end() {
    return this.#end;
  }

  /** How many pieces there were so far. */
  get seen() {
    return this.#seen;
  }

  /** How many of them are kept. */
  get pieces() {
    return this.#pieces;
  }

  get bytes() {
    return this.#bytes;
  }

  get taken() {
    return this.#taken;
  }

  /** Bytes are being kept now. */
  get on() {
    return this.#on;
  }

  /** The server has answered. */
  get answered() {
    return this.#answers > 0;
  }

  /** All bytes that the server keeps have been received. */
  get whole() {
    return this.answered && this.#end >= this.#taken;
  }

  get beganLate() {
    return this.#beganLate;
  }

  /** Bytes before the first piece were dropped, or may have been, because of the bounds. */
  get isFull() {
    return this.#full;
  }

  /** Bytes that are missing between the kept pieces. */
  get lost() {
    return this.#rows.slice(1).reduce((sum, { lost }) => sum + lost, 0);
  }

  /** @param {Pick<WireView, "taken" | "on" | "pieces" | "events">} wire */
  add({ taken, on, pieces, events }) {
    if (!this.answered) this.#beganLate = pieces.length === 0 && taken > 0 && on;
    this.#answers += 1;
    this.#taken = Math.max(this.#taken, taken);
    this.#on = on;
    const endingBy = inOrder(events);
    for (const piece of pieces) {
      const end = piece.offset + piece.bytes.length;
      const own = endingBy(end);
      // a later answer already brought it
      if (piece.bytes === "" || piece.offset < this.#end) continue;
      this.#push({ ...piece, end, events: own });
    }
    this.#trim();
  }

  /** @param {Pick<WireRow, "at_ms" | "offset" | "end" | "bytes" | "lines" | "events">} piece */
  #push({ at_ms, offset, end, bytes, lines, events }) {
    const last = this.#rows.at(-1);
    const gap = last ? at_ms - last.at_ms : null;
    const row = {
      at_ms,
      gap,
      offset,
      end,
      lost: offset - this.#end,
      piece: this.#seen,
      goesOn: false,
      bytes,
      lines,
      events,
      words: null,
    };
    for (const part of parts(row)) {
      this.#rows.push({ ...part, seq: this.#next });
      this.#next += 1;
    }
    this.#end = end;
    this.#seen += 1;
    this.#pieces += 1;
    this.#bytes += bytes.length;
  }

  #trim() {
    let go = 0;
    while (this.#pieces > 0) {
      let [next, oldest] = [go, 0];
      do {
        oldest += this.#rows[next].bytes.length;
        next += 1;
      } while (this.#rows[next]?.goesOn);
      // pieces are dropped whole, and a large one only when as much follows it: otherwise a small
      // one would be all that is left
      if (this.#pieces <= MOST_PIECES && this.#bytes - oldest < this.#mostBytes) break;
      this.#bytes -= oldest;
      this.#pieces -= 1;
      go = next;
    }
    this.#rows.splice(0, go);
    // the server drops whole visits of its own, so it may have dropped some when it is nearly full
    if (go > 0 || this.#pieces >= MOST_PIECES - 1 || this.#bytes >= this.#mostBytes / 2) {
      this.#full = true;
    }
  }
}

/**
 * A piece in parts, each with the events that end in it: one part for each event if the piece has
 * several, so that an event stands beside its bytes, and none of too many lines.
 *
 * @param {Omit<WireRow, "seq">} row
 */
function parts(row) {
  /** @type {Omit<WireRow, "seq">[]} */
  const parts = [];
  const endingBy = inOrder(row.events);
  let { offset } = row;
  for (const lines of runs(row)) {
    const end = lines.reduce((sum, { length }) => sum + length, offset);
    const bytes = row.bytes.slice(offset - row.offset, end - row.offset);
    const first = parts.length === 0;
    parts.push({
      ...row,
      goesOn: !first,
      gap: first ? row.gap : null,
      lost: first ? row.lost : 0,
      offset,
      end,
      bytes,
      lines,
      events: endingBy(end),
    });
    offset = end;
  }
  return parts;
}

/** @param {WireLine} line */
const isFraming = ({ kind }) => kind === "head" || kind === "chunk";

/** @param {WireLine} line the line end after a chunk's data */
const endsChunk = ({ kind, value }) => kind === "chunk" && value === "";

/** @param {WireLine} line the empty line behind a block, whether or not that is an event */
const isEmpty = ({ kind, name, value }) => kind === "other" && name === "" && value === "";

/**
 * The lines of a piece, parted behind each event and each block, and before the first block.
 *
 * @param {Pick<WireRow, "lines" | "events" | "offset">} row
 * @returns {WireLine[][]}
 */
function runs({ lines, events, offset }) {
  const ends = new Set(events.map(({ end }) => end));
  const single = events.length < 2 && !(events.length === 1 && lines[0]?.kind === "head");
  /** @type {WireLine[][]} */
  const runs = [];
  /** @type {WireLine[]} */
  let run = [];
  let end = offset;
  let isOver = false;
  for (const line of lines) {
    const last = run.at(-1);
    const isNext =
      !single &&
      last !== undefined &&
      !endsChunk(line) &&
      (isOver || (isFraming(last) && !isFraming(line)));
    if (isNext || run.length === MOST_LINES) {
      runs.push(run);
      run = [];
      isOver = false;
    }
    run.push(line);
    end += line.length;
    isOver ||= ends.has(end) || isEmpty(line);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/**
 * Hands out events step by step: each call returns those that end after the end of the call before.
 *
 * @param {WireEvent[]} events in the order in which they end
 */
function inOrder(events) {
  let to = 0;
  return (/** @type {number} */ end) => {
    const from = to;
    while (to < events.length && events[to].end <= end) to += 1;
    return events.slice(from, to);
  };
}

/** @param {WireEvent} event */
const eventWords = (event) =>
  event.kind === "event"
    ? `${event.event}\n${event.id ?? ""}\n${event.data}`
    : event.kind === "comment"
      ? event.text
      : `retry ${event.ms}`;

/**
 * The rows that contain all words.
 *
 * @param {readonly WireRow[]} rows
 * @param {string} filter
 * @returns {readonly WireRow[]}
 */
export function filtered(rows, filter) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0
    ? rows
    : rows.filter((row) => words.every((word) => wordsOf(row).includes(word)));
}

/**
 * The index of the row whose time is nearest to a moment; -1 where there are none.
 *
 * @param {readonly Pick<WireRow, "at_ms">[]} rows oldest first
 * @param {number} atMs
 */
export function nearest(rows, atMs) {
  let best = -1;
  rows.forEach(({ at_ms }, index) => {
    const before = best < 0 ? Infinity : Math.abs(rows[best].at_ms - atMs);
    if (Math.abs(at_ms - atMs) < before) best = index;
  });
  return best;
}

/**
 * How many pieces these rows are of.
 *
 * @param {readonly Pick<WireRow, "piece">[]} rows
 */
export const piecesOf = (rows) =>
  rows.reduce((sum, { piece }, index) => sum + (rows[index - 1]?.piece === piece ? 0 : 1), 0);

/** @param {WireRow} row */
const wordsOf = (row) =>
  (row.words ??= [linesText(row.lines), ...row.events.map(eventWords)].join("\n").toLowerCase());

/**
 * The index from which rows before `to` have so many lines together, or 0.
 *
 * @param {readonly WireRow[]} rows
 * @param {number} to
 * @param {number} lines
 */
export function linesBefore(rows, to, lines) {
  let from = to;
  for (let left = lines; from > 0 && left > 0; left -= rows[from].lines.length) from -= 1;
  return from;
}

/**
 * The index up to which rows from `from` on have so many lines together, or the end.
 *
 * @param {readonly WireRow[]} rows
 * @param {number} from
 * @param {number} lines
 */
export function linesBehind(rows, from, lines) {
  let to = from;
  for (let left = lines; to < rows.length && left > 0; to += 1) left -= rows[to].lines.length;
  return to;
}

/**
 * A name for a file of a connection's bytes: `connection-7-numbers.http`.
 *
 * @param {number} id
 * @param {string} stream
 */
export function fileName(id, stream, extension = "http") {
  const path = stream
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, LONGEST_PATH);
  return `connection-${id}${path === "" ? "" : `-${path}`}.${extension}`;
}
