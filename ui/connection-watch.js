/**
 * Asks the server for the slice of the table that is in view: at most four times a second, one question at a
 * time, and less often while the answers are all the same. It stops by itself when nobody looks.
 */

/** At most four looks a second. */
const PAUSE_MS = 250;
/** While nothing changes: a table of ended connections stands still. */
const CALM_MS = 1000;

/**
 * @template T
 * @typedef {object} Watching
 * @property {() => Promise<T> | null} ask null while there is nothing to ask: nobody looks
 * @property {(answer: T) => void} heard
 * @property {(reason: unknown) => void} failed
 */

/** @template T */
export class ConnectionWatch {
  #watching;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asking = false;
  /** Something to ask for came up while an answer was awaited. */
  #again = false;
  #askedAt = -Infinity;
  #lastAnswer = "";

  /** @param {Watching<T>} watching */
  constructor(watching) {
    this.#watching = watching;
  }

  /** Something changed: here what is looked at, or there what there is to see. */
  nudge() {
    if (this.#asking) this.#again = true;
    else this.#askAfter(PAUSE_MS);
  }

  /** @param {number} pause since the last question was asked */
  #askAfter(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, this.#askedAt + pause - performance.now()));
  }

  async #ask() {
    const asked = this.#watching.ask();
    if (!asked) return;
    this.#asking = true;
    this.#again = false;
    this.#askedAt = performance.now();
    let calm = true;
    try {
      const answer = await asked;
      const text = JSON.stringify(answer);
      calm = text === this.#lastAnswer;
      this.#lastAnswer = text;
      this.#watching.heard(answer);
    } catch (reason) {
      this.#watching.failed(reason);
    }
    this.#asking = false;
    this.#askAfter(calm && !this.#again ? CALM_MS : PAUSE_MS);
  }
}
