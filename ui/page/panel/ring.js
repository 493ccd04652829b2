/**
 * A bounded list of arrivals: the newest are kept, the oldest are dropped and counted.
 *
 * Every event is pushed, so `push` must stay O(1) and must never touch the document.
 *
 * @import { Arrival, View } from "../types.js"
 */

/** @implements {View} */
export class Ring {
  /** @type {(Arrival | undefined)[]} */
  #slots;
  #start = 0;
  #size = 0;
  #first = 0;
  #dropped = 0;
  #weight = 0;
  #maxWeight;

  /**
   * @param {number} capacity how many arrivals are kept
   * @param {number} [maxWeight] how many characters of data they may hold together: a thousand
   *   events of a megabyte each must not fill the memory
   */
  constructor(capacity, maxWeight = Infinity) {
    this.#slots = new Array(capacity).fill(undefined);
    this.#maxWeight = maxWeight;
  }

  /** The number of the oldest kept arrival. No number is used twice, not even after `clear`. */
  get first() {
    return this.#first;
  }

  get size() {
    return this.#size;
  }

  /** The number that the next arrival will get. */
  get next() {
    return this.#first + this.#size;
  }

  /** How many were dropped to stay within bounds since the last `clear`. */
  get dropped() {
    return this.#dropped;
  }

  /** @param {Arrival} arrival */
  push(arrival) {
    if (this.#size === this.#slots.length) this.#dropOldest();
    this.#slots[(this.#start + this.#size) % this.#slots.length] = arrival;
    this.#size += 1;
    this.#weight += arrival.data.length;
    while (this.#weight > this.#maxWeight && this.#size > 1) this.#dropOldest();
  }

  /**
   * @param {number} index 0 is the oldest
   * @returns {Arrival}
   */
  at(index) {
    const arrival = this.#slots[(this.#start + index) % this.#slots.length];
    if (index < 0 || index >= this.#size || !arrival) {
      throw new RangeError(`no arrival at ${index}`);
    }
    return arrival;
  }

  clear() {
    this.#first = this.next;
    this.#slots.fill(undefined);
    this.#start = this.#size = this.#dropped = this.#weight = 0;
  }

  /**
   * A copy that stays as it is while the ring continues.
   *
   * @param {number} [most] at most so many of the oldest
   * @returns {View}
   */
  snapshot(most = Infinity) {
    const kept = Array.from({ length: Math.min(most, this.#size) }, (_, index) => this.at(index));
    return { first: this.#first, size: kept.length, at: (index) => kept[index] };
  }

  #dropOldest() {
    this.#weight -= this.at(0).data.length;
    this.#slots[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.#slots.length;
    this.#first += 1;
    this.#size -= 1;
    this.#dropped += 1;
  }
}
