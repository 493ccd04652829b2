/**
 * The header of a wire: its client, its state, whether the client reconnected, and the filter. All
 * figures are the server's; the header only draws them.
 *
 * @import { RowView, Verdict } from "../server.js"
 */

import { backRank, hasStream, otherTitle, standingWords, verdictWords } from "../parts/words.js";
import { several } from "../parts/format.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";

const newHead = markup(`
  <div class="whose">
    <p class="who">
      <span class="number"></span><span class="stream"></span><span class="program"></span
        ><span class="peer"></span><span class="tag"></span>
    </p>
    <p class="figures"></p>
    <button type="button" class="tool" data-act="close-wire" title="Close (Esc)"
      aria-label="Close the wire">${icon("close")}</button>
  </div>
  <div class="fate">
    <p class="standing"><span class="shape" aria-hidden="true"></span
      ><span class="state"></span></p>
    <p class="verdict" data-of="beginning"><span class="words"></span> <button type="button"
      class="link" data-act="other" hidden></button></p>
    <p class="verdict" data-of="end"><span class="words"></span> <button type="button"
      class="link" data-act="other" hidden></button></p>
    <p class="faults" hidden></p>
    <p class="find">
      <span class="matching"></span>
      <input type="text" name="wire-filter" placeholder="Filter  /" aria-label="Filter the pieces"
        aria-keyshortcuts="/" title="Filter by words in a piece or its events (/)"
        maxlength="200" autocomplete="off" spellcheck="false">
    </p>
  </div>`);

/**
 * @typedef {object} Ways
 * @property {() => void} close
 * @property {(id: number) => void} choose shows another connection
 * @property {(words: string) => void} filter
 */

export class WireHeader {
  #element;
  #ways;

  /**
   * @param {HTMLElement} element
   * @param {Ways} ways
   */
  constructor(element, ways) {
    this.#element = element;
    this.#ways = ways;
    element.append(newHead());
    part(element, "[data-act=close-wire]").addEventListener("click", ways.close);
    for (const other of this.#others) {
      other.addEventListener("click", () => ways.choose(Number(other.dataset.connection)));
    }
    this.#input.addEventListener("input", () => ways.filter(this.#input.value));
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      // the first Esc clears, the next one closes
      if (this.#input.value === "") ways.close();
      else this.clearFilter();
    });
  }

  /** The buttons for the connection that this one continues, and for the one that continues it. */
  get #others() {
    return /** @type {HTMLElement[]} */ ([...this.#element.querySelectorAll("[data-act=other]")]);
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (part(this.#element, "input"));
  }

  get hasFocus() {
    return this.#element.contains(document.activeElement);
  }

  askFilter() {
    this.#input.focus();
    this.#input.select();
  }

  clearFilter() {
    if (this.#input.value === "") return;
    this.#input.value = "";
    this.#ways.filter("");
  }

  /** @param {string} words how many pieces match the filter */
  count(words) {
    setText(part(this.#element, ".matching"), words);
  }

  /**
   * @param {RowView} row
   * @param {object} known
   * @param {boolean} known.removed it is no longer in the table
   * @param {boolean} known.stale the server does not answer: the figures are old
   * @param {number} known.taken bytes so far
   */
  draw(row, { removed, stale, taken }) {
    const element = this.#element;
    setText(part(element, ".number"), `#${row.id}`);
    setText(part(element, ".stream"), `${row.method} ${row.stream}`);
    setText(part(element, ".program"), row.program);
    setText(part(element, ".peer"), row.peer);
    setText(part(element, ".tag"), row.client ?? "");
    for (const name of [".stream", ".program", ".peer", ".tag"]) {
      part(element, name).title = part(element, name).textContent ?? "";
    }
    setText(
      part(element, ".figures"),
      !hasStream(row) ? "" : `${several(taken, "byte")}, ${several(row.events, "event")}`,
    );
    const state = part(element, ".state");
    setText(state, standingWords(row, removed, stale));
    state.title = state.textContent ?? "";
    drawFaults(part(element, ".faults"), row);
    drawVerdict(part(element, ".verdict[data-of=beginning]"), row.verdict);
    drawVerdict(part(element, ".verdict[data-of=end]"), row.afterwards);
  }
}

const newFault = markup(
  `<span class="fault"><span class="flag">${icon("flag")}<span class="number"></span></span
    ><code></code><span class="ended"></span></span>`,
);

/**
 * The faults that struck it, and which of them ended it.
 *
 * @param {HTMLElement} element
 * @param {RowView} row
 */
function drawFaults(element, { faults, ended }) {
  element.hidden = faults.length === 0;
  while (element.children.length > faults.length) element.lastElementChild?.remove();
  faults.forEach(({ id, fault }, index) => {
    if (!element.children[index]) element.append(newFault());
    const one = /** @type {HTMLElement} */ (element.children[index]);
    setText(part(one, ".number"), String(id));
    setText(part(one, "code"), fault);
    setText(part(one, ".ended"), ended?.fault === id ? "ended it" : "");
    one.title = `Fault ${id} struck it: ${fault}`;
  });
}

/**
 * @param {HTMLElement} element
 * @param {Verdict | null} verdict
 */
function drawVerdict(element, verdict) {
  element.hidden = !verdict;
  if (!verdict) return;
  const words = part(element, ".words");
  setText(words, verdictWords(verdict));
  words.title = verdictWords(verdict);
  element.dataset.rank = backRank(verdict);
  const other = part(element, "[data-act=other]");
  other.hidden = verdict.other === null;
  other.dataset.connection = String(verdict.other);
  setText(other, `#${verdict.other}`);
  other.title = otherTitle(verdict.kind);
}
