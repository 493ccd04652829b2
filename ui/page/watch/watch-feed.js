/**
 * What the app answered about its watch so far: the events for the list, the bytes for the wire,
 * and the picture of arrivals. No document, no clock.
 *
 * @import { ArrivalStep, WatchCursor, WatchView, WatchedEvent } from "../server.js"
 * @import { Arrival } from "../types.js"
 */

import { WireLog } from "../wire/wire-log.js";
import { count, several } from "../parts/format.js";

/** As much of a body as the app keeps. */
const KEPT_BYTES = 256 * 1024;

export class WatchFeed {
  /** @type {WatchView | null} */
  #view = null;
  #log = new WireLog(KEPT_BYTES);
  /** @type {ArrivalStep[]} in their order */
  #steps = [];
  #stepMs = 0;
  /** The last event of the list. */
  #last = { number: 0, stream: 0, at: 0 };

  /** The last answer; null before the first one. */
  get view() {
    return this.#view;
  }

  get log() {
    return this.#log;
  }

  get steps() {
    return this.#steps;
  }

  get stepMs() {
    return this.#stepMs;
  }

  /** What is known, for the next question. @returns {WatchCursor} */
  get cursor() {
    return {
      run: this.#view?.run ?? 0,
      stream: this.#view?.stream ?? 0,
      end: this.#log.end,
      event: this.#last.number,
      step_ms: this.#stepMs,
      // the last one may have been under way
      step: this.#steps.at(-1)?.step ?? 0,
    };
  }

  /**
   * Takes an answer.
   *
   * @param {WatchView} view
   * @returns {{ isNewRun: boolean, arrivals: Arrival[], skipped: number }} what is new, and how
   *   many events are new and not here
   */
  add(view) {
    const before = this.#view;
    const isNewRun = before?.run !== view.run;
    const isNewStream = isNewRun || before?.stream !== view.stream;
    this.#view = view;
    if (isNewRun) {
      this.#steps = [];
      this.#last = { number: 0, stream: 0, at: 0 };
    }
    if (isNewStream) this.#log = new WireLog(KEPT_BYTES);
    this.#log.add({
      taken: view.bytes,
      on: true,
      pieces: view.pieces,
      events: view.wire_events,
    });
    this.#addSteps(view.arrivals, isNewRun);
    const known = this.#last.number;
    const arrivals = view.events.flatMap((event) => this.#arrivals(event));
    return { isNewRun, arrivals, skipped: this.#last.number - known - view.events.length };
  }

  /**
   * @param {WatchView["arrivals"]} arrivals
   * @param {boolean} isNewRun
   */
  #addSteps({ step_ms: stepMs, steps }, isNewRun) {
    const from = steps[0]?.step;
    if (isNewRun || stepMs !== this.#stepMs) this.#steps = [];
    this.#stepMs = stepMs;
    if (from === undefined) return;
    while ((this.#steps.at(-1)?.step ?? -1) >= from) this.#steps.pop();
    this.#steps.push(...steps);
  }

  /**
   * An event for the list, behind what is to be said before it.
   *
   * @param {WatchedEvent} event
   * @returns {Arrival[]}
   */
  #arrivals({ number, stream, at_ms: at, event, id, data, left_out: leftOut }) {
    const last = this.#last;
    this.#last = { number, stream, at };
    /** @type {Arrival[]} */
    const said = [];
    const say = (/** @type {string} */ words) =>
      said.push({ at, gap: null, id: "", event: "", data: "", notice: null, outage: words });
    if (last.stream > 0 && stream !== last.stream) say(this.#view?.resumed ?? "reconnected");
    const skipped = number - last.number - 1;
    // of a watch that goes on already, what is no longer kept was not too fast
    if (skipped > 0 && last.number > 0) {
      say(`${several(skipped, "event")} came too fast to be listed`);
    }
    return [
      ...said,
      {
        at,
        gap: last.number > 0 && stream === last.stream ? at - last.at : null,
        id,
        event,
        data: leftOut === 0 ? data : `${data}… and ${count(leftOut)} bytes`,
        notice: null,
        outage: null,
      },
    ];
  }
}
