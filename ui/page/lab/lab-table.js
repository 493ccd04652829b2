/**
 * <lab-table>: the cases of a profile, a row each, with what a client made of them, and beside it
 * what another client did. Rows keep their places and their heights, whatever becomes known.
 *
 * @import { LabCase, ListedCase } from "../server.js"
 */

import { differs, markOf, matches, rowWords } from "./lab-words.js";
import { hasModifier, listStep, stepIndex } from "../parts/keys.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";

/** What stands above the cases of a profile without a tour. */
const EACH_ALONE = "Each with a URL of its own";

const newTable = markup(`
  <div class="scroller" tabindex="-1">
    <table role="grid" aria-label="Cases" aria-readonly="true" tabindex="0"
      aria-description="Press Enter to show what was sent and what came">
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" data-col="id">case</th
        ><th role="columnheader" data-col="name">name</th
        ><th role="columnheader" data-col="verdict">verdict</th
        ><th role="columnheader" data-col="words">what it did, or must do</th
        ><th role="columnheader" data-col="other"><span class="text"></span></th></tr></thead>
      <tbody role="rowgroup" data-group="tour">
        <tr role="row" class="group"><th role="gridcell" colspan="4">In the tour, one after the
          other</th></tr></tbody>
      <tbody role="rowgroup" data-group="alone">
        <tr role="row" class="group"><th role="gridcell" colspan="4"></th></tr></tbody>
    </table>
    <p class="empty" hidden><span class="hint"></span> <button type="button" class="small"
      data-act="clear-filter">Clear the filter</button></p>
  </div>`);

const newRow = markup(`
  <tr role="row" class="case"><td role="gridcell" data-col="id"></td
    ><td role="gridcell" data-col="name"></td
    ><td role="gridcell" data-col="verdict"><span class="mark"><span class="shape"
      aria-hidden="true"></span><span class="text"></span></span></td
    ><td role="gridcell" data-col="words"><span class="text"></span></td
    ><td role="gridcell" data-col="other"><span class="whose"></span><span class="mark"><span
      class="shape" aria-hidden="true"></span><span class="text"></span></span></td></tr>`);

/**
 * @typedef {object} Shown
 * @property {readonly ListedCase[]} listed the cases of the profile
 * @property {boolean} isKnown whether the list was answered
 * @property {ReadonlyMap<string, LabCase>} seen by their ids
 * @property {{ name: string, seen: ReadonlyMap<string, LabCase> } | null} other
 * @property {string} filter
 */

/**
 * @typedef {object} Reader
 * @property {(id: string, byKey: boolean) => void} open
 * @property {(id: string) => void} moved the cursor moved to another case
 * @property {() => boolean} close returns whether a case was open
 * @property {() => void} clearFilter
 */

export class LabTable extends HTMLElement {
  /** @type {Reader | null} */
  #reader = null;
  /** @type {Shown} */
  #shown = { listed: [], isKnown: false, seen: new Map(), other: null, filter: "" };
  /** The row of each case, by its id. @type {Map<string, HTMLElement>} */
  #rows = new Map();
  /** The id that the keys move from. @type {string | null} */
  #cursor = null;

