/**
 * Draws the pieces of a wire: the time, the exact bytes, and beside them the events that a client
 * reads. A piece of several events has a row for each, and its time beside the first. One element
 * holds the bytes of all pieces, and another holds their events, so that a selection stays within
 * one of them. A grid aligns the two by line numbers. It keeps nothing and decides nothing.
 *
 * @import { WireEvent } from "../server.js"
 * @import { WireRow } from "./wire-log.js"
 */

import { gap, preview, timeOfDay } from "../parts/format.js";
import { linesNodes, textNodes } from "../bytes/lines.js";
import { lostHereWords, unknownIdTitle } from "./wire-words.js";

/** Empty lines at the top of the grid, above which all lines are renumbered. */
const EMPTY_LINES = 400;
/** With more new pieces than this, none is marked as new. */
const MANY = 20;

/** A piece with more lines or bytes may be higher than the view: its time and events are sticky. */
const LONG_LINES = 6;
const LONG_BYTES = 480;

/**
 * @typedef {object} Drawn a row
 * @property {WireRow} row
 * @property {HTMLElement[]} elements its bytes, its events, and a note of bytes that are missing
 *   before it, if any
 */

export class WireRows {
  #bytes;
  #events;
  /** @type {Drawn[]} oldest first */
  #drawn = [];
  /** The next free line of the grid. */
  #line = 1;

  /**
   * @param {HTMLElement} bytes
   * @param {HTMLElement} events
   */
  constructor(bytes, events) {
    this.#bytes = bytes;
    this.#events = events;
  }

  clear() {
    this.#bytes.replaceChildren();
    this.#events.replaceChildren();
    this.#drawn = [];
    this.#line = 1;
  }

  /**
   * Draws exactly these rows. Those that are drawn already stay, so that a letter more in a filter
   * costs what it takes away.
   *
   * @param {readonly WireRow[]} rows
   * @param {boolean} follows they are the last drawing and what came since
   */
  draw(rows, follows) {
    const had = this.#drawn;
    const newest = had.at(-1)?.row.seq ?? -1;
    const added = rows.length - firstAfter(rows, newest);
    const fresh = follows && newest >= 0 && added < MANY;
    /** @type {Drawn[]} */
    const drawn = [];
    /** The bytes and events to insert before the next drawn row. @type {Drawn[]} */
    let waiting = [];
    let isInserted = false;
    let at = 0;
    const insert = (/** @type {Drawn | undefined} */ next) => {
      if (waiting.length === 0) return;
      isInserted ||= next !== undefined;
      const [bytes, events] = next?.elements ?? [null, null];
      insertBefore(this.#bytes, waiting.map(({ elements }) => elements[0]), bytes);
      // the note of missing bytes is among the events, behind its row's
      insertBefore(this.#events, waiting.flatMap(({ elements }) => elements.slice(1)), events);
      waiting = [];
    };
    for (const row of rows) {
      for (; at < had.length && had[at].row.seq < row.seq; at += 1) remove(had[at]);
      const same = had[at]?.row.seq === row.seq ? had[at] : null;
      if (same) {
        // a mark that fades on beside newer ones would have the window drawn between two pieces
        const [bytes] = same.elements;
        if (added > 0 && bytes.classList.contains("fresh")) bytes.classList.remove("fresh");
        insert(same);
        drawn.push(same);
        at += 1;
      } else {
        const made = this.#make(row, fresh && row.seq > newest);
        waiting.push(made);
        drawn.push(made);
      }
    }
    for (; at < had.length; at += 1) remove(had[at]);
    insert(undefined);
    this.#drawn = drawn;
    this.#drawTimes();
    if (isInserted || this.#line > drawn.length * 2 + EMPTY_LINES) this.#renumber();
  }

  /** The time of a piece stands beside the first of its rows that is drawn. */
  #drawTimes() {
    this.#drawn.forEach(({ row, elements: [bytes] }, index) => {
      const isFirst = this.#drawn[index - 1]?.row.piece !== row.piece;
      if (bytes.hasAttribute("data-goes-on") === !isFirst) return;
      for (const element of this.#drawn[index].elements.slice(0, 2)) {
        element.toggleAttribute("data-goes-on", !isFirst);
      }
    });
  }

  /** @returns {readonly HTMLElement[]} the elements of the pieces' bytes */
  get pieces() {
    return this.#drawn.map(({ elements }) => elements[0]);
  }

  #renumber() {
    this.#line = 1;
    for (const { elements } of this.#drawn) this.#place(elements);
  }

  /** @param {HTMLElement[]} elements of one piece */
  #place([bytes, events, lost]) {
    if (lost) {
      lost.style.setProperty("--at", String(this.#line));
      this.#line += 1;
    }
    bytes.style.setProperty("--at", String(this.#line));
    events.style.setProperty("--at", String(this.#line));
    this.#line += 1;
  }

  /**
   * @param {WireRow} row
   * @param {boolean} fresh it has just arrived
   * @returns {Drawn}
   */
  #make(row, fresh) {
    const bytes = document.createElement("span");
    bytes.className = fresh ? "part fresh" : "part";
    bytes.dataset.time = timeOfDay(row.at_ms);
    bytes.dataset.gap = gap(row.gap);
    bytes.append(...linesNodes(row.lines));
    const events = document.createElement("div");
    events.className = "made";
    const stays = document.createElement("div");
    stays.append(...row.events.map(newEvent));
    events.append(stays);
    const elements = [bytes, events];
    // a note above the grid reports what is missing before the first piece
    if (row.lost > 0 && row.seq > 0) elements.push(newLost(row.lost));
    // only these: a thousand sticky elements would slow down scrolling
    if (row.lines.length > LONG_LINES || row.bytes.length > LONG_BYTES) {
      for (const element of [bytes, events]) element.toggleAttribute("data-long", true);
    }
    this.#place(elements);
    return { row, elements };
  }
}

/** @param {Drawn} row */
function remove({ elements }) {
  for (const element of elements) element.remove();
}

/**
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} elements
 * @param {HTMLElement | null} next
 */
function insertBefore(parent, elements, next) {
  const all = document.createDocumentFragment();
  all.append(...elements);
  parent.insertBefore(all, next);
}

/**
 * @param {readonly WireRow[]} rows
 * @param {number} seq
 */
function firstAfter(rows, seq) {
  let from = rows.length;
  while (from > 0 && rows[from - 1].seq > seq) from -= 1;
  return from;
}

/** @param {number} bytes */
function newLost(bytes) {
  const lost = document.createElement("p");
  lost.className = "lost";
  lost.textContent = lostHereWords(bytes);
  return lost;
}

/** @param {WireEvent} event */
function newEvent(event) {
  const element = document.createElement("p");
  element.className = event.kind;
  if (event.kind === "event") {
    const name = newWord("name", event.event);
    if (event.id === null) name.title = unknownIdTitle;
    element.append(name, newWord("id", event.id ?? ""), newWord("data", preview(event.data)));
    element.title = event.data;
  } else if (event.kind === "comment") {
    element.append(newWord("what", "comment"), newWord("data", preview(event.text)));
    element.title = event.text;
  } else {
    element.append(newWord("what", "retry"), newWord("data", `${event.ms} ms`));
  }
  return element;
}

/**
 * @param {string} className
 * @param {string} text
 */
function newWord(className, text) {
  const word = document.createElement("bdi");
  word.className = className;
  word.append(...textNodes(text));
  return word;
}
