/**
 * <connection-table>: all connections of all clients, open and ended. Every figure is the server's
 * own. There may be ten thousand rows: the server sorts and filters them, and the table requests
 * only those in view, while they are in view.
 *
 * @import { Slice } from "../server.js"
 * @import { App, Row, TableQuery, TableReader } from "../types.js"
 */

import { AS_LAST_REPORTED, matchingWords, noMatchWords, tallyWords } from "../parts/words.js";
import { TableHeader } from "./table-header.js";
import { ConnectionRows } from "./connection-rows.js";
import { Poll } from "../parts/poll.js";
import {
  FIRST_QUERY,
  MARGIN,
  MOST,
  covers,
  inView,
  placeOf,
  refreshed,
  rowAt,
  shift,
  wanted,
  widened,
} from "./viewport.js";
import { announce } from "../parts/announce.js";
import { ColumnWidths } from "./column-widths.js";
import { FirstClient } from "./first-client.js";
import { FirstMinute } from "./first-minute.js";
import { RowActs } from "./row-acts.js";
import { RowChoice } from "./row-choice.js";
import { drawHold } from "./hold-line.js";
import { hasModifier, listStep, stepIndex } from "../parts/keys.js";
import { part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";
import { errorMessage } from "../parts/error-message.js";
import { moves, sortedWords, turned } from "./columns.js";
import { newTable } from "./table-markup.js";

/** @typedef {{ slice: Slice, turn: number }} Answer its turn ends with the sort or the filter */

/** A pointer that rested for longer is not about to press. */
const AIMING_MS = 1000;

export class ConnectionTable extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {ConnectionRows | null} */
  #rows = null;
  /** @type {TableHeader | null} */
  #heads = null;
  /** @type {Poll<Answer> | null} */
  #poll = null;
  /** @type {TableQuery} */
  #query = { ...FIRST_QUERY };
  #turn = 0;
  /**
   * What is shown, and its turn.
   * @type {Answer | null}
   */
  #shown = null;
  /**
   * The connection that the cursor is on, and its last known index.
   * @type {{ id: number | null, index: number } | null}
   */
  #cursor = null;
  #hovered = false;
  /** When the pointer last moved over a row. */
  #aimedAt = -Infinity;
  #paused = false;
  /** A full answer has been fetched since the pause began. */
  #pausedWide = false;
  /** How many requests in a row have failed. */
  #failures = 0;
  /** @type {TableReader | null} */
  #reader = null;
  /** The last cursor that was reported to the reader. */
  #reportedCursor = /** @type {number | null} */ (null);
  /**
   * Where the focus was when the filter got it.
   * @type {HTMLElement | null}
   */
  #cameFrom = null;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    // before the first row is laid out, so that no column disappears later
    const sheet = new CSSStyleSheet();
    const widths = new ColumnWidths(sheet);
    document.adoptedStyleSheets.push(sheet);
    this.append(newTable());
    this.#rows = new ConnectionRows(part(this, "tbody"), app, widths, (it) => this.#allow(it));
    this.#heads = new TableHeader(
      part(this, "thead tr"),
      (sort) => this.#change(turned(this.#query, sort)),
      widths,
    );
    this.#heads.show(this.#query);
    this.#poll = new Poll({
      ask: () => this.#ask(),
      answered: (answer) => this.#answered(answer),
      failed: (reason) => this.#failed(reason),
    });
    /** @type {FirstClient} */ (part(this, "first-client")).connect(app);
    this.#first.connect(app);
    this.#choice.connect(app, part(this, "tbody"), () => this.#moved());
    const cursor = () => this.#cursor?.id ?? null;
    new RowActs(part(this, "table"), app, { rows: this.#rows, choice: this.#choice, cursor });
    this.#listen();
    app.store.on("connections", () => {
      this.#showSummary();
      this.#poll?.nudge();
    });
    app.store.on("status", () => this.#redraw());
    app.store.on("streams", () => this.#redraw());
    app.store.on("unreachable", () => {
      this.toggleAttribute("data-stale", Boolean(app.store.get("unreachable")));
      this.#showSummary();
      if (app.store.get("unreachable")) this.#showProblem(null);
    });
  }

  /** @param {TableReader} reader */
  setReader(reader) {
    this.#reader = reader;
  }

  /** To the row that the cursor is on. */
  focus() {
    this.#home.focus({ preventScroll: true });
    this.reveal();
  }

  /** The height that it needs for all its lines, with one more, so that the end is seen. */
  get fit() {
    const lines = (this.#shown?.slice.lines ?? 0) + 2;
    return part(this, ".bar").offsetHeight + lines * this.#rowHeight;
  }

  /** Scrolls as little as it takes to have the chosen row in view. */
  reveal() {
    if (this.#cursor) this.#choose(this.#cursor.index);
  }

  /** Takes the keys to the filter, until Esc takes them back. */
  askFilter() {
    const had = document.activeElement;
    this.#cameFrom = had instanceof HTMLElement && had !== document.body ? had : null;
    this.#filter.select();
    this.#filter.focus();
  }

  /**
   * Chooses the row of a connection, if it is among the rows of one answer of the server.
   *
   * @param {number} id
   */
  async find(id) {
    const { host } = /** @type {App} */ (this.#app);
    const has = (/** @type {Slice | undefined} */ slice) => (slice ? placeOf(slice, id) : -1);
    let place = has(this.#shown?.slice);
    if (place < 0) place = has(await host.slice({ ...this.#query, first: 0, count: MOST }));
    if (place < 0) return false;
    this.#choose(place);
    // if it was not in the last answer, it is drawn with the next
    if (this.#cursor) this.#cursor.id = id;
    return true;
  }

  #listen() {
    const table = part(this, "table");
    const scroller = part(this, ".scroller");
    const body = part(this, "tbody");
    table.addEventListener("keydown", this.#onKey);
    table.addEventListener("focus", this.#moved);
    table.addEventListener("blur", this.#moved);
    scroller.addEventListener("scroll", this.#moved, { passive: true });
    body.addEventListener("click", this.#onClick);
    body.addEventListener("pointerenter", ({ pointerType }) =>
      this.#hover(pointerType === "mouse"),
    );
    body.addEventListener("pointermove", () => (this.#aimedAt = performance.now()));
    body.addEventListener("pointerleave", () => this.#hover(false));
    // this also fires when the table is shown again after its place was hidden
    new ResizeObserver(() => {
      this.#heads?.fit();
      this.#moved();
    }).observe(scroller);
    document.addEventListener("visibilitychange", this.#moved);
    part(this, "[data-act=pause]").addEventListener("click", () => this.#pause(!this.#paused));
    part(this, "[data-act=clear]").addEventListener("click", () =>
      this.#change({ ended_after: Date.now() }),
    );
    part(this, "[data-act=show-all]").addEventListener("click", () =>
      this.#change({ ended_after: undefined }),
    );
    part(this, "[data-act=clear-filter]").addEventListener("click", () => this.#clearFilter());
    const filter = this.#filter;
    filter.addEventListener("input", () => this.#change({ filter: filter.value }));
    filter.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      this.#clearFilter();
    });
  }

  get #filter() {
    return /** @type {HTMLInputElement} */ (part(this, "input[name=filter]"));
  }

  /** Where the focus belongs: on the scroller while the table is empty, and so hidden. */
  get #home() {
    const table = part(this, "table");
    return table.hidden ? part(this, ".scroller") : table;
  }

  get #isVisible() {
    return !document.hidden && part(this, ".scroller").clientHeight > 0;
  }

  get #rowHeight() {
    return parseFloat(getComputedStyle(this).getPropertyValue("--line-row"));
  }

  /** The rows keep their order now, because somebody reads them and sorting would move them. */
  get #holds() {
    const reads =
      this.#hovered || (this.#cursor !== null && document.activeElement === part(this, "table"));
    return reads && moves(this.#query.sort);
  }

  /** No row comes, goes or moves now, because a press may be on its way to one. */
  get #isAimedAt() {
    return this.#hovered && performance.now() - this.#aimedAt < AIMING_MS;
  }

  /**
   * The range in view.
   *
   * @param {number} size of the table, as far as it is known
   */
  #seen(size) {
    const { scrollTop, clientHeight } = part(this, ".scroller");
    // the header is sticky, and covers one row
    const rowHeight = this.#rowHeight;
    return inView({ top: scrollTop, height: clientHeight - rowHeight }, rowHeight, size);
  }

  /** @returns {Promise<Answer> | null} */
  #ask() {
    if (!this.#isVisible) return null;
    const shown = this.#shown?.turn === this.#turn ? this.#shown.slice : null;
    if (this.#paused && this.#pausedWide && shown && covers(shown, this.#seen(shown.lines))) {
      return null;
    }
    const turn = this.#turn;
    /** @type {TableQuery} */
    const query = {
      ...this.#query,
      ...wanted(this.#seen(Infinity), this.#paused || moves(this.#query.sort)),
    };
    const wide = this.#paused;
    return /** @type {App} */ (this.#app).host.slice(query).then((slice) => {
      // a pause that began meanwhile needs more rows than this request asked for
      this.#pausedWide = wide;
      return { slice, turn };
    });
  }

  /** @param {Answer} answer */
  #answered({ slice, turn }) {
    this.#failures = 0;
    this.#showProblem(null);
    this.#reader?.answered(slice.rows);
    this.#first.answered(slice.rows);
    this.#choice.answered(slice.rows);
    if (turn !== this.#turn) return;
    const before = this.#shown?.turn === turn ? this.#shown.slice : null;
    const seen = before && this.#seen(before.lines);
    const stays = this.#holds || this.#isAimedAt;
    if (before && seen && !this.#paused && stays && covers(before, seen)) {
      this.#shown = { slice: refreshed(before, slice, this.#holds), turn };
    } else {
      this.#shown = { slice, turn };
      if (before && seen && !moves(this.#query.sort)) this.#keepInPlace(before, slice, seen.first);
    }
    this.#redraw();
  }

  /**
   * Keeps the rows in view in place when rows above them are added or removed. At the top, with no
   * row chosen, new rows come into view instead.
   *
   * @param {Slice} before
   * @param {Slice} after
   * @param {number} top
   */
  #keepInPlace(before, after, top) {
    const scroller = part(this, ".scroller");
    const id = this.#cursor?.id ?? null;
    const at = id === null ? -1 : placeOf(before, id);
    if (scroller.scrollTop === 0 && at < 0) return;
    const by = shift(before, after, at < 0 ? top : at) * this.#rowHeight;
    if (by === 0) return;
    // the height first: one cannot scroll beyond it
    part(this, "tbody").style.blockSize = `${after.lines * this.#rowHeight}px`;
    scroller.scrollTop += by;
  }

  /** @param {unknown} reason */
  #failed(reason) {
    this.#failures += 1;
    // one failure may be a hitch, and when nothing answers the status bar says so
    const { store } = /** @type {App} */ (this.#app);
    if (this.#failures > 1 && !store.get("unreachable")) this.#showProblem(errorMessage(reason));
  }

  /** @param {string | null} words */
  #showProblem(words) {
    const problem = part(this, ".problem");
    problem.hidden = words === null;
    setText(problem, words ?? "");
  }

  #showSummary() {
    const { store } = /** @type {App} */ (this.#app);
    const connections = store.get("connections");
    if (!connections) return;
    const stale = store.get("unreachable") ? `, ${AS_LAST_REPORTED}` : "";
    const summary = part(this, ".summary");
    setText(summary, tallyWords(connections) + stale);
    summary.title = summary.textContent ?? "";
  }

  #redraw() {
    nextFrame(this.#draw);
  }

  /** The view of the table changed, or the table is shown again. */
  #moved = () => {
    if (!this.#isVisible) this.#hovered = false;
    this.#redraw();
    this.#poll?.nudge();
  };

  #draw = () => {
    this.#drawHold();
    if (!this.#shown || !this.#isVisible) return;
    const { slice } = this.#shown;
    const run = widened(this.#seen(slice.lines), MARGIN, slice.lines);
    const from = Math.max(run.first, slice.first);
    const rows = slice.rows.slice(
      from - slice.first,
      Math.max(0, run.first + run.count - slice.first),
    );
    this.#settleCursor(slice);
    const cursor = this.#cursor?.id ?? null;
    this.#reportCursor(slice, cursor);
    this.#rows?.draw({
      rows,
      first: rows.length === 0 ? 0 : from,
      size: slice.lines,
      rowHeight: this.#rowHeight,
      cursor,
      isChosen: (id) => this.#choice.has(id, cursor),
      isUnfolded: this.#isUnfolded,
    });
    const table = part(this, "table");
    table.ariaRowCount = String(slice.lines + 1);
    const active = this.#rows?.elementId(cursor);
    if (active) table.setAttribute("aria-activedescendant", active);
    else table.removeAttribute("aria-activedescendant");
    // an answer of an earlier turn does not know the current filter
    if (this.#shown.turn === this.#turn) this.#drawEmpty(slice);
  };

  /**
   * @param {Slice} slice
   * @param {number | null} cursor
   */
  #reportCursor(slice, cursor) {
    if (cursor === this.#reportedCursor) return;
    const row = slice.rows.find(({ id }) => id === cursor);
    // a chosen row that is not loaded yet is reported once it is
    if (!row && cursor !== null) return;
    this.#reportedCursor = cursor;
    if (row) this.#reader?.moved(row);
  }

  /**
   * @param {boolean} byKey
   * @returns {boolean} whether there was a row to open
   */
  #open(byKey) {
    const { slice } = this.#shown ?? {};
    const row = slice && this.#cursor && rowAt(slice, this.#cursor.index);
    if (row) this.#reader?.open(row, byKey);
    return Boolean(row);
  }

  #drawHold() {
    const sorted = this.#heads?.hidesSorted ? sortedWords(this.#query) : "";
    drawHold(this, { sorted, paused: this.#paused, holds: this.#holds });
  }

  /** @param {Slice} slice */
  #drawEmpty(slice) {
    const { filter, ended_after: cleared } = this.#query;
    const filtered = filter.trim() !== "" || cleared !== undefined;
    const nobody = slice.matching === 0 && (!filtered || slice.all === 0);
    const none = slice.matching === 0 && !nobody;
    setText(part(this, ".matching"), filtered ? matchingWords(slice) : "");
    part(this, "[data-act=show-all]").hidden = cleared === undefined;
    this.#showParts({ nobody, none });
    const words = filter.trim() === "" ? "All ended connections are hidden." : noMatchWords(filter);
    if (none) setText(part(this, ".none .hint"), words);
    part(this, "[data-act=clear-filter]").hidden = filter.trim() === "";
  }

  get #choice() {
    return /** @type {RowChoice} */ (part(this, "row-choice"));
  }

  get #first() {
    return /** @type {FirstMinute} */ (part(this, "first-minute"));
  }

  /**
   * Keeps the focus in the table when its element is hidden: after a restart of the server there
   * are no rows.
   *
   * @param {{ nobody: boolean, none: boolean }} empty
   */
  #showParts({ nobody, none }) {
    const scroller = part(this, ".scroller");
    const had = document.activeElement;
    part(this, ".nobody").hidden = !nobody;
    part(this, ".none").hidden = !none;
    part(this, "table").hidden = nobody;
    if (had && scroller.contains(had) && (had === scroller || !had.checkVisibility())) {
      this.#home.focus({ preventScroll: true });
    }
  }

  /** @param {string} origin */
  async #allow(origin) {
    const { host } = /** @type {App} */ (this.#app);
    try {
      await host.allowOrigin(origin);
      this.#rows?.allowed(origin);
      this.#showProblem(null);
    } catch (reason) {
      this.#showProblem(errorMessage(reason));
    }
  }

  /**
   * Shows the connections of a client, or only its newest.
   *
   * @param {Row | undefined} row the line that stays
   * @param {boolean} isUnfolded
   */
  #fold(row, isUnfolded) {
    const group = row?.group;
    if (!row || !group || group.size === 1) return;
    const others = this.#query.unfolded?.filter((id) => id !== group.id) ?? [];
    // the server unfolds so many at once; the ones that were unfolded first are folded again
    const unfolded = isUnfolded ? [...others, group.id].slice(-MOST) : others;
    const top = part(this, ".scroller").scrollTop;
    this.#change({ unfolded });
    part(this, ".scroller").scrollTop = top;
    if (!isUnfolded) this.#cursor = null;
  }

  /** @param {Row} row */
  #isUnfolded = (row) => this.#query.unfolded?.includes(row.group?.id ?? -1) ?? false;

  /** @param {Partial<TableQuery>} change */
  #change(change) {
    this.#query = { ...this.#query, ...change };
    this.#turn += 1;
    this.#cursor = null;
    this.#choice.clear();
    this.#pausedWide = false;
    this.#heads?.show(this.#query);
    part(this, ".scroller").scrollTop = 0;
    this.#moved();
  }

  #clearFilter() {
    this.#filter.value = "";
    if (this.#query.filter !== "") this.#change({ filter: "" });
    const back = this.#cameFrom?.checkVisibility() ? this.#cameFrom : this.#home;
    this.#cameFrom = null;
    back.focus({ preventScroll: true });
  }

  /** @param {boolean} hovered */
  #hover(hovered) {
    this.#hovered = hovered;
    this.#moved();
  }

  /** @param {boolean} paused */
  #pause(paused) {
    this.#paused = paused;
    this.#pausedWide = false;
    announce(paused ? "Connections paused" : "Connections resumed");
    this.#moved();
  }

  /**
   * The cursor follows its connection. If its row was not loaded when the cursor moved there, it
   * takes the connection that is now at that index.
   *
   * @param {Slice} slice
   */
  #settleCursor(slice) {
    const cursor = this.#cursor;
    if (!cursor) return;
    if (cursor.id === null) cursor.id = rowAt(slice, cursor.index)?.id ?? null;
    const place = cursor.id === null ? -1 : placeOf(slice, cursor.id);
    if (place >= 0) cursor.index = place;
  }

  /** @param {number} index */
  #choose(index) {
    const slice = this.#shown?.slice;
    this.#cursor = { id: (slice && rowAt(slice, index)?.id) ?? null, index };
    const scroller = part(this, ".scroller");
    const rowHeight = this.#rowHeight;
    const room = scroller.clientHeight - rowHeight;
    const top = index * rowHeight;
    scroller.scrollTop = Math.min(top, Math.max(scroller.scrollTop, top + rowHeight - room));
    this.#moved();
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    // buttons in the header and in rows handle their own keys
    if (event.target !== event.currentTarget) return;
    const step = listStep(event);
    const size = this.#shown?.slice.lines ?? 0;
    if (step && size > 0) {
      const inView = Math.max(
        1,
        Math.floor(part(this, ".scroller").clientHeight / this.#rowHeight) - 2,
      );
      const from = this.#cursor?.index ?? -1;
      const to = stepIndex(step, from, size, inView);
      this.#choose(to);
      if (event.shiftKey) this.#choice.extend(this.#shown?.slice, from, to);
      else this.#choice.clear();
    } else if (event.key === " " && !hasModifier(event)) {
      this.#pause(!this.#paused);
    } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && !hasModifier(event)) {
      const { slice } = this.#shown ?? {};
      const row = slice && this.#cursor ? rowAt(slice, this.#cursor.index) : undefined;
      this.#fold(row, event.key === "ArrowRight");
    } else if (event.key === "Enter" && !hasModifier(event)) {
      if (!this.#open(true)) return;
    } else if (event.key === "Escape" && this.#choice.clear()) {
      // the first Esc lets go of the chosen rows
    } else if (event.key === "Escape" && this.#reader?.close()) {
      // the next closes the wire, and the one behind it clears the cursor
    } else if (event.key === "Escape" && this.#cursor !== null) {
      this.#cursor = null;
      this.#moved();
    } else {
      return;
    }
    event.preventDefault();
  };

  /** @param {MouseEvent} event */
  #onClick = (event) => {
    const target = /** @type {Element} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest("[data-connection]"));
    if (row && target.closest("[data-act=fold]")) {
      const shown = this.#shown?.slice.rows.find(({ id }) => id === Number(row.dataset.connection));
      if (shown) this.#fold(shown, !this.#isUnfolded(shown));
      return;
    }
    // a click on a button, or the end of a text selection, chooses nothing
    if (!row || target.closest("button") || !getSelection()?.isCollapsed) return;
    const slice = this.#shown?.slice;
    const place = slice ? placeOf(slice, Number(row.dataset.connection)) : -1;
    if (place < 0) return;
    part(this, "table").focus({ preventScroll: true });
    const from = this.#cursor?.index ?? -1;
    this.#choose(place);
    if (!this.#choice.clicked(event, slice, from, place)) this.#open(false);
  };
}

customElements.define("connection-table", ConnectionTable);
