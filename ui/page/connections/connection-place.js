/**
 * <connection-place>: the table of connections, and below it the wire of the chosen connection
 * while that is open. The wire follows the table's cursor only after a pause. Each wire that is
 * viewed makes the server keep its bytes, and a person who moves along the rows passes most of
 * them.
 *
 * @import { App, Row } from "../types.js"
 */

import { ConnectionTable } from "./connection-table.js";
import { ConnectionWire } from "../wire/connection-wire.js";
import { SplitBar } from "../parts/split-bar.js";
import { hasModifier } from "../parts/keys.js";
import { part } from "../parts/dom.js";

/** Longer than the pause between two presses of a key that is held down. */
const SETTLED_MS = 150;

export class ConnectionPlace extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  /** @type {App | null} */
  #app = null;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.#bar.connect("Height of the table and the wire", () => this.#table.reveal());
    this.#wire.connect(app, {
      close: () => this.#close(),
      choose: (id) => this.#table.find(id),
    });
    this.#table.setReader({
      open: (row, byKey) => this.#open(row, byKey),
      moved: (row) => this.#follow(row),
      answered: (rows) => this.#wire.refresh(rows),
      close: () => this.#close(),
    });
    new ResizeObserver(() => this.#bar.fit()).observe(this);
    this.addEventListener("keydown", this.#onKey);
  }

  /** Takes the keys to the filter. */
  find() {
    this.#table.askFilter();
  }

  /**
   * Opens the wire of a connection; it does nothing where the table has forgotten it.
   *
   * @param {number} id
   */
  async show(id) {
    const row = await this.#app?.host.row(id).catch(() => null);
    if (!row) return;
    this.#open(row, true);
    this.#table.find(id);
  }

  get #table() {
    return /** @type {ConnectionTable} */ (part(this, "connection-table"));
  }

  get #bar() {
    return /** @type {SplitBar} */ (part(this, "split-bar"));
  }

  get #wire() {
    return /** @type {ConnectionWire} */ (part(this, "connection-wire"));
  }

  /**
   * @param {Row} row
   * @param {boolean} byKey
   */
  #open(row, byKey) {
    clearTimeout(this.#settling);
    const wasOpen = !this.#wire.hidden;
    if (wasOpen && this.#wire.shows(row)) {
      // Enter on a row whose wire is open leads into it
      if (byKey) this.#wire.focus();
      return;
    }
    this.#wire.show(row);
    if (wasOpen) return;
    this.#bar.hidden = false;
    this.toggleAttribute("data-open", true);
    this.#bar.fit();
    // the table has less room now
    this.#table.reveal();
  }

  /** @param {Row} row */
  #follow(row) {
    clearTimeout(this.#settling);
    if (this.#wire.hidden || this.#wire.shows(row)) return;
    this.#settling = setTimeout(() => this.#wire.show(row), SETTLED_MS);
  }

  #close() {
    clearTimeout(this.#settling);
    if (this.#wire.hidden) return false;
    this.#wire.hide();
    this.#bar.hidden = true;
    this.toggleAttribute("data-open", false);
    this.#table.focus();
    return true;
  }

  /**
   * Esc closes the wire from wherever the focus is, unless an element there uses the key itself.
   *
   * @param {KeyboardEvent} event
   */
  #onKey = (event) => {
    const taken = event.defaultPrevented || event.isComposing || hasModifier(event);
    if (event.key !== "Escape" || taken) return;
    if (this.#close()) event.preventDefault();
  };
}

customElements.define("connection-place", ConnectionPlace);
