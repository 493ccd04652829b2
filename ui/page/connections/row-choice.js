/**
 * <row-choice>: the rows that are chosen together, and the bar that breaks them. One row is chosen
 * by the cursor alone; from two on, this line is shown below the table.
 *
 * Ctrl (or Cmd) and a click takes a row in or out, Shift and a click or an arrow key takes all up
 * to there.
 *
 * @import { Slice } from "../server.js"
 * @import { App, BreakTarget, Row } from "../types.js"
 */

import { BreakBar } from "../breaks/break-bar.js";
import { announce } from "../parts/announce.js";
import { markup, part, setText } from "../parts/dom.js";
import { ofRow, ofRows } from "../breaks/break-words.js";
import { rowAt } from "./viewport.js";

/** The server takes so many in one act. */
const MOST = 1000;

const newLine = markup(`
  <span class="words"></span><button type="button" class="link" data-act="let-go"
    title="Let go of them (Escape)">Let go</button><break-bar></break-bar>`);

export class RowChoice extends HTMLElement {
  /** The chosen rows as they were last seen, in the order in which they were chosen. */
  #rows = /** @type {Map<number, Row>} */ (new Map());
  /** Where a range begins: the index of the row that was last taken without Shift. */
  #anchor = -1;
  #changed = () => {};

  /**
   * @param {App} app
   * @param {HTMLElement} body of the table
   * @param {() => void} changed
   */
  connect(app, body, changed) {
    this.#changed = changed;
    // or the click would select text
    body.addEventListener("mousedown", (event) => {
      if (event.shiftKey) event.preventDefault();
    });
    this.hidden = true;
    this.append(newLine());
    this.#bar.connect(app);
    part(this, "[data-act=let-go]").addEventListener("click", () => this.clear());
  }

  get #bar() {
    return /** @type {BreakBar} */ (part(this, "break-bar"));
  }

  /**
   * A row as what is to be broken, with all that are chosen with it.
   *
   * @param {Row} row
   * @returns {BreakTarget}
   */
  targetOf(row) {
    return this.has(row.id, null) ? ofRows([...this.#rows.values()]) : ofRow(row);
  }

  /**
   * @param {number} id
   * @param {number | null} cursor it may be on a row that was taken out
   */
  has(id, cursor) {
    return this.#rows.size > 1 ? this.#rows.has(id) : id === cursor;
  }

  /**
   * A row was clicked.
   *
   * @param {MouseEvent} event
   * @param {Slice | undefined} slice
   * @param {number} from the index that the cursor was at, -1 where it was nowhere
   * @param {number} to the index of the row
   * @returns {boolean} whether the click chose several
   */
  clicked({ ctrlKey, metaKey, shiftKey }, slice, from, to) {
    if (shiftKey) {
      this.extend(slice, from, to);
    } else if (ctrlKey || metaKey) {
      const row = slice && rowAt(slice, to);
      const first = slice && this.#rows.size === 0 && from >= 0 ? rowAt(slice, from) : undefined;
      if (first) this.#rows.set(first.id, first);
      const isOut = row && !this.#rows.delete(row.id);
      if (isOut && this.#rows.size < MOST) this.#rows.set(row.id, row);
      this.#anchor = to;
      this.#draw();
    } else {
      this.clear();
      return false;
    }
    return true;
  }

  /**
   * Chooses the rows from where the range began up to here, as far as they are loaded.
   *
   * @param {Slice | undefined} slice
   * @param {number} from where the cursor was, -1 where it was nowhere
   * @param {number} to
   */
  extend(slice, from, to) {
    if (!slice) return;
    if (this.#anchor < 0) this.#anchor = from < 0 ? to : from;
    const [first, last] = [Math.min(this.#anchor, to), Math.max(this.#anchor, to)];
    this.#rows.clear();
    for (let index = first; index <= last && this.#rows.size < MOST; index += 1) {
      const row = rowAt(slice, index);
      if (row) this.#rows.set(row.id, row);
    }
    this.#draw();
  }

  /** Lets go of all. @returns {boolean} whether several were chosen */
  clear() {
    const had = this.#rows.size > 1;
    this.#rows.clear();
    this.#anchor = -1;
    if (had) this.#draw();
    return had;
  }

  /** Takes the news of chosen rows. @param {Row[]} rows */
  answered(rows) {
    if (this.#rows.size < 2) return;
    for (const row of rows) if (this.#rows.has(row.id)) this.#rows.set(row.id, row);
    this.#show();
  }

  #show() {
    const rows = [...this.#rows.values()];
    const open = rows.filter(({ state }) => state === "open").length;
    setText(part(this, ".words"), `${rows.length} chosen, ${open} open`);
    this.#bar.show(ofRows(rows));
  }

  #draw() {
    const several = this.#rows.size > 1;
    this.hidden = !several;
    if (several) this.#show();
    announce(several ? (part(this, ".words").textContent ?? "") : "One row chosen");
    this.#changed();
  }
}

customElements.define("row-choice", RowChoice);
