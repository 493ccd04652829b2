/**
 * Requests what is in view from the server: a slice of the table, or a wire. It sends one request
 * at a time, at most four a second, and fewer while the answers do not change. It stops by itself
 * when nothing is in view.
 */

/** At most four requests a second, and the beat of those that wait. */
const PAUSE_MS = 250;
/** A timer may be so late without losing the beat: a frame can take almost that long. */
const LATE_MS = PAUSE_MS / 2;
/** Between requests while the answers do not change, as in a table of ended connections. */
const CALM_MS = 1000;

/**
 * @template T
 * @typedef {object} Ways
 * @property {() => Promise<T> | number | null} ask null when nothing is in view; a number to wait
 *   so many milliseconds
 * @property {(answer: T) => void} answered
 * @property {(reason: unknown) => void} failed
 */

/** @template T */
export class Poll {
  #ways;
  #pauseMs;
  #calmMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asking = false;
  /** A change was reported during a request. */
  #again = false;
  /** When the last request was meant to be made. */
  #aimedAt = -Infinity;
  #lastAnswer = "";

  /**
   * @param {Ways<T>} ways
   * @param {object} [pauses]
   * @param {number} [pauses.pauseMs] between two requests
   * @param {number} [pauses.calmMs] between requests while the answers do not change
   */
  constructor(ways, { pauseMs = PAUSE_MS, calmMs = CALM_MS } = {}) {
    this.#ways = ways;
    this.#pauseMs = pauseMs;
    this.#calmMs = calmMs;
  }

  /** Something changed: the view here, or the data at the server. */
  nudge() {
    if (this.#asking) this.#again = true;
    else this.#askAfter(this.#pauseMs);
  }

  /**
   * A request that has to wait is made on the beat, so that what is in view is drawn in one frame
   * and not in one each.
   *
   * @param {number} pause since the last request
   */
  #askAfter(pause) {
    clearTimeout(this.#timer);
    const now = performance.now();
    const due = this.#aimedAt + pause;
    if (due <= now) {
      this.#timer = setTimeout(() => this.#ask(), 0);
      return;
    }
    const beat = Math.ceil(due / PAUSE_MS) * PAUSE_MS;
    this.#timer = setTimeout(() => this.#ask(beat), beat - now);
  }

  /** @param {number} [aim] when it was meant to be made, if not now */
  async #ask(aim = performance.now()) {
    const asked = this.#ways.ask();
    if (asked === null) return;
    if (typeof asked === "number") {
      this.#timer = setTimeout(() => this.#ask(), asked);
      return;
    }
    this.#asking = true;
    this.#again = false;
    const now = performance.now();
    this.#aimedAt = now - aim < LATE_MS ? aim : now;
    let pause = CALM_MS;
    try {
      const answer = await asked;
      const text = JSON.stringify(answer);
      pause = text === this.#lastAnswer ? this.#calmMs : this.#pauseMs;
      this.#lastAnswer = text;
      this.#ways.answered(answer);
    } catch (reason) {
      this.#ways.failed(reason);
    }
    this.#asking = false;
    this.#askAfter(this.#again ? this.#pauseMs : pause);
  }
}
