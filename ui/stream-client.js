/**
 * One stream as this page receives it: the only owner of its EventSource. Never more than one is open at a
 * time, whoever calls what and when: `#open` closes what was there, and an answer that belongs to an earlier
 * run is dropped. It knows no DOM.
 *
 * @import { Host, Arrival, Standing, Subject } from "./types.js"
 */

import { Hearing } from "./hearing.js";
import { gapWords } from "./topics.js";
import { sentence } from "./host.js";
import { afterError, hasMoved, newestRow, streamUrl } from "./reconnect.js";
import { NONE_FREE, SIX_TAKEN, STREAM_WORDS, movedWords, refusedWords } from "./words.js";

/** A stream that has not arrived after this long may be waiting for a free connection. */
const STUCK_AFTER_MS = 2000;
/** How long the old word stays while the server is asked why: a finite stream's end is no outage. */
const GRACE_MS = 250;

/** @type {Standing} */
export const IDLE = { state: "idle", words: STREAM_WORDS.idle, note: null, final: true };

/** @typedef {Pick<Subject, "path" | "retry_ms" | "events" | "from" | "keeps" | "last_id">} ClientSubject */

/** One EventSource's life. */
class Run {
  /** Detaches every listener of the EventSource at once, and outdates what is still being asked. */
  abort = new AbortController();
  /** @type {EventSource | null} */
  source = null;
  tag = randomTag();
  /** It has been open, so events may have gone by on it. */
  opened = false;
  /** Events may have gone by unheard while it could not be made anew. */
  missed = false;
  /**
   * What the browser waits before it comes back, as it was told on this run.
   * @type {number | null}
   */
  retryMs = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  stuckTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  quietTimer;

  /** @param {string} base */
  constructor(base) {
    this.base = base;
  }

  close() {
    clearTimeout(this.stuckTimer);
    clearTimeout(this.quietTimer);
    this.abort.abort();
    this.source?.close();
  }
}

export class StreamClient {
  #subject;
  #hearing;
  #host;
  #ownTags;
  #underWay;
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
   * @param {ClientSubject} subject
   * @param {Host} host
   * @param {Set<string>} ownTags
   * @param {Set<object>} underWay all of the page that have a run
   */
  constructor(subject, host, ownTags, underWay) {
    this.#subject = subject;
    this.#hearing = new Hearing(subject.events);
    this.#host = host;
    this.#ownTags = ownTags;
    this.#underWay = underWay;
  }

  /** A run is on: it is connecting, open, or trying to come back. */
  get live() {
    return this.#run !== null;
  }

  get standing() {
    return this.#standing;
  }

