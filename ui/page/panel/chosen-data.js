/**
 * The data of the event that somebody chose in a list, whole: a row has room for its beginning
 * only. It is of one height, and comes and goes with a choice alone, so that nothing moves while
 * events arrive.
 *
 * @import { Arrival } from "../types.js"
 */

import { copyExactly } from "../parts/exact-copy.js";
import { count, cut } from "../parts/format.js";
import { part, setText } from "../parts/dom.js";
import { textNodes } from "../bytes/lines.js";

/**
 * As much as a browser lays out between two presses of a key that is held down; whoever wants the
 * rest copies it.
 */
const DRAWN = 10_000;

export class ChosenData {
  #root;
  /** @type {Arrival | null} */
  #arrival = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    root.addEventListener("copy", copyExactly);
  }

  /** All of it. */
  get text() {
    return this.#arrival?.data ?? "";
  }

  /**
   * The same again leaves alone what somebody has selected in it.
   *
   * @param {Arrival | null} arrival null when none is chosen
   */
  show(arrival) {
    if (arrival === this.#arrival) return;
    this.#arrival = arrival;
    this.#root.hidden = arrival === null;
    const drawn = cut(this.text, DRAWN);
    part(this.#root, "pre").replaceChildren(...textNodes(drawn));
    const rest = part(this.#root, ".rest");
    rest.hidden = drawn.length === this.text.length;
    const shown = `${count(drawn.length)} of ${count(this.text.length)} characters shown`;
    setText(rest, `${shown}: Copy copies all of them.`);
    part(this.#root, ".text").scrollTop = 0;
  }

  /** Has it in view, where somebody moves by keys. */
  reveal() {
    this.#root.scrollIntoView({ block: "nearest" });
  }
}
