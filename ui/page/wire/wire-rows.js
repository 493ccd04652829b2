/**
 * Draws the pieces of a wire: the time, the exact bytes, and beside them the events that a client
 * reads. One element holds the bytes of all pieces, and another holds their events, so that a
 * selection stays within one of them. A grid aligns the two by line numbers. It keeps nothing and
 * decides nothing.
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
 * @typedef {{ seq: number, elements: HTMLElement[] }} Drawn a piece, its events, and a note of
 *   bytes that are missing before it, if any
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
   * Draws exactly these rows. They continue the last drawing; rows may have been removed or added
   * at the top.
   *
   * @param {readonly WireRow[]} rows
   */
  draw(rows) {
    const first = rows[0]?.seq ?? Infinity;
    let removed = 0;
    while (removed < this.#drawn.length && this.#drawn[removed].seq < first) {
      for (const element of this.#drawn[removed].elements) element.remove();
      removed += 1;
    }
    this.#drawn.splice(0, removed);
    const from = this.#drawn[0]?.seq ?? Infinity;
    const to = this.#drawn.at(-1)?.seq ?? -1;
    const after = rows.filter(({ seq }) => seq > to);
    const before = to < 0 ? [] : rows.filter(({ seq }) => seq < from);
    this.#add(after, "append", to >= 0 && after.length < MANY);
    this.#add(before, "prepend", false);
    if (
      before.length > 0 ||
      Number(this.#drawn[0]?.elements[0].style.getPropertyValue("--at")) > EMPTY_LINES
    ) {
      this.#renumber();
    }
  }

  /**
   * @param {readonly WireRow[]} rows
   * @param {"append" | "prepend"} where
   * @param {boolean} fresh
   */
  #add(rows, where, fresh) {
    const added = rows.map((row) => this.#make(row, fresh));
    this.#bytes[where](...added.map(({ elements }) => elements[0]));
    this.#events[where](...added.flatMap(({ elements }) => elements.slice(1)));
    if (where === "append") this.#drawn.push(...added);
    else this.#drawn.unshift(...added);
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
    bytes.toggleAttribute("data-goes-on", row.goesOn);
    bytes.dataset.time = timeOfDay(row.at_ms);
    bytes.dataset.gap = gap(row.gap);
    bytes.append(...linesNodes(row.lines));
    const events = document.createElement("div");
    events.className = "made";
    events.toggleAttribute("data-goes-on", row.goesOn);
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
    return { seq: row.seq, elements };
  }
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
