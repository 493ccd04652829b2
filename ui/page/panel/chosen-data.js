/**
 * The whole data of the event that is chosen in a list: a row has room only for its beginning. The
 * box has one height. Only a choice shows or hides it, so that nothing moves while events arrive.
 *
 * @import { Arrival } from "../types.js"
 */

import { copyExactly } from "../parts/exact-copy.js";
import { count, cut } from "../parts/format.js";
import { part, setText } from "../parts/dom.js";
import { textNodes } from "../bytes/lines.js";

/** As much as a browser lays out between two repeats of a held key. Copy takes the rest as well. */
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

  /** The whole data. */
  get text() {
    return this.#arrival?.data ?? "";
  }

  /**
   * Showing the same event again keeps a selection in its text.
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

  /** Scrolls it into view, for a person who moves by keys. */
  reveal() {
    this.#root.scrollIntoView({ block: "nearest" });
  }
}
