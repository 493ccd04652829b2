/**
 * Asks the server for what is in view, a slice of the table or a wire: at most four times a second,
 * one question at a time, and less often while the answers are all the same. It stops by itself
 * when nobody looks.
 */

/** At most four looks a second. */
const PAUSE_MS = 250;
/** While nothing changes: a table of ended connections stands still. */
const CALM_MS = 1000;

/**
 * @template T
 * @typedef {object} Ways
 * @property {() => Promise<T> | number | null} ask null while there is nothing to ask: nobody
 *   looks; a number where there is nothing for so many milliseconds
 * @property {(answer: T) => void} heard
 * @property {(reason: unknown) => void} failed
 */

/** @template T */
export class Poll {
  #ways;
  #calmMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asking = false;
  /** Something to ask for came up while an answer was awaited. */
  #again = false;
  #askedAt = -Infinity;
  #lastAnswer = "";

  /**
   * @param {Ways<T>} ways
   * @param {number} [calmMs] between questions while the answers are all the same
   */
  constructor(ways, calmMs = CALM_MS) {
    this.#ways = ways;
    this.#calmMs = calmMs;
  }

  /** Something changed: here what is looked at, or there what there is to see. */
  nudge() {
    if (this.#asking) this.#again = true;
    else this.#askAfter(PAUSE_MS);
  }

  /** @param {number} pause since the last question was asked */
  #askAfter(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#ask(),
      Math.max(0, this.#askedAt + pause - performance.now()),
    );
  }

  async #ask() {
    const asked = this.#ways.ask();
    if (asked === null) return;
    if (typeof asked === "number") {
      this.#timer = setTimeout(() => this.#ask(), asked);
      return;
    }
    this.#asking = true;
    this.#again = false;
    this.#askedAt = performance.now();
    let pause = CALM_MS;
    try {
      const answer = await asked;
      const text = JSON.stringify(answer);
      pause = text === this.#lastAnswer ? this.#calmMs : PAUSE_MS;
      this.#lastAnswer = text;
      this.#ways.heard(answer);
    } catch (reason) {
      this.#ways.failed(reason);
    }
    this.#asking = false;
    this.#askAfter(this.#again ? PAUSE_MS : pause);
  }
}
