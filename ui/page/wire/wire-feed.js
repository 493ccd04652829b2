/**
 * The connection whose wire is shown: what is known of it, what to ask for next, and what the
 * answers mean. What it was asked of one connection stays with that one, however late the answer.
 * No document, no clock of its own.
 *
 * @import { RowView, WireView } from "../server.js"
 * @import { Host } from "../types.js"
 */

import { WireLog } from "./wire-log.js";
import { hasStream } from "../parts/words.js";
import { errorMessage } from "../parts/error-message.js";

/**
 * The figures of a row that the table has not told for so long are asked for, and never more often.
 */
export const ROW_AGE_MS = 1000;

export class WireFeed {
  #row;
  #log;
  /** When the row was last told by anybody, and when it was last asked for here. */
  #toldAt;
  #askedAt = -Infinity;
  /** It is over, and all that was kept of it is here. */
  #done;
  #gone = false;
  #failures = 0;
  #problem = "";

  /**
   * @param {RowView} row
   * @param {number} now
   */
  constructor(row, now) {
    this.#row = row;
    this.#toldAt = now;
    this.#log = new WireLog();
    this.#done = !hasStream(row);
  }

  /** The newest that is known of it. */
  get row() {
    return this.#row;
  }

  get log() {
    return this.#log;
  }

  /** It is no longer in the table: nothing is to be had of it any more. */
  get gone() {
    return this.#gone;
  }

  /** Why there is no answer, in a sentence; empty while there is one. */
  get problem() {
    return this.#problem;
  }

  /**
   * Whether a row is of this connection: numbers begin anew with each start of the program.
   *
   * @param {Pick<RowView, "id" | "since_ms">} row
   */
  is({ id, since_ms }) {
    return id === this.#row.id && since_ms === this.#row.since_ms;
  }

  /**
   * The table has heard of connections: this one may be among them.
   *
   * @param {readonly RowView[]} rows
   * @param {number} now
   * @returns {boolean} whether it is
   */
  refresh(rows, now) {
    const row = rows.find(({ id }) => id === this.#row.id);
    if (!row || this.#gone) return false;
    if (this.is(row)) {
      this.#row = row;
      this.#toldAt = now;
    } else {
      this.#gone = true;
    }
    return true;
  }

  /**
   * How long there is nothing to ask for; null where there will not be.
   *
   * @param {number} now
   */
  wait(now) {
    if (this.#gone) return null;
    return this.#done ? this.#rowIn(now) : 0;
  }

  /**
   * Asks for the bytes that are new until it has the last, and for the row as long as that is in
   * the table: whether its client comes back is told there.
   *
   * @param {Pick<Host, "wire" | "row">} host
   * @param {() => number} clock
   * @returns {Promise<void>} rejects where no answer came
   */
  async ask(host, clock) {
    try {
      if (!this.#done) {
        // an end that is told meanwhile may come before the last bytes
        const wasOpen = this.#row.state === "open";
        this.#heard(await host.wire(this.#row.id, this.#log.end), wasOpen);
      }
      if (!this.#gone && this.#rowIn(clock()) === 0) {
        this.#askedAt = clock();
        const row = await host.row(this.#row.id);
        if (row) this.refresh([row], clock());
        else this.#gone = true;
      }
      this.#failures = 0;
      this.#problem = "";
    } catch (reason) {
      this.#failures += 1;
      // once may be a hitch
      if (this.#failures > 1) this.#problem = errorMessage(reason);
      throw reason;
    }
  }

  /**
   * @param {WireView | null} wire
   * @param {boolean} wasOpen
   */
  #heard(wire, wasOpen) {
    if (!wire || wire.since_ms !== this.#row.since_ms) {
      this.#gone = true;
      return;
    }
    this.#log.add(wire);
    // it was over before this was asked for, so nothing can follow
    this.#done = !wasOpen;
  }

  /** @param {number} now */
  #rowIn(now) {
    // its bytes are not kept any more, so what was told of it is old
    const isBehind = this.#row.state === "open" && this.#log.heard && !this.#log.on;
    const at = isBehind ? this.#askedAt : Math.max(this.#askedAt, this.#toldAt);
    return Math.max(0, at + ROW_AGE_MS - now);
  }
}
