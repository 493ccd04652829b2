/**
 * What is known of the wire of one connection: the newest pieces within bounds, what stands between them, and what a
 * client makes of them. No document, no clock.
 *
 * @import { WireEvent, WireView } from "../server.js"
 * @import { WireLine, WirePiece } from "../types.js"
 */

import { WireReader } from "./reader.js";
import { WireUtf8, decoded } from "../bytes/utf8.js";

/** As much as the server keeps of a connection; of what went by while it was looked at, at least so much. */
export const MOST_BYTES = 64 * 1024;
export const MOST_PIECES = 4096;
/** Lines of one row: what the kernel took in one go may be thousands, of which a screen has room for few. */
export const MOST_LINES = 24;
/** Of a stream's path in the name of a file: whatever the number before it, the whole is within the server's 100 characters. */
const LONGEST_PATH = 60;

/** @typedef {{ line: WireLine, parts: { name: WirePiece[], value: WirePiece[] } }} DrawnLine */

/**
 * A piece of the wire, which is what the kernel took in one go; or a part of one that has many lines.
 *
 * @typedef {object} WireRow
 * @property {number} seq numbers are never used twice
 * @property {boolean} goesOn it is not the first part of its piece
 * @property {number} at_ms
 * @property {number | null} gap since the piece before
 * @property {number} offset
 * @property {number} end
 * @property {number} lost bytes that are missing between it and the piece before
 * @property {string} bytes
 * @property {DrawnLine[]} lines
 * @property {WireEvent[]} events those whose last byte it has
 * @property {string | null} words what a filter looks through, once one has
 */

export class WireLog {
  #reader;
  #utf8 = new WireUtf8();
  /** @type {WireRow[]} */
  #rows = [];
  #bytes = 0;
  #next = 0;
  /** Pieces that there were, and those that are kept. */
  #seen = 0;
  #pieces = 0;
  /** The event that is being read has data, so it will be one. */
  #hasData = false;
  /** What the line that is being read has of a comment or a reconnection time. */
  #begun = "";
  /** The end of the newest piece. */
  #end = 0;
  #answers = 0;
  /** When the first answer came, bytes had gone by and none of them was kept: keeping began with it. */
  #beganLate = false;
  #full = false;
  #taken = 0;
  #on = false;

  /** @param {"1.1" | "1.0"} http */
  constructor(http) {
    this.#reader = new WireReader(http);
  }

  /** @returns {readonly WireRow[]} oldest first */
  get rows() {
    return this.#rows;
  }

  /** Where to go on asking: the end of the last piece. */
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

  /** The server has said something. */
  get heard() {
    return this.#answers > 0;
  }

  /** Nothing that was taken is still to be asked for, as far as it was kept. */
  get whole() {
    return this.heard && this.#end >= this.#taken;
  }

  get beganLate() {
    return this.#beganLate;
  }

  /** Bytes before the first piece went, or may have gone, because only so many are kept. */
  get isFull() {
    return this.#full;
  }

  /** Bytes that are missing between the pieces that there are. */
  get lost() {
    return this.#rows.slice(1).reduce((sum, { lost }) => sum + lost, 0);
  }

