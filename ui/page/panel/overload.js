/**
 * Notices a stream that is too fast for the page. While EventSource delivers a burst, the page
 * handles no click or key. The page therefore requests a stream without a pause at a pace of its
 * own. This module detects a stream that is still too fast.
 */

import { count, several } from "../parts/format.js";

/** A thousand events a second: far more than a person reads, and less than a page can take. */
export const FIRST_PACE_US = 1000;
/**
 * How many events of a burst are taken before the page handles anything else, and how many
 * characters.
 */
const MOST_EVENTS = 60_000;
const MOST_CHARACTERS = 64_000_000;
/** The factor to the next pace after one that was still too fast. */
const SLOWER = 20;
const SLOWEST_US = 1_000_000;

export class Overload {
  #events = 0;
  #characters = 0;
  #breathes = false;

  /**
   * Takes note of an event.
   *
   * @param {number} characters of its data
   * @returns {boolean} whether the page has handled nothing else for too long
   */
  isTooMuch(characters) {
    if (!this.#breathes) {
      this.#breathes = true;
      setTimeout(() => {
        this.#events = this.#characters = 0;
        this.#breathes = false;
      });
    }
    this.#events += 1;
    this.#characters += characters;
    return this.#events > MOST_EVENTS || this.#characters > MOST_CHARACTERS;
  }
}

/** @param {number | null} everyUs the pace that was too fast; null if it was the stream's own */
export const slower = (everyUs) =>
  Math.min(SLOWEST_US, everyUs === null ? FIRST_PACE_US : everyUs * SLOWER);

/**
 * The note on a stream that is slowed down or cut: `The stream sends without a pause, so this page
 * asks for 1,000 events a second: 0 events skipped.`
 *
 * @param {number | null} everyUs
 * @param {number | null} skipped null where the number is unknown
 */
export function paceWords(everyUs, skipped) {
  const pace =
    everyUs === null
      ? ""
      : `, so this page asks for ${several(Math.round(1_000_000 / everyUs), "event")} a second`;
  if (skipped === 0) return `The stream sends without a pause${pace}: 0 events skipped.`;
  const number = skipped === null ? "some" : count(skipped);
  return `The stream is faster than this page${pace}: ${number} events skipped.`;
}
