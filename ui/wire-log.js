/**
 * What is known of the wire of one connection: the newest pieces within bounds, what stands between them, and what a
 * client makes of them. No document, no clock.
 *
 * @import { Wire, WireEvent, WireLine, WirePiece } from "./types.js"
 */

import { WireReader } from "./wire-reader.js";
import { WireUtf8, decoded } from "./wire-utf8.js";

/** As much as the server keeps of a connection. */
export const MOST_BYTES = 64 * 1024;
export const MOST_PIECES = 1024;

/**
 * A piece of the wire: what the kernel took in one go.
 *
 * @typedef {object} WireRow
 * @property {number} seq numbers are never used twice
 * @property {number} at_ms
 * @property {number | null} gap since the piece before
 * @property {number} offset
 * @property {number} end
 * @property {number} lost bytes that are missing between it and the piece before
 * @property {string} bytes
 * @property {{ line: WireLine, parts: { name: WirePiece[], value: WirePiece[] } }[]} lines
 * @property {WireEvent[]} events those whose last byte it has
 * @property {string} words what a filter looks through
 */

export class WireLog {
  #reader;
  #utf8 = new WireUtf8();
  /** @type {WireRow[]} */
  #rows = [];
  #bytes = 0;
  #next = 0;
  /** The end of the newest piece. */
  #end = 0;
  #answers = 0;
  /** When the first answer came, bytes had gone by and none of them was kept: keeping began with it. */
  #beganLate = false;
  #full = false;
  #taken = 0;
  #missed = 0;
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

  /** The number that the next piece will get. */
  get next() {
    return this.#next;
  }

  get bytes() {
    return this.#bytes;
  }

  get taken() {
    return this.#taken;
  }

  get missed() {
    return this.#missed;
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

  /** @param {Wire} wire */
  add({ taken, missed, on, pieces, events }) {
    if (!this.heard) this.#beganLate = pieces.length === 0 && taken > 0 && on;
    this.#answers += 1;
    this.#taken = Math.max(this.#taken, taken);
    this.#missed = missed;
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
    if (lost > 0 || this.#next === 0) this.#restart(offset, begins);
    const lines = this.#reader.read(bytes).map((line, index, all) => this.#drawn(line, index === all.length - 1));
    this.#end = offset + bytes.length;
    this.#rows.push({
      seq: this.#next,
      at_ms,
      gap: last ? at_ms - last.at_ms : null,
      offset,
      end: this.#end,
      lost,
      bytes,
      lines,
      events,
      words: [decoded(bytes), ...events.map(eventWords)].join("\n").toLowerCase(),
    });
    this.#next += 1;
    this.#bytes += bytes.length;
  }

  /**
   * @param {number} offset
   * @param {boolean} begins
   */
  #restart(offset, begins) {
    this.#reader.restart(offset === 0, begins);
    this.#utf8.restart();
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
    while (this.#rows.length - go > MOST_PIECES || (this.#bytes > MOST_BYTES && this.#rows.length - go > 1)) {
      this.#bytes -= this.#rows[go].bytes.length;
      go += 1;
    }
    this.#rows.splice(0, go);
    // what the server kept goes by visits, so it may have let some go when it is nearly full
    if (go > 0 || this.#rows.length >= MOST_PIECES - 1 || this.#bytes >= MOST_BYTES / 2) this.#full = true;
  }
}

/** @param {WireEvent} event */
const eventWords = ({ kind, event, id, data, text, ms }) =>
  kind === "event" ? `${event}\n${id}\n${data}` : kind === "comment" ? (text ?? "") : `retry ${ms}`;

/**
 * The rows that have all words.
 *
 * @param {readonly WireRow[]} rows
 * @param {string} filter
 * @returns {readonly WireRow[]}
 */
export function filtered(rows, filter) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? rows : rows.filter((row) => words.every((word) => row.words.includes(word)));
}

/**
 * A name for a file of what a connection was sent: `connection-7-numbers.http`.
 *
 * @param {number} id
 * @param {string} stream
 */
export function fileName(id, stream) {
  const path = stream.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 80);
  return `connection-${id}${path === "" ? "" : `-${path}`}.http`;
}
