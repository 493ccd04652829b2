/**
 * What of a wire is looked at: its end, which is followed, or what somebody holds still to read it.
 * No document, no clock.
 *
 * @import { WireLog, WireRow } from "./wire-log.js"
 */

/**
 * @typedef {{ rows: readonly WireRow[], seen: number, end: number }} Held rows, how many pieces
 * there were by then, and where the last one ended
 */

/** @typedef {Pick<WireLog, "rows" | "seen" | "end" | "heard">} Log */

export class HeldView {
  /**
   * What was followed when it was last drawn: it is what can be held. Before the first answer there
   * is nothing.
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
   * How many pieces have come since.
   *
   * @param {Log} log
   */
  news(log) {
    return this.#held ? log.seen - this.#held.seen : 0;
  }

  /**
   * What is looked at was drawn.
   *
   * @param {Log} log
   */
  drawn(log) {
    if (this.#held || !log.heard) return;
    this.#last = { rows: log.rows.slice(), seen: log.seen, end: log.end };
    // the pause began before there was anything to hold
    if (this.#paused) this.#held = this.#last;
  }

  /** Somebody reads: where nothing is there yet, there is nothing to read. */
  hold() {
    if (this.#last && this.#last.rows.length > 0) this.#held ??= this.#last;
  }

  /** Whatever there is, were it nothing, stays as it is. */
  pause() {
    this.#paused = true;
    this.#held ??= this.#last;
  }

  /**
   * @param {Log} log
   * @returns {number} how many bytes went by unseen
   */
  follow(log) {
    const held = this.#held;
    this.#held = null;
    this.#paused = false;
    return held ? Math.max(0, (log.rows[0]?.offset ?? 0) - held.end) : 0;
  }
}
