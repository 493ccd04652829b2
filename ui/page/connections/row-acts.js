/**
 * The acts of a row of the table: a button in it, which shows a menu, or undoes at once what is
 * armed because of the row. A press of the second mouse button, or of the menu key, shows the menu
 * too.
 *
 * @import { App } from "../types.js"
 * @import { ConnectionRows } from "./connection-rows.js"
 * @import { RowChoice } from "./row-choice.js"
 */

import { BreakMenu } from "../breaks/break-menu.js";
import { ofRow } from "../breaks/break-words.js";

export class RowActs {
  #deeds;
  #menu = new BreakMenu();
  #parts;

  /**
   * @param {HTMLElement} table
   * @param {App} app
   * @param {{ rows: ConnectionRows, choice: RowChoice, cursor: () => number | null }} parts of the
   *   table, and the id of the row that its cursor is on
   */
  constructor(table, app, parts) {
    this.#deeds = app.deeds;
    this.#parts = parts;
    this.#menu.connect(app);
    table.after(this.#menu);
    table.addEventListener("click", (event) => this.#onClick(event, table));
    table.addEventListener("contextmenu", (event) => this.#onMenu(event, table));
  }

  /**
   * @param {MouseEvent} event
   * @param {HTMLElement} table
   */
  #onClick(event, table) {
    const target = /** @type {Element} */ (event.target);
    const button = target.closest("[data-act=acts]");
    const row = this.#rowAt(target);
    if (!button || !row) return;
    const { left, bottom } = button.getBoundingClientRect();
    const place = { x: left, y: bottom + 2 };
    if (this.#deeds.armed(ofRow(row)).length > 0) this.#menu.undo(ofRow(row), place);
    else this.#menu.open(this.#parts.choice.targetOf(row), place, table);
  }

  /**
   * @param {MouseEvent} event
   * @param {HTMLElement} table
   */
  #onMenu(event, table) {
    const target = /** @type {Element} */ (event.target);
    // the key asks for the cursor's row, and comes from the table
    const byKey = target === table;
    const { rows, choice, cursor } = this.#parts;
    const row = byKey ? rows.rowOf(cursor()) : this.#rowAt(target);
    const element = byKey ? document.getElementById(rows.elementId(cursor()) ?? "") : null;
    if (!row || (byKey && !element)) return;
    event.preventDefault();
    const box = element?.getBoundingClientRect();
    const { clientX, clientY } = event;
    const place = box ? { x: box.left + 48, y: box.bottom } : { x: clientX, y: clientY };
    this.#menu.open(choice.targetOf(row), place, table);
  }

  /** @param {Element} target */
  #rowAt(target) {
    const element = /** @type {HTMLElement | null} */ (target.closest("[data-connection]"));
    return element ? this.#parts.rows.rowOf(Number(element.dataset.connection)) : undefined;
  }
}
