/**
 * One stream as this page receives it: the only owner of its EventSource. At most one EventSource
 * is open at any time: `#open` closes the previous one. An answer to a request of an earlier run is
 * dropped. It knows no DOM.
 *
 * @import { RowView, Slice } from "../server.js"
 * @import { Arrival, Feed, Host, Standing } from "../types.js"
 */

import { FIRST_PACE_US, Overload, paceWords, slower } from "./overload.js";
import { gapWords, namedEvent } from "./topic-events.js";
import { errorMessage } from "../parts/error-message.js";
import { afterError, hasMoved, newestRow, streamUrl } from "./reconnect.js";
import {
  NONE_FREE,
  NOT_SEEN,
  SIX_TAKEN,
  STREAM_WORDS,
  movedWords,
  outageWords,
  refusedWords,
  unheardWords,
} from "../parts/words.js";

/** A stream that has not opened after this time may be waiting for a free connection. */
const STUCK_AFTER_MS = 2000;
/**
 * How long the old state stays while the server is asked for the reason: a finite stream's end is
 * no outage.
 */
const GRACE_MS = 250;
/** How many connections a browser opens to one host, including the one for the page's requests. */
const CONNECTIONS = 6;
/** The longest time until this page learns that a stream was redefined, if the server answers. */
const NEWS_MS = 4000;

/** @type {Standing} */
export const IDLE = { state: "idle", words: STREAM_WORDS.idle, note: null, final: true };

/** The browser came back by itself. */
const RECONNECTED = "reconnected";

/** @type {Arrival} */
const NOTHING = { at: 0, gap: null, id: "", event: "", data: "", notice: null, outage: null };

/**
 * @typedef {Pick<Feed, "path" | "retry_ms" | "events" | "from" | "names_in_data" | "unpaced">}
 * ClientFeed
 */

/** One EventSource's life. */
class Run {
  /** Removes every listener of the EventSource at once. */
  abort = new AbortController();
  /** @type {EventSource | null} */
  source = null;
  tag = randomTag();
  overload = new Overload();
  /** How many events have arrived on it. */
  arrived = 0;
  /** When it last opened, on the monotonic clock. */
  openedAt = -Infinity;
  /**
   * How long the browser waits before it reconnects, as this run received it.
   * @type {number | null}
   */
  retryMs = null;
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
  #feed;
  /** The names that have a listener: EventSource delivers no others. */
  #names;
  #host;
  #ownTags;
  #underWay;
  /** @type {Run | null} */
  #run = null;
  #standing = IDLE;
  #lastId = "";
  /** When the previous event arrived, on the monotonic clock. */
  #lastAt = NaN;
  #heardAt = -Infinity;
  /**
   * Why the next opening goes on with an earlier one, in words; null where it does not.
   * @type {string | null}
   */
  #resumed = null;
  /**
   * The requested time between two events; null for the stream's own.
   * @type {number | null}
   */
  #everyUs = null;
  /**
   * Events since the start that the server sent and this page skipped; null where the number is
   * unknown.
   */
  #skipped = /** @type {number | null} */ (0);
  /** @type {(standing: Standing) => void} */
  onstanding = () => {};
  /** @type {(arrival: Arrival) => void} */
  onarrival = () => {};
  /** The words of an outage that was reported before are more exact now. */
  onoutage = () => {};

  /**
   * @param {ClientFeed} feed
   * @param {Host} host
   * @param {Set<string>} ownTags
   * @param {Set<object>} underWay all clients of the page that have a run
   */
  constructor(feed, host, ownTags, underWay) {
    this.#feed = feed;
    this.#names = new Set(namesOf(feed));
    this.#host = host;
    this.#ownTags = ownTags;
    this.#underWay = underWay;
  }

  /** There is a run: it is connecting, open, or reconnecting. */
  get live() {
    return this.#run !== null;
  }

  get standing() {
    return this.#standing;
  }

  /** When something last arrived on this stream, in milliseconds of the wall clock. */
  get heardAt() {
    return this.#heardAt;
  }

