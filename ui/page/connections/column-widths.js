/**
 * The widths of columns that a person dragged, and the style sheet that they make. They are kept
 * for the next time.
 */

import { COLUMNS } from "./columns.js";
import { columnSheet } from "./column-sheet.js";
import { remember, remembered } from "../parts/remembered.js";

const NAME = "columns";
const NARROWEST = 32;
const WIDEST = 800;

export class ColumnWidths {
  /** @type {Map<string, number>} */
  #widths;
  #sheet;
  #forwards = false;

  /** @param {CSSStyleSheet} sheet */
  constructor(sheet) {
    this.#sheet = sheet;
    this.#widths = readWidths(remembered(NAME));
    this.#draw();
  }

  /**
   * Gives a column a width, in pixels; null gives it its own width again.
   *
   * @param {string} col
   * @param {number | null} width
   */
  set(col, width) {
    if (width === null) this.#widths.delete(col);
    else this.#widths.set(col, Math.round(Math.min(WIDEST, Math.max(NARROWEST, width))));
    this.#draw();
  }

  /**
   * The table has a request that was forwarded: it has the columns of those from now on, also where
   * that row leaves it.
   */
  showForwarded() {
    if (this.#forwards) return;
    this.#forwards = true;
    this.#draw();
  }

  /** Keeps the widths for the next time. */
  keep() {
    remember(NAME, Object.fromEntries(this.#widths));
  }

  #draw() {
    this.#sheet.replaceSync(columnSheet(this.#widths, this.#forwards));
  }
}

/**
 * The widths in what was kept, whatever that is.
 *
 * @param {unknown} kept
 * @returns {Map<string, number>}
 */
export function readWidths(kept) {
  if (!kept || typeof kept !== "object") return new Map();
  return new Map(
    COLUMNS.flatMap(({ col }) => {
      const width = /** @type {Record<string, unknown>} */ (kept)[col];
      const fits = typeof width === "number" && width >= NARROWEST && width <= WIDEST;
      return fits ? [/** @type {[string, number]} */ ([col, width])] : [];
    }),
  );
}
