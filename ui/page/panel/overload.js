/**
 * How much of a stream a page can take: EventSource hands over whatever comes, and while it does,
 * nobody's press of a button is heard. A stream without a pause is asked for at a pace; what floods
 * the page all the same is noticed here.
 */

import { count, several } from "../parts/format.js";

/** A thousand a second: far more than anybody reads, and a part of what a page can take. */
export const FIRST_PACE_US = 1000;
/**
 * How many events of a burst are taken before the page gets to anything else, and how many
 * characters.
 */
const MOST_EVENTS = 60_000;
const MOST_CHARACTERS = 64_000_000;
/** By how much the next pace is slower where one was still too fast. */
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
   * @returns {boolean} the page has got to nothing else for too long
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

/** @param {number | null} everyUs the pace that was too fast, where one was asked for */
export const slower = (everyUs) =>
  Math.min(SLOWEST_US, everyUs === null ? FIRST_PACE_US : everyUs * SLOWER);

/**
 * What is said of a stream that the page does not take as it comes: `It has no pause: this page
 * asks for 1,000 events a second, and skips none.`
 *
 * @param {number | null} everyUs
 * @param {number | null} skipped null where nobody could say how many
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