  /**
   * Opens the stream from its beginning. It does nothing while there is a run. If the page already
   * has as many streams as its host allows, it reports that instead.
   *
   * @param {string} base
   */
  start(base) {
    if (this.#run) return;
    if (this.#underWay.size >= this.#host.streamsAtMost) {
      this.#stand({
        state: "refused",
        words: refusedWords(NONE_FREE),
        note: SIX_TAKEN,
        final: true,
      });
      return;
    }
    this.#lastId = this.#feed.from;
    this.#lastAt = NaN;
    this.#resumed = null;
    this.#skipped = 0;
    this.#everyUs = this.#feed.unpaced ? FIRST_PACE_US : null;
    this.#open(base, this.#lastId, STREAM_WORDS.connecting);
  }

  /** @param {string} [words] */
  stop(words = STREAM_WORDS.stopped) {
    if (!this.#run) return;
    this.#finish({
      state: "stopped",
      words,
      note: this.#skipped === 0 ? null : paceWords(this.#everyUs, this.#skipped),
      final: true,
    });
  }

  /**
   * Follows the server to its address. Only a new address needs an action: on the old one the
   * EventSource reconnects by itself.
   *
   * @param {string | null} base
   */
  serverAt(base) {
    if (!this.#run || base === null || !hasMoved(this.#run.base, base)) return;
    this.#resumed = `${RECONNECTED} to ${new URL(base).host}`;
    this.#open(base, this.#lastId, movedWords(base));
  }

  /**
   * Takes the changed description of the stream. The connection stays: a new definition applies to
   * new connections, such as this one's next reconnect.
   *
   * @param {ClientFeed} feed of the same path
   */
  update(feed) {
    this.#feed = feed;
    const fresh = namesOf(feed).filter((name) => !this.#names.has(name));
    const run = this.#run;
    for (const name of fresh) {
      this.#names.add(name);
      if (run) this.#listen(run, name);
    }
    if (!run) return;
    if (feed.unpaced && this.#everyUs === null) {
      // the browser would reconnect to it without a pace
      this.#everyUs = FIRST_PACE_US;
      this.#resumed = RECONNECTED;
      this.#open(run.base, this.#lastId, STREAM_WORDS.connecting);
    } else if (fresh.length > 0 && performance.now() - run.openedAt < NEWS_MS) {
      this.#stand({ ...this.#standing, note: unheardWords(fresh) });
    }
  }

  /**
   * @param {string} base
   * @param {string} lastId
   * @param {string | null} words null to keep the state shown
   */
  #open(base, lastId, words) {
    this.#close();
    const run = new Run(base);
    run.retryMs = this.#feed.retry_ms;
    this.#run = run;
    this.#underWay.add(this);
    this.#ownTags.add(run.tag);
    if (words !== null) this.#stand(connecting(words));
    const { path, names_in_data: namesInData } = this.#feed;
    let source;
    try {
      source = new EventSource(
        streamUrl(base, path, { tag: run.tag, lastId, namesInData, everyUs: this.#everyUs }),
      );
    } catch (reason) {
      const note = `The browser did not open ${base}: ${errorMessage(reason)}`;
      this.#finish({ state: "refused", words: "refused (by the browser)", note, final: true });
      return;
    }
    run.source = source;
    const { signal } = run.abort;
    source.addEventListener("open", (event) => this.#opened(event, run), { signal });
    source.addEventListener("error", (event) => this.#failed(event, run), { signal });
    for (const name of this.#names) this.#listen(run, name);
    this.#watchForStuck(run);
  }

  /**
   * @param {Run} run
   * @param {string} name
   */
  #listen(run, name) {
    // a server may also name its events "open" or "error": the listeners in `#open` get those
    if (name === "open" || name === "error") return;
    run.source?.addEventListener(name, (event) => this.#arrived(event, run), {
      signal: run.abort.signal,
    });
  }

  /**
   * @param {Event} event
   * @param {Run} run
   */
  #opened(event, run) {
    if (event instanceof MessageEvent) {
      this.#arrived(event, run);
      return;
    }
    run.openedAt = event.timeStamp;
    run.retryMs = this.#feed.retry_ms ?? run.retryMs;
    this.#heardAt = Date.now();
    this.#reportOutage(run);
    const note = this.#everyUs === null ? null : paceWords(this.#everyUs, this.#skipped);
    this.#stand({ state: "open", words: STREAM_WORDS.open, note, final: false });
  }

  /**
   * Puts the outage in front of the events that follow it. The server knows what it cost, and is
   * asked for that.
   *
   * @param {Run} run
   */
  async #reportOutage(run) {
    if (this.#resumed === null) return;
    const arrival = { ...NOTHING, at: Date.now(), outage: this.#resumed };
    const isReconnect = this.#resumed === RECONNECTED;
    this.#resumed = null;
    this.onarrival(arrival);
    if (!isReconnect) return;
    const known = await this.#known(run);
    const words = known && outageWords(known.rows);
    if (!words) return;
    arrival.outage = words;
    this.onoutage();
  }

  /**
   * @param {MessageEvent} message
   * @param {Run} run
   */
  #arrived(message, run) {
    const now = message.timeStamp;
    const { event, data } = this.#feed.names_in_data
      ? namedEvent(message.data)
      : { event: message.type, data: message.data };
    run.arrived += 1;
    this.#lastId = message.lastEventId;
    this.#heardAt = Date.now();
    this.onarrival({
      at: this.#heardAt,
      gap: Number.isNaN(this.#lastAt) ? null : now - this.#lastAt,
      id: message.lastEventId,
      event,
      data,
      notice: gapWords(event, data),
      outage: null,
    });
    this.#lastAt = now;
    if (run.overload.isTooMuch(message.data.length)) this.#overloaded(run);
  }

  /**
   * Slows down a stream that is so fast that the page handles no key or click. The events on their
   * way are skipped, and counted by the server's table. Then a new run continues after them, at a
   * slower pace.
   *
   * @param {Run} run
   */
  async #overloaded(run) {
    // at once, because more events are waiting in this turn; the state shown stays open
    run.close();
    const row = await this.#newestRow(run);
    if (run !== this.#run) return;
    this.#skipped =
      row && this.#skipped !== null ? this.#skipped + Math.max(0, row.events - run.arrived) : null;
    this.#everyUs = slower(this.#everyUs);
    this.#resumed = paceWords(this.#everyUs, this.#skipped);
    this.#open(run.base, row?.last_id ?? this.#lastId, null);
  }

  /**
   * @param {Event} event
   * @param {Run} run
   */
  async #failed(event, run) {
    if (event instanceof MessageEvent) {
      this.#arrived(event, run);
      return;
    }
    const readyState = run.source?.readyState === EventSource.CLOSED ? "closed" : "connecting";
    this.#resumed ??= RECONNECTED;
    const { retryMs } = run;
    const graceTimer = setTimeout(() => {
      if (
        run === this.#run &&
        readyState === "connecting" &&
        run.source?.readyState !== EventSource.OPEN
      ) {
        this.#stand(afterError(readyState, undefined, retryMs));
      }
    }, GRACE_MS);
    const row = await this.#newestRow(run);
    clearTimeout(graceTimer);
    if (run !== this.#run) return;
    const verdict = afterError(readyState, row, retryMs);
    if (verdict.final) this.#finish(verdict);
    // it may have reconnected during the request
    else if (run.source?.readyState !== EventSource.OPEN) this.#stand(verdict);
  }

  /**
   * The server's rows of a run; undefined when it did not answer.
   *
   * @param {Run} run
   * @returns {Promise<Slice | undefined>}
   */
  async #known(run) {
    try {
      return await this.#host.client(run.tag);
    } catch {
      return undefined;
    }
  }

  /**
   * @param {Run} run
   * @returns {Promise<RowView | null | undefined>}
   */
  async #newestRow(run) {
    const known = await this.#known(run);
    return known && newestRow(known);
  }

  /**
   * Notes when the browser holds the request back, which is when the server answers but has not
   * received it. If the server does not answer, the cause is unknown.
   *
   * @param {Run} run
   */
  #watchForStuck(run) {
    run.stuckTimer = setTimeout(async () => {
      const waits = () => run === this.#run && this.#standing.state === "connecting";
      if (!waits()) return;
      const known = await this.#known(run);
      if (!waits()) return;
      // the limit of six is named only when the server counts them
      const why = known && known.open + 1 >= CONNECTIONS ? SIX_TAKEN : NOT_SEEN;
      this.#stand({ ...this.#standing, note: known && !newestRow(known) ? why : null });
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
    this.#underWay.delete(this);
  }

  /** @param {Standing} standing */
  #stand(standing) {
    this.#standing = standing;
    this.onstanding(standing);
  }
}

/** With names in the data, all events have one name. @param {ClientFeed} feed */
const namesOf = ({ names_in_data, events }) => (names_in_data ? ["message"] : events);

/**
 * @param {string} words
 * @returns {Standing}
 */
const connecting = (words) => ({ state: "connecting", words, note: null, final: false });

/**
 * Random, so that two pages never share one, and readable as a page's. `randomUUID` exists only in
 * a secure context.
 */
function randomTag() {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return `page-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
