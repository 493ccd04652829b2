/**
 * The header of the table of connections. Each column that can be sorted has a button. The buttons
 * are one Tab stop: the arrow keys move between them, and with Shift they change the column's
 * width, which can be dragged too. A narrow table hides some columns, which may include the sorted
 * one.
 *
 * @import { Sort } from "../server.js"
 * @import { ColumnWidths } from "./column-widths.js"
 */

import { COLUMNS } from "./columns.js";
import { hasModifier } from "../parts/keys.js";

/** @type {Record<string, number>} */
const ARROWS = { ArrowLeft: -1, ArrowRight: 1 };

/** By how much a key changes a width, in pixels. */
const STEP = 8;

export class TableHeader {
  #row;
  #widths;
  /** @type {HTMLElement | null} */
  #sorted = null;

  /**
   * @param {HTMLElement} row
   * @param {(sort: Sort) => void} choose
   * @param {ColumnWidths} widths
   */
  constructor(row, choose, widths) {
    this.#row = row;
    this.#widths = widths;
    row.append(
      ...COLUMNS.map(({ col, kind, head, sort, about }) => {
        const cell = document.createElement("th");
        cell.role = "columnheader";
        cell.scope = "col";
        cell.dataset.col = col;
        if (kind) cell.dataset.kind = kind;
        cell.title = about ?? "";
        if (sort) cell.append(newButton(head, sort, choose));
        else cell.textContent = head;
        cell.append(this.#newGrip(col, cell));
        return cell;
      }),
    );
    row.addEventListener("keydown", this.#onKey);
    row.addEventListener("focusin", ({ target }) =>
      this.#makeStop(/** @type {HTMLElement} */ (target)),
    );
  }

  /** @param {{ sort: Sort, descending: boolean }} query */
  show({ sort, descending }) {
    for (const button of this.#buttons) {
      const sorted = button.dataset.sort === sort;
      const cell = /** @type {HTMLElement} */ (button.parentElement);
      cell.ariaSort = sorted ? (descending ? "descending" : "ascending") : null;
      if (!sorted) continue;
      this.#sorted = button;
      this.#makeStop(button);
    }
    this.fit();
  }

  /** After the table's width changed: a hidden button cannot be the Tab stop. */
  fit() {
    const buttons = this.#buttons.filter((button) => button.checkVisibility());
    if (buttons.some((button) => button.tabIndex === 0)) return;
    const stop = buttons.find((button) => button === this.#sorted) ?? buttons[0];
    if (stop) this.#makeStop(stop);
  }

  /** The header is shown, but its sorted column is hidden. */
  get hidesSorted() {
    return this.#row.checkVisibility() && !this.#sorted?.checkVisibility();
  }

  get #buttons() {
    return /** @type {HTMLElement[]} */ ([...this.#row.querySelectorAll("button")]);
  }

  /** @param {HTMLElement} stop */
  #makeStop(stop) {
    for (const button of this.#buttons) button.tabIndex = button === stop ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    // buttons that a narrow table hides cannot be reached
    const buttons = this.#buttons.filter((button) => button.checkVisibility());
    const from = buttons.findIndex((button) => button === event.target);
    const to = buttons[from + ARROWS[event.key]];
    if (from < 0 || hasModifier(event) || !(event.key in ARROWS)) return;
    event.preventDefault();
    if (event.shiftKey) this.#widen(buttons[from].closest("th"), ARROWS[event.key] * STEP);
    else to?.focus();
  };

  /**
   * @param {HTMLElement | null} cell
   * @param {number} by
   */
  #widen(cell, by) {
    if (!cell) return;
    this.#widths.set(cell.dataset.col ?? "", cell.getBoundingClientRect().width + by);
    this.#widths.keep();
  }

  /**
   * The right edge of a column, which can be dragged. A double click gives the column its own width
   * again.
   *
   * @param {string} col
   * @param {HTMLElement} cell
   */
  #newGrip(col, cell) {
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.title = "Drag to change the width; a double click resets it";
    let from = 0;
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      from = event.clientX - cell.getBoundingClientRect().width;
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("pointermove", (event) => {
      if (grip.hasPointerCapture(event.pointerId)) this.#widths.set(col, event.clientX - from);
    });
    grip.addEventListener("pointerup", () => this.#widths.keep());
    grip.addEventListener("dblclick", () => {
      this.#widths.set(col, null);
      this.#widths.keep();
    });
    return grip;
  }
}

/**
 * @param {string} head
 * @param {Sort} sort
 * @param {(sort: Sort) => void} choose
 */
function newButton(head, sort, choose) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "head";
  button.dataset.sort = sort;
  button.tabIndex = -1;
  button.textContent = head;
  button.addEventListener("click", () => choose(sort));
  return button;
}
