/**
 * The part of a wire that is shown. It is the end of the wire as it grows, or a copy that is held
 * while somebody reads. No document, no clock.
 *
 * @import { WireLog, WireRow } from "./wire-log.js"
 */

/**
 * @typedef {{ rows: readonly WireRow[], seen: number, end: number }} Held rows, how many pieces
 *   there were by then, and the end of the last one
 */

/** @typedef {Pick<WireLog, "rows" | "seen" | "end" | "answered">} Log */

export class HeldView {
  /**
   * What was last drawn, and so can be held. Before the first answer there is nothing.
   * @type {Held | null}
   */
  #last = null;
  /** @type {Held | null} */
  #held = null;
  #paused = false;

  get holds() {
    return this.#held !== null;
  }

  get paused() {
    return this.#paused;
  }

  /** @param {Log} log */
  rows(log) {
    return this.#held?.rows ?? log.rows;
  }

  /**
   * How many pieces have arrived since the view is held.
   *
   * @param {Log} log
   */
  news(log) {
    return this.#held ? log.seen - this.#held.seen : 0;
  }

  /**
   * The view was drawn.
   *
   * @param {Log} log
   */
  drawn(log) {
    if (this.#held || !log.answered) return;
    this.#last = { rows: log.rows.slice(), seen: log.seen, end: log.end };
    // the pause began before there was a view to hold
    if (this.#paused) this.#held = this.#last;
  }

  /** Holds the view for reading. An empty view is not held. */
  hold() {
    if (this.#last && this.#last.rows.length > 0) this.#held ??= this.#last;
  }

  /** Holds the view, even if it is empty. */
  pause() {
    this.#paused = true;
    this.#held ??= this.#last;
  }

  /**
   * @param {Log} log
   * @returns {number} how many bytes were dropped unseen
   */
  follow(log) {
    const held = this.#held;
    this.#held = null;
    this.#paused = false;
    return held ? Math.max(0, (log.rows[0]?.offset ?? 0) - held.end) : 0;
  }
}
