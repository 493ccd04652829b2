/**
 * The lines of an answer as its bytes come in, in pieces that may be cut anywhere: its head, the framing of chunks
 * (RFC 9112 7.1) and the lines of events. A character for each byte, and all parts put together again are the piece
 * that was given. No document, no clock.
 *
 * @import { WireLine } from "../types.js"
 */

import { lineKind, nameLength } from "../bytes/text.js";

/** A field's name that goes on beyond this is none that anybody reads by. */
const LONGEST_NAME = 64;

/**
 * Where in the answer the next byte is. Chunks have sizes, data, and the end of a line behind it; `lost` is what
 * nobody can tell: bytes before it are not there.
 *
 * @typedef {"head" | "size" | "data" | "end" | "bare" | "over" | "lost"} Place
 */

export class WireReader {
  #chunked;
  /** @type {Place} */
  #place = "lost";
  /** Bytes of the chunk that are to come; below 0 behind the last one. */
  #left = 0;
  /** The line of the head or of the framing so far: it tells what follows. */
  #seen = "";
  #line = new Line();

  /** @param {"1.1" | "1.0"} http 1.1 is framed in chunks, 1.0 is bare */
  constructor(http) {
    this.#chunked = http === "1.1";
  }

  /**
   * Bytes are missing before the next ones.
   *
   * @param {boolean} first the next ones are the first of the answer
   * @param {boolean} begins they begin a chunk and an event
   */
  restart(first, begins) {
    this.#place = first ? "head" : begins ? this.#body : "lost";
    this.#seen = "";
    this.#left = 0;
    this.#line = new Line();
  }

  /**
   * @param {string} bytes
   * @returns {WireLine[]}
   */
  read(bytes) {
    /** @type {WireLine[]} */
    const lines = [];
    let at = 0;
    while (at < bytes.length) at += this.#step(bytes.slice(at), lines);
    return lines;
  }

  /** @returns {Place} */
  get #body() {
    return this.#chunked ? "size" : "bare";
  }

  /**
   * Reads to the next change of place, or to the end.
   *
   * @param {string} bytes
   * @param {WireLine[]} lines
   * @returns {number} how many it read
   */
  #step(bytes, lines) {
    if (this.#place === "head") return this.#head(bytes, lines);
    if (this.#place === "size" || this.#place === "end") return this.#framing(bytes, lines);
    if (this.#place !== "data") return this.#line.read(bytes, lines, this.#place === "bare" ? "event" : "unknown");
    const length = this.#line.read(bytes.slice(0, this.#left), lines, "event");
    this.#left -= length;
    if (this.#left === 0) this.#place = "end";
    return length;
  }

  /**
   * @param {string} bytes
   * @param {WireLine[]} lines
   */
  #head(bytes, lines) {
    const length = lineLength(bytes);
    const text = bytes.slice(0, length);
    this.#seen += text;
    this.#line.read(text, lines, "head");
    if (!this.#seen.endsWith("\n")) return length;
    if (this.#seen === "\r\n") this.#begin(this.#body);
    this.#seen = "";
    return length;
  }

  /**
   * A line of the framing: the size of a chunk, or what stands behind its data. 0 is the last one, with one empty line
   * behind it.
   *
   * @param {string} bytes
   * @param {WireLine[]} lines
   */
  #framing(bytes, lines) {
    const length = lineLength(bytes);
    const text = bytes.slice(0, length);
    lines.push(plain("chunk", text));
    this.#seen += text;
    if (!this.#seen.endsWith("\n")) return length;
    const size = this.#seen;
    this.#seen = "";
    if (this.#place === "end") {
      this.#place = this.#left < 0 ? "over" : "size";
      return length;
    }
    const read = /^[0-9a-f]{1,8}/i.exec(size);
    this.#left = read ? parseInt(read[0], 16) : NaN;
    if (this.#left > 0) {
      this.#place = "data";
    } else if (this.#left === 0) {
      this.#left = -1;
      this.#place = "end";
    } else {
      this.#begin("lost");
    }
    return length;
  }

  /** @param {Place} place */
  #begin(place) {
    this.#place = place;
    this.#line = new Line();
  }
}

/** Lines that go on from piece to piece. */
class Line {
  /** What is known of the line that has begun: its bytes as long as its name may go on, then null. */
  #prefix = /** @type {string | null} */ ("");
  /** @type {WireLine["kind"]} */
  #kind = "other";
  #endedWithCr = false;

  /**
   * @param {string} bytes
   * @param {WireLine[]} lines
   * @param {"head" | "event" | "unknown"} what
   * @returns {number} all that was given
   */
  read(bytes, lines, what) {
    let at = 0;
    // the second half of an end
    if (this.#endedWithCr && bytes[0] === "\n") {
      lines.push({ kind: this.#kind, name: "", value: "", end: "\n" });
      at = 1;
    }
    if (bytes !== "") this.#endedWithCr = false;
    while (at < bytes.length) {
      const line = bytes.slice(at, at + lineLength(bytes.slice(at), true));
      at += line.length;
      lines.push(this.#named(plain("other", line), what));
    }
    return bytes.length;
  }

  /**
   * @param {WireLine} line without a name yet
   * @param {"head" | "event" | "unknown"} what
   * @returns {WireLine}
   */
  #named({ value, end }, what) {
    let name = "";
    if (this.#prefix !== null) {
      const whole = this.#prefix + value;
      this.#kind = what === "event" ? lineKind(whole) : what === "head" ? "head" : "other";
      const length = what === "unknown" ? 0 : nameLength(whole, what === "head");
      name = value.slice(0, Math.max(0, length - this.#prefix.length));
      const undecided = !whole.includes(":") || whole.endsWith(":");
      this.#prefix = undecided && whole.length <= LONGEST_NAME ? whole : null;
    }
    const line = { kind: this.#kind, name, value: value.slice(name.length), end };
    if (end !== "") {
      this.#prefix = "";
      this.#endedWithCr = end === "\r";
    }
    return line;
  }
}

/**
 * How long the first line is with its end, or as far as it goes.
 *
 * @param {string} bytes
 * @param {boolean} [anyEnd] a lone CR is an end too, as in events
 */
function lineLength(bytes, anyEnd = false) {
  const end = anyEnd ? bytes.search(/[\r\n]/) : bytes.indexOf("\n");
  if (end < 0) return bytes.length;
  return bytes.startsWith("\r\n", end) ? end + 2 : end + 1;
}

/**
 * @param {WireLine["kind"]} kind
 * @param {string} text a line, or a part of one
 * @returns {WireLine}
 */
function plain(kind, text) {
  const end = /(\r\n|\r|\n)?$/.exec(text)?.[0] ?? "";
  return { kind, name: "", value: text.slice(0, text.length - end.length), end };
}