  /** @param {Reader} reader */
  connect(reader) {
    this.#reader = reader;
    this.append(newTable());
    const table = part(this, "table");
    table.addEventListener("keydown", this.#onKey);
    table.addEventListener("focus", () => nextFrame(this.#drawCursor));
    table.addEventListener("blur", () => nextFrame(this.#drawCursor));
    table.addEventListener("click", this.#onClick);
    part(this, "[data-act=clear-filter]").addEventListener("click", () => reader.clearFilter());
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    nextFrame(this.#draw);
  }

  /** To the row that the cursor is on. */
  focus() {
    part(this, "table").focus({ preventScroll: true });
    this.reveal();
  }

  /** Scrolls as little as it takes to have the chosen row in view. */
  reveal() {
    const row = this.#rows.get(this.#cursor ?? "");
    if (!row || row.hidden) return;
    const scroller = part(this, ".scroller");
    const head = part(this, "thead").offsetHeight;
    const [top, room] = [row.offsetTop - head, scroller.clientHeight - head - row.offsetHeight];
    scroller.scrollTop = Math.min(top, Math.max(scroller.scrollTop, top - room));
  }

  /** The ids of the cases in view of the filter, in their order. */
  get #ids() {
    return [...this.#rows].filter(([, row]) => !row.hidden).map(([id]) => id);
  }

  #draw = () => {
    const { listed, isKnown, seen, other, filter } = this.#shown;
    this.#layOut(listed);
    part(this, "table").toggleAttribute("data-compared", other !== null);
    setText(part(this, "th[data-col=other] .text"), other?.name ?? "");
    for (const one of listed) {
      const row = /** @type {HTMLElement} */ (this.#rows.get(one.id));
      const [own, theirs] = [seen.get(one.id), other?.seen.get(one.id)];
      this.#fill(row, one, own, other ? { name: other.name, seen: theirs } : null);
      const texts = [one.id, one.name, markOf(own), rowWords(one, own).words];
      row.hidden = !matches(texts, filter);
    }
    const hasTour = listed.some(({ in_tour }) => in_tour);
    setText(
      part(this, "[data-group=alone] th"),
      hasTour ? "With a URL of their own: most of them end a client for good" : EACH_ALONE,
    );
    for (const group of this.querySelectorAll("tbody")) {
      const head = /** @type {HTMLTableCellElement} */ (part(group, "th"));
      head.colSpan = other ? 5 : 4;
      group.hidden = !group.querySelector(".case:not([hidden])");
    }
    const isFiltered = listed.length > 0;
    part(this, ".empty").hidden = this.#ids.length > 0 || !isKnown;
    part(this, "[data-act=clear-filter]").hidden = !isFiltered;
    const words = isFiltered
      ? `No case matches “${filter.trim()}”.`
      : "This profile has no cases yet.";
    setText(part(this, ".empty .hint"), words);
    this.#drawCursor();
  };

  /**
   * Elements stay with their case, in the order of the list: the tour above.
   *
   * @param {readonly ListedCase[]} listed
   */
  #layOut(listed) {
    const order = [true, false].flatMap((tour) => listed.filter(({ in_tour }) => in_tour === tour));
    if (order.map(({ id }) => id).join() === [...this.#rows.keys()].join()) return;
    const had = this.#rows;
    this.#rows = new Map(
      order.map(({ id }) => [id, had.get(id) ?? part(newRow(), "tr")]),
    );
    for (const [id, row] of had) if (!this.#rows.has(id)) row.remove();
    for (const { id, in_tour } of order) {
      const row = /** @type {HTMLElement} */ (this.#rows.get(id));
      row.id = `case-${id}`;
      row.dataset.case = id;
      part(this, `[data-group=${in_tour ? "tour" : "alone"}]`).append(row);
    }
    if (this.#cursor !== null && !this.#rows.has(this.#cursor)) this.#cursor = null;
  }

  /**
   * @param {HTMLElement} row
   * @param {ListedCase} listed
   * @param {LabCase | undefined} seen
   * @param {{ name: string, seen: LabCase | undefined } | null} other
   */
  #fill(row, listed, seen, other) {
    setText(part(row, "[data-col=id]"), listed.id);
    setText(part(row, "[data-col=name]"), listed.name);
    part(row, "[data-col=name]").title = listed.name;
    showMark(part(row, "[data-col=verdict]"), seen);
    const { words, isRule } = rowWords(listed, seen);
    const cell = part(row, "[data-col=words]");
    setText(part(cell, ".text"), words);
    cell.title = words;
    cell.toggleAttribute("data-rule", isRule);
    const differ = other !== null && differs(seen, other.seen);
    row.toggleAttribute("data-differs", differ);
    const theirs = part(row, "[data-col=other]");
    if (!other) return;
    showMark(theirs, other.seen);
    setText(part(theirs, ".whose"), other.name);
    const more = other.seen?.verdict?.words ?? "";
    theirs.title = [differ ? "Another verdict" : "", more].filter(Boolean).join(": ");
  }

  #drawCursor = () => {
    const table = part(this, "table");
    for (const [id, row] of this.#rows) {
      const isHere = id === this.#cursor;
      row.ariaSelected = isHere ? "true" : null;
    }
    const row = this.#rows.get(this.#cursor ?? "");
    if (row && !row.hidden) table.setAttribute("aria-activedescendant", row.id);
    else table.removeAttribute("aria-activedescendant");
  };

  /** @param {string} id */
  #choose(id) {
    this.#cursor = id;
    this.#drawCursor();
    this.reveal();
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    const step = listStep(event);
    const ids = this.#ids;
    if (step && ids.length > 0) {
      const from = this.#cursor === null ? -1 : ids.indexOf(this.#cursor);
      const height = this.#rows.get(ids[0])?.offsetHeight ?? 28;
      const page = Math.max(1, Math.floor(part(this, ".scroller").clientHeight / height) - 2);
      const to = ids[stepIndex(step, from, ids.length, page)];
      this.#choose(to);
      // at the first case the words above it are seen, too
      if (to === ids[0]) part(this, ".scroller").scrollTop = 0;
      this.#reader?.moved(to);
    } else if (event.key === "Enter" && !hasModifier(event) && this.#cursor !== null) {
      this.#reader?.open(this.#cursor, true);
    } else if (event.key === "Escape" && this.#reader?.close()) {
      // the first Esc closes the case, and the one behind it clears the cursor
    } else if (event.key === "Escape" && this.#cursor !== null) {
      this.#cursor = null;
      this.#drawCursor();
    } else {
      return;
    }
    event.preventDefault();
  };

  /** @param {MouseEvent} event */
  #onClick = ({ target }) => {
    const row = target instanceof Element ? target.closest("[data-case]") : null;
    // the end of a text selection chooses nothing
    if (!(row instanceof HTMLElement) || !getSelection()?.isCollapsed) return;
    const id = row.dataset.case ?? "";
    this.#choose(id);
    this.#reader?.open(id, false);
  };
}

/**
 * @param {HTMLElement} cell
 * @param {LabCase | undefined} seen
 */
function showMark(cell, seen) {
  const mark = markOf(seen);
  const element = part(cell, ".mark");
  element.dataset.mark = mark;
  // what is to come has no word in a row: its verdict is what is missing
  setText(part(element, ".text"), mark === "open" ? "" : mark);
}

customElements.define("lab-table", LabTable);
