/**
 * <connection-place>: the timeline, the table of connections, and below it the wire of the chosen
 * connection while that is open. The wire follows the table's cursor only after a pause. Each wire
 * that is viewed makes the server keep its bytes, and a person who moves along the rows passes most
 * of them.
 *
 * @import { App, Row } from "../types.js"
 */

import { ConnectionTable } from "./connection-table.js";
import { ConnectionWire } from "../wire/connection-wire.js";
import { SplitBar } from "../parts/split-bar.js";
import { StreamTimeline } from "../timeline/stream-timeline.js";
import { announce } from "../parts/announce.js";
import { hasModifier } from "../parts/keys.js";
import { part } from "../parts/dom.js";
import { timelineBounds } from "../parts/split-share.js";

/** The share of the table beside a wire, in percent, until a person chooses one. */
const MOST_OF_TABLE = 45;
/** Longer than the pause between two presses of a key that is held down. */
const SETTLED_MS = 150;

/** The timeline gets no more of the place by itself, in percent. */
const MOST_OF_TIMELINE = 40;

export class ConnectionPlace extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  /** @type {App | null} */
  #app = null;
  #height = 0;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.#upperBar.connect("Height of the timeline and the table", () => this.#table.reveal(), {
      property: "--timeline",
      limits: timelineBounds,
    });
    this.#timeline.onopen = ({ connection, atMs }) =>
      this.#openAt(connection, false, atMs);
    this.#timeline.connect(app);
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
    new ResizeObserver(() => {
      this.#bar.fit();
      this.#upperBar.fit();
      // somebody came here: nothing is seen to move now
      if (this.#height === 0 && this.clientHeight > 0) this.#fitTimeline();
      this.#height = this.clientHeight;
    }).observe(this);
    this.addEventListener("keydown", this.#onKey);
  }

  /** Takes the keys to the filter. */
  find() {
    this.#table.askFilter();
  }

  /**
   * Opens the wire of a connection for whoever comes from another place.
   *
   * @param {number} id
   */
  show(id) {
    return this.#openAt(id, true);
  }

  get #table() {
    return /** @type {ConnectionTable} */ (part(this, "connection-table"));
  }

  get #bar() {
    return /** @type {SplitBar} */ (part(this, ".lower > split-bar"));
  }

  get #upperBar() {
    return /** @type {SplitBar} */ (part(this, "split-bar.upper"));
  }

  get #timeline() {
    return /** @type {StreamTimeline} */ (part(this, "stream-timeline"));
  }

  /** The timeline is as high as its lanes, unless a person chose another height. */
  #fitTimeline() {
    if (this.clientHeight === 0) return;
    const share = (this.#timeline.fit / this.clientHeight) * 100;
    this.#upperBar.suggest(Math.min(MOST_OF_TIMELINE, share));
  }

  /**
   * Opens the wire of a connection whose row may be out of view, or gone.
   *
   * @param {number} id
   * @param {boolean} byKey
   * @param {number} [atMs] goes to the piece of this moment
   */
  async #openAt(id, byKey, atMs) {
    const { host } = /** @type {App} */ (this.#app);
    const row = await host.row(id).catch(() => null);
    if (!row) {
      announce(`#${id} is no longer in the table`);
      return;
    }
    this.#open(row, byKey);
    if (atMs !== undefined) this.#wire.seek(atMs);
    await this.#table.find(id).catch(() => false);
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
    // a short table leaves its room to the wire
    const lower = /** @type {HTMLElement} */ (this.#bar.parentElement);
    const share = (this.#table.fit / lower.clientHeight) * 100;
    this.#bar.suggest(Math.min(MOST_OF_TABLE, share));
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