  /** @param {WireView} wire */
  add({ taken, on, pieces, events }) {
    if (!this.heard) this.#beganLate = pieces.length === 0 && taken > 0 && on;
    this.#answers += 1;
    this.#taken = Math.max(this.#taken, taken);
    this.#on = on;
    /** @type {Map<number, WireEvent[]>} */
    const byEnd = new Map();
    for (const event of events) byEnd.set(event.offset, [...(byEnd.get(event.offset) ?? []), event]);
    for (const { at_ms, offset, begins, bytes } of pieces) {
      // an answer that was overtaken
      if (bytes === "" || offset < this.#end) continue;
      this.#push(at_ms, offset, begins, bytes, byEnd.get(offset + bytes.length) ?? []);
    }
    this.#trim();
  }

  /**
   * @param {number} at_ms
   * @param {number} offset
   * @param {boolean} begins
   * @param {string} bytes
   * @param {WireEvent[]} events
   */
  #push(at_ms, offset, begins, bytes, events) {
    const last = this.#rows.at(-1);
    const lost = offset - this.#end;
    if (lost > 0 || this.#seen === 0) this.#restart(offset, begins);
    const lines = this.#reader.read(bytes).map((line, index, all) => this.#drawn(line, index === all.length - 1));
    const row = { at_ms, gap: last ? at_ms - last.at_ms : null, offset, end: offset + bytes.length, lost, goesOn: false, bytes, lines, events, words: null };
    // every line is looked at: what begins in this piece may end in one that is taken apart
    const makes = lines.map(({ line }) => this.#makes(line));
    for (const part of lines.length > MOST_LINES ? parts(row, makes) : [row]) {
      this.#rows.push({ ...part, seq: this.#next });
      this.#next += 1;
    }
    this.#end = row.end;
    this.#seen += 1;
    this.#pieces += 1;
    this.#bytes += bytes.length;
  }

  /**
   * Whether a client makes something of a line, which is when the line ends.
   *
   * @param {WireLine} line
   */
  #makes({ kind, name, value, end }) {
    if (kind === "data") this.#hasData = true;
    if (kind === "comment" || kind === "retry") {
      // it takes a character to tell that there is a comment
      const begun = kind === "comment" ? (this.#begun + value).slice(0, 1) : this.#begun + value;
      this.#begun = end === "" ? begun : "";
      return end !== "" && (kind === "comment" ? begun !== "" : /^[0-9]+$/.test(begun));
    }
    if (kind !== "other" || name + value !== "" || end === "") return false;
    const made = this.#hasData;
    this.#hasData = false;
    return made;
  }

  /**
   * @param {number} offset
   * @param {boolean} begins
   */
  #restart(offset, begins) {
    this.#reader.restart(offset === 0, begins);
    this.#utf8.restart();
    this.#hasData = false;
    this.#begun = "";
  }

  /**
   * @param {WireLine} line
   * @param {boolean} last
   */
  #drawn(line, last) {
    const open = last && line.end === "";
    const name = this.#utf8.read(line.name, open && line.value === "");
    const value = this.#utf8.read(line.value, open);
    return { line, parts: { name, value } };
  }

  #trim() {
    let go = 0;
    while (this.#pieces > 0) {
      let [next, oldest] = [go, 0];
      do {
        oldest += this.#rows[next].bytes.length;
        next += 1;
      } while (this.#rows[next]?.goesOn);
      // a piece goes whole, and a large one not before there is as much behind it: a small one would be all that is left
      if (this.#pieces <= MOST_PIECES && this.#bytes - oldest < MOST_BYTES) break;
      this.#bytes -= oldest;
      this.#pieces -= 1;
      go = next;
    }
    this.#rows.splice(0, go);
    // what the server kept goes by visits, so it may have let some go when it is nearly full
    if (go > 0 || this.#pieces >= MOST_PIECES - 1 || this.#bytes >= MOST_BYTES / 2) this.#full = true;
  }
}

/**
 * A piece of many lines in parts, with its events where they end: the server says only which piece that is in.
 *
 * @param {Omit<WireRow, "seq">} row
 * @param {boolean[]} makes whether a client makes something of each line
 */
function parts(row, makes) {
  const parts = [];
  let { offset } = row;
  let event = 0;
  for (let at = 0; at < row.lines.length; at += MOST_LINES) {
    const lines = row.lines.slice(at, at + MOST_LINES);
    const length = lines.reduce((sum, { line: { name, value, end } }) => sum + name.length + value.length + end.length, 0);
    const isLast = at + MOST_LINES >= row.lines.length;
    const made = makes.slice(at, at + MOST_LINES).filter(Boolean).length;
    const bytes = row.bytes.slice(offset - row.offset, offset - row.offset + length);
    const events = row.events.slice(event, isLast ? undefined : event + made);
    const first = at === 0;
    parts.push({ ...row, goesOn: !first, gap: first ? row.gap : null, lost: first ? row.lost : 0, offset, end: offset + length, bytes, lines, events });
    event += made;
    offset += length;
  }
  return parts;
}

/** @param {WireEvent} event */
const eventWords = (event) =>
  event.kind === "event" ? `${event.event}\n${event.id ?? ""}\n${event.data}` : event.kind === "comment" ? event.text : `retry ${event.ms}`;

/**
 * The rows that have all words.
 *
 * @param {readonly WireRow[]} rows
 * @param {string} filter
 * @returns {readonly WireRow[]}
 */
export function filtered(rows, filter) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? rows : rows.filter((row) => words.every((word) => wordsOf(row).includes(word)));
}

/** @param {WireRow} row */
const wordsOf = (row) => (row.words ??= [decoded(row.bytes), ...row.events.map(eventWords)].join("\n").toLowerCase());

/**
 * Where the rows begin that have so many lines together before a place, or all that there are.
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
 * Where they end that have so many behind it.
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
 * A name for a file of what a connection was sent: `connection-7-numbers.http`.
 *
 * @param {number} id
 * @param {string} stream
 */
export function fileName(id, stream) {
  const path = stream.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, LONGEST_PATH);
  return `connection-${id}${path === "" ? "" : `-${path}`}.http`;
}
