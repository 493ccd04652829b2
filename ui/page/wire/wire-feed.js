/**
 * The connection whose wire is shown: what is known of it, what to request next, and what the
 * answers mean. Each feed belongs to one connection, so that a late answer never reaches the wrong
 * one. No document, no clock of its own.
 *
 * @import { RequestView, RowView, WireView } from "../server.js"
 * @import { Host } from "../types.js"
 */

import { WireLog } from "./wire-log.js";
import { hasStream } from "../parts/words.js";
import { errorMessage } from "../parts/error-message.js";

/** A row that the table has not reported for so long is requested, and never more often. */
export const ROW_AGE_MS = 1000;

export class WireFeed {
  #row;
  #log;
  /** @type {RequestView | null} */
  #request = null;
  /** When the row was last reported, and when it was last requested here. */
  #toldAt;
  #askedAt = -Infinity;
  /** It has ended, and all bytes that were kept are here. */
  #done;
  #removed = false;
  #failures = 0;
  #problem = "";
  #version = 0;

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

  /** Its newest known row. */
  get row() {
    return this.#row;
  }

  get log() {
    return this.#log;
  }

  /** Goes up with everything that a view shows. */
  get version() {
    return this.#version;
  }

  /** Its request; null before the server has answered. */
  get request() {
    return this.#request;
  }

  /** It is no longer in the table: nothing more can be requested. */
  get removed() {
    return this.#removed;
  }

  /** Why the last requests failed, in a sentence; empty if they did not. */
  get problem() {
    return this.#problem;
  }

  /**
   * Whether a row is of this connection: ids start over with each start of the program.
   *
   * @param {Pick<RowView, "id" | "since_ms">} row
   */
  is({ id, since_ms }) {
    return id === this.#row.id && since_ms === this.#row.since_ms;
  }

  /**
   * Takes rows that the table received: this connection may be among them.
   *
   * @param {readonly RowView[]} rows
   * @param {number} now
   * @returns {boolean} whether it is
   */
  refresh(rows, now) {
    const row = rows.find(({ id }) => id === this.#row.id);
    if (!row || this.#removed) return false;
    this.#version += JSON.stringify(row) === JSON.stringify(this.#row) ? 0 : 1;
    if (this.is(row)) {
      this.#row = row;
      this.#toldAt = now;
    } else {
      this.#removed = true;
    }
    return true;
  }

  /**
   * How long to wait before the next request; null if there will be none.
   *
   * @param {number} now
   */
  wait(now) {
    if (this.#removed) return null;
    return this.#done && this.#request ? this.#rowIn(now) : 0;
  }

  /**
   * Requests the client's request once, new bytes until it has the last, and the row as long as it
   * is in the table, which reports whether the client comes back.
   *
   * @param {Pick<Host, "request" | "wire" | "row">} host
   * @param {() => number} clock
   * @returns {Promise<void>} rejects when there is no answer
   */
  async ask(host, clock) {
    try {
      if (!this.#request) this.#asked(await host.request(this.#row.id, false));
      if (!this.#done && !this.#removed) {
        // the end may be reported during this request, before its last bytes are here
        const wasOpen = this.#row.state === "open";
        this.#answered(await host.wire(this.#row.id, this.#log.end), wasOpen);
      }
      if (!this.#removed && this.#rowIn(clock()) === 0) {
        this.#askedAt = clock();
        const row = await host.row(this.#row.id);
        if (row) this.refresh([row], clock());
        else this.#leave();
      }
      this.#failures = 0;
      if (this.#problem !== "") this.#version += 1;
      this.#problem = "";
    } catch (reason) {
      this.#failures += 1;
      this.#version += 1;
      // one failure may be a hitch
      if (this.#failures > 1) this.#problem = errorMessage(reason);
      throw reason;
    }
  }

  /** @param {RequestView | null} request */
  #asked(request) {
    this.#version += 1;
    if (request && request.since_ms === this.#row.since_ms) this.#request = request;
    else this.#removed = true;
  }

  /**
   * @param {WireView | null} wire
   * @param {boolean} wasOpen
   */
  #answered(wire, wasOpen) {
    if (!wire || wire.since_ms !== this.#row.since_ms) {
      this.#leave();
      return;
    }
    const { taken, on, answered } = this.#log;
    this.#log.add(wire);
    const isNew = !answered || wire.pieces.length > 0;
    if (isNew || this.#log.taken !== taken || this.#log.on !== on) this.#version += 1;
    // it had ended before this request, so nothing can follow
    this.#done = !wasOpen;
  }

  /** It left the table. */
  #leave() {
    this.#removed = true;
    this.#version += 1;
  }

  /** @param {number} now */
  #rowIn(now) {
    // its bytes are no longer kept, so the reported row is out of date
    const isBehind = this.#row.state === "open" && this.#log.answered && !this.#log.on;
    const at = isBehind ? this.#askedAt : Math.max(this.#askedAt, this.#toldAt);
    return Math.max(0, at + ROW_AGE_MS - now);
  }
}
