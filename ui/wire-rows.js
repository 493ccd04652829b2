/**
 * Draws the pieces of a wire: when, the exact bytes, and beside them what a client makes of them. The bytes of all
 * pieces are in one element and their events in another, so that a selection goes along one of the two; a grid brings
 * them together again, by the number of the line that each piece has in it. It keeps nothing and decides nothing.
 *
 * @import { WireEvent } from "./types.js"
 * @import { WireRow } from "./wire-log.js"
 */

import { gap, preview, timeOfDay } from "./format.js";
import { lineNodes } from "./wire-lines.js";
import { lostHereWords } from "./words.js";

/** Lines of the grid that may stand empty at its top before all get new numbers. */
const EMPTY_LINES = 400;

/** @typedef {{ seq: number, elements: HTMLElement[] }} Drawn a piece, its events, and what is missing before it */

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
   * Brings what is drawn to these rows: the oldest may have gone, and newer ones have come.
   *
   * @param {readonly WireRow[]} rows
   * @param {boolean} fresh the new ones have just arrived
   */
  draw(rows, fresh) {
    const first = rows[0]?.seq ?? Infinity;
    let gone = 0;
    while (gone < this.#drawn.length && this.#drawn[gone].seq < first) {
      for (const element of this.#drawn[gone].elements) element.remove();
      gone += 1;
    }
    this.#drawn.splice(0, gone);
    const last = this.#drawn.at(-1)?.seq ?? -1;
    const added = rows.filter(({ seq }) => seq > last).map((row) => this.#make(row, fresh));
    this.#bytes.append(...added.map(({ bytes }) => bytes));
    this.#events.append(...added.flatMap(({ beside }) => beside));
    for (const { seq, bytes, beside } of added) this.#drawn.push({ seq, elements: [bytes, ...beside] });
    this.#renumber();
  }

  /** @returns {readonly HTMLElement[]} where the bytes of each piece stand */
  get pieces() {
    return this.#drawn.map(({ elements }) => elements[0]);
  }

  #renumber() {
    const first = this.#drawn[0]?.elements[0];
    if (!first || Number(first.style.getPropertyValue("--at")) < EMPTY_LINES) return;
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
   * @param {boolean} fresh
   */
  #make(row, fresh) {
    const bytes = document.createElement("span");
    bytes.className = fresh ? "part fresh" : "part";
    bytes.dataset.time = timeOfDay(row.at_ms);
    bytes.dataset.gap = gap(row.gap);
    for (const { line, parts } of row.lines) bytes.append(...lineNodes(line, parts));
    const events = document.createElement("div");
    events.className = "made";
    events.append(...row.events.map(newEvent));
    const beside = [events];
    // what is missing before the first of all pieces is said above them
    if (row.lost > 0 && row.seq > 0) beside.push(newLost(row.lost));
    this.#place([bytes, ...beside]);
    return { seq: row.seq, bytes, beside };
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
function newEvent({ kind, event, id, data, text, ms }) {
  const element = document.createElement("p");
  element.className = kind;
  if (kind === "event") {
    element.append(newWord("name", event ?? ""), newWord("id", id ?? ""), newWord("data", preview(data ?? "")));
    element.title = data ?? "";
  } else if (kind === "comment") {
    element.append(newWord("what", "comment"), newWord("data", preview(text ?? "")));
    element.title = text ?? "";
  } else {
    element.append(newWord("what", "retry"), newWord("data", `${ms} ms`));
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
  word.textContent = text;
  return word;
}