  /**
   * Opens the stream from its beginning. Does nothing while it is open, and where the page has as many under way as
   * its host allows, it says so instead.
   *
   * @param {string} base
   */
  start(base) {
    if (this.#run) return;
    if (this.#underWay.size >= this.#host.streamsAtMost) {
      this.#stand({ state: "refused", words: refusedWords(NONE_FREE), note: SIX_TAKEN, final: true });
      return;
    }
    this.#lastId = this.#subject.from;
    this.#lastAt = NaN;
    this.#resumed = null;
    this.#hearing.begin(this.#lastId);
    this.#open(base, this.#lastId, STREAM_WORDS.connecting);
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
    this.#open(base, this.#lastId, movedWords(base));
  }

  /**
   * What the server says of it has changed. The connection goes on as it is: a stream's new definition is for
   * connections that are made from now on, which may be this one when it comes back.
   *
   * @param {ClientSubject} subject of the same path
   */
  update(subject) {
    this.#subject = subject;
    if (subject.keeps) this.told(subject.events, subject.last_id);
    else for (const name of subject.events) this.listenFor(name);
  }

  /**
   * Listens for events of this name from now on.
   *
   * @param {string} name
   */
  listenFor(name) {
    if (this.#hearing.add(name) && this.#run) this.#listen(this.#run, name);
  }

  /**
   * The names of the stream's events so far, and the id of the newest, by the server's account. What went by
   * under a name that is new here is fetched.
   *
   * @param {string[]} names
   * @param {string | null} lastId
   */
  told(names, lastId) {
    const unheard = this.#hearing.told(names, lastId);
    const run = this.#run;
    if (!run || unheard.length === 0) return;
    for (const name of unheard) this.#listen(run, name);
    if (!run.opened) return;
    this.#resumed = `connected again, to hear ${unheard.join(", ")}`;
    if (run.source?.readyState === EventSource.OPEN) this.#replay(run.base);
    // the browser is on its way back, and must be left to it
    else run.missed = true;
  }

  /**
   * A connection from where nothing was missed yet. It is quiet: whoever reads sees the events, and no word
   * that changes to and fro.
   *
   * @param {string} base
   */
  #replay(base) {
    this.#hearing.replay();
    this.#open(base, this.#hearing.place, null);
    const run = this.#run;
    if (!run) return;
    run.quietTimer = setTimeout(() => {
      if (run === this.#run && !run.opened) this.#stand(connecting(STREAM_WORDS.connecting));
    }, GRACE_MS);
  }

  /**
   * @param {string} base
   * @param {string} lastId
   * @param {string | null} words null to say nothing of it
   */
  #open(base, lastId, words) {
    this.#close();
    const run = new Run(base);
    run.retryMs = this.#subject.retry_ms;
    this.#run = run;
    this.#underWay.add(this);
    this.#ownTags.add(run.tag);
    if (words !== null) this.#stand(connecting(words));
    let source;
    try {
      source = new EventSource(streamUrl(base, this.#subject.path, run.tag, lastId));
    } catch (reason) {
      const note = `The browser did not open ${base}: ${sentence(reason)}`;
      this.#finish({ state: "refused", words: "refused (by the browser)", note, final: true });
      return;
    }
    run.source = source;
    const { signal } = run.abort;
    source.addEventListener("open", (event) => this.#opened(event, run), { signal });
    source.addEventListener("error", (event) => this.#failed(event, run), { signal });
    for (const name of this.#hearing.names) this.#listen(run, name);
    this.#watchForStuck(run);
  }

  /**
   * @param {Run} run
   * @param {string} name
   */
  #listen({ source, abort }, name) {
    // a server may name its events "open" or "error" too: those come in by the listeners of `#open`
    if (name === "open" || name === "error") return;
    source?.addEventListener(name, (event) => this.#arrived(event), { signal: abort.signal });
  }

  /**
   * @param {Event} event
   * @param {Run} run
   */
  #opened(event, run) {
    if (event instanceof MessageEvent) {
      this.#arrived(event);
      return;
    }
    run.opened = true;
    run.retryMs = this.#subject.retry_ms ?? run.retryMs;
    if (run.missed) {
      this.#replay(run.base);
      return;
    }
    this.#stand({ state: "open", words: STREAM_WORDS.open, note: null, final: false });
  }

  /** @param {MessageEvent} event */
  #arrived(event) {
    if (!this.#hearing.arrived(event.lastEventId)) return;
    const now = event.timeStamp;
    this.#lastId = event.lastEventId;
    this.onarrival({
      at: Date.now(),
      gap: Number.isNaN(this.#lastAt) ? null : now - this.#lastAt,
      id: event.lastEventId,
      event: event.type,
      data: event.data,
      notice: gapWords(event.type, event.data),
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
    const { retryMs } = run;
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
    this.#underWay.delete(this);
  }

  /** @param {Standing} standing */
  #stand(standing) {
    this.#standing = standing;
    this.onstanding(standing);
  }
}

/**
 * @param {string} words
 * @returns {Standing}
 */
const connecting = (words) => ({ state: "connecting", words, note: null, final: false });

/** Random, so that two pages never share one; `randomUUID` is missing where the page is not a secure context. */
function randomTag() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
