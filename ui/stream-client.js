/**
 * One stream as this page receives it: the only owner of its EventSource. Never more than one is open at a
 * time, whoever calls what and when: `#open` closes what was there, and an answer that belongs to an earlier
 * run is dropped. It knows no DOM.
 *
 * @import { Host, Arrival, Standing, StreamInfo } from "./types.js"
 */

import { sentence } from "./host.js";
import { afterError, hasMoved, newestRow, streamUrl } from "./reconnect.js";
import { SIX_TAKEN, STREAM_WORDS, movedWords } from "./words.js";

/** A stream that has not arrived after this long may be waiting for a free connection. */
const STUCK_AFTER_MS = 2000;
/** How long the old word stays while the server is asked why: a finite stream's end is no outage. */
const GRACE_MS = 250;

/** @type {Standing} */
export const IDLE = { state: "idle", words: STREAM_WORDS.idle, note: null, final: true };

/** One EventSource's life. */
class Run {
  /** Detaches every listener of the EventSource at once, and outdates what is still being asked. */
  abort = new AbortController();
  /** @type {EventSource | null} */
  source = null;
  tag = randomTag();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  stuckTimer;

  /** @param {string} base */
  constructor(base) {
    this.base = base;
  }

  close() {
    clearTimeout(this.stuckTimer);
    this.abort.abort();
    this.source?.close();
  }
}

export class StreamClient {
  #info;
  #host;
  #ownTags;
  /** @type {Run | null} */
  #run = null;
  #standing = IDLE;
  #lastId = "";
  /** When the previous event came, on the clock that is never set back. */
  #lastAt = NaN;
  /** @type {string | null} */
  #resumed = null;
  /** @type {(standing: Standing) => void} */
  onstanding = () => {};
  /** @type {(arrival: Arrival) => void} */
  onarrival = () => {};

  /**
   * @param {StreamInfo} info
   * @param {Host} host
   * @param {Set<string>} ownTags
   */
  constructor(info, host, ownTags) {
    this.#info = info;
    this.#host = host;
    this.#ownTags = ownTags;
  }

  /** A run is on: it is connecting, open, or trying to come back. */
  get live() {
    return this.#run !== null;
  }

  get standing() {
    return this.#standing;
  }

  /**
   * Opens the stream from its beginning. Does nothing while it is open.
   *
   * @param {string} base
   */
  start(base) {
    if (this.#run) return;
    this.#lastId = "";
    this.#lastAt = NaN;
    this.#resumed = null;
    this.#open(base, STREAM_WORDS.connecting);
  }

  /** @param {string} [words] */
  stop(words = STREAM_WORDS.stopped) {
    if (!this.#run) return;
    this.#finish({ state: "stopped", words, note: null, final: true });
  }

  /**
   * The server answers at this address now, or nowhere. Only a new address needs anything done: on the old
   * one the EventSource comes back by itself.
   *
   * @param {string | null} base
   */
  serverAt(base) {
    if (!this.#run || base === null || !hasMoved(this.#run.base, base)) return;
    this.#resumed = `went on at ${new URL(base).host}`;
    this.#open(base, movedWords(base));
  }

  /**
   * @param {string} base
   * @param {string} words
   */
  #open(base, words) {
    this.#close();
    const run = new Run(base);
    this.#run = run;
    this.#ownTags.add(run.tag);
    this.#stand({ state: "connecting", words, note: null, final: false });
    let source;
    try {
      source = new EventSource(streamUrl(base, this.#info.path, run.tag, this.#lastId));
    } catch (reason) {
      const note = `The browser did not open ${base}: ${sentence(reason)}`;
      this.#finish({ state: "refused", words: "refused (by the browser)", note, final: true });
      return;
    }
    run.source = source;
    const { signal } = run.abort;
    source.addEventListener("open", (event) => this.#opened(event), { signal });
    source.addEventListener("error", (event) => this.#failed(event, run), { signal });
    for (const name of this.#info.events) {
      // a server may name its events "open" or "error" too: those come in by the listeners above
      if (name !== "open" && name !== "error") {
        source.addEventListener(name, (event) => this.#arrived(event), { signal });
      }
    }
    this.#watchForStuck(run);
  }

  /** @param {Event} event */
  #opened(event) {
    if (event instanceof MessageEvent) {
      this.#arrived(event);
      return;
    }
    this.#stand({ state: "open", words: STREAM_WORDS.open, note: null, final: false });
  }

  /** @param {MessageEvent} event */
  #arrived(event) {
    const now = event.timeStamp;
    this.#lastId = event.lastEventId;
    this.onarrival({
      at: Date.now(),
      gap: Number.isNaN(this.#lastAt) ? null : now - this.#lastAt,
      id: event.lastEventId,
      event: event.type,
      data: event.data,
      resumed: this.#resumed,
    });
    this.#lastAt = now;
    this.#resumed = null;
  }

  /**
   * @param {Event} event
   * @param {Run} run
   */
  async #failed(event, run) {
    if (event instanceof MessageEvent) {
      this.#arrived(event);
      return;
    }
    const readyState = run.source?.readyState === EventSource.CLOSED ? "closed" : "connecting";
    this.#resumed ??= "connected again";
    const { retry_ms: retryMs } = this.#info;
    const graceTimer = setTimeout(() => {
      if (run === this.#run && readyState === "connecting" && run.source?.readyState !== EventSource.OPEN) {
        this.#stand(afterError(readyState, undefined, retryMs));
      }
    }, GRACE_MS);
    const row = await this.#newestRow(run);
    clearTimeout(graceTimer);
    if (run !== this.#run) return;
    const verdict = afterError(readyState, row, retryMs);
    if (verdict.final) this.#finish(verdict);
    // it may have come back while the server was asked
    else if (run.source?.readyState !== EventSource.OPEN) this.#stand(verdict);
  }

  /**
   * @param {Run} run
   * @returns {Promise<import("./types.js").Row | null | undefined>}
   */
  async #newestRow(run) {
    try {
      return newestRow(await this.#host.client(run.tag));
    } catch {
      return undefined;
    }
  }

  /**
   * Says so in words when the browser holds the request back: the server has never seen it.
   *
   * @param {Run} run
   */
  #watchForStuck(run) {
    run.stuckTimer = setTimeout(async () => {
      const waits = () => run === this.#run && this.#standing.state === "connecting";
      if (!waits()) return;
      const row = await this.#newestRow(run);
      if (!waits()) return;
      this.#stand({ ...this.#standing, note: row ? null : SIX_TAKEN });
      this.#watchForStuck(run);
    }, STUCK_AFTER_MS);
  }

  /** @param {Standing} standing */
  #finish(standing) {
    this.#close();
    this.#stand(standing);
  }

  #close() {
    this.#run?.close();
    this.#run = null;
  }

  /** @param {Standing} standing */
  #stand(standing) {
    this.#standing = standing;
    this.onstanding(standing);
  }
}

/** Random, so that two pages never share one; `randomUUID` is missing where the page is not a secure context. */
function randomTag() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
