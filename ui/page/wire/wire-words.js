/**
 * The words for a wire: how much of it there is, what stood before it, and why there is nothing to
 * see. Pure.
 *
 * @import { RowView } from "../server.js"
 * @import { WireLog } from "./wire-log.js"
 */

import { hadAll } from "../parts/words.js";
import { several } from "../parts/format.js";

/**
 * What a wire says of itself.
 *
 * @typedef {"rows" | "pieces" | "bytes" | "taken" | "on" | "heard" | "beganLate" | "isFull"} Key
 * @typedef {Pick<WireLog, Key>} Kept
 */

/**
 * How much of a wire there is, and how much is not: `12 pieces, 1,234 bytes kept, 120 bytes not
 * kept`. Together the bytes are those that the server says were taken.
 *
 * @param {Kept} wire
 */
export function keptWords({ pieces, bytes, taken }) {
  const kept = `${several(pieces, "piece")}, ${several(bytes, "byte")} kept`;
  return taken > bytes ? `${kept}, ${several(taken - bytes, "byte")} not kept` : kept;
}

/**
 * What stood before the first piece; nothing where that is the first byte.
 *
 * @param {Kept} wire
 */
export function beforeWords({ rows, beganLate, isFull }) {
  const before = rows[0]?.offset ?? 0;
  if (before === 0) return "";
  if (isFull) return `the first ${several(before, "byte")} are no longer kept`;
  const since = beganLate ? "keeping began when you looked" : "kept since it was first looked at";
  return `${since}: ${several(before, "byte")} went before`;
}

/** @param {number} bytes */
export const lostHereWords = (bytes) => `${several(bytes, "byte")} not kept here`;

export const unknownIdTitle = "Its last event id is not known: it was given before what is kept";

/**
 * Why there is nothing to see.
 *
 * @param {RowView} row
 * @param {boolean} gone it is no longer in the table
 * @param {Kept} wire
 */
export function noWireWords(row, gone, { heard, taken, on }) {
  if (hadAll(row)) return "It was told that nothing is left to send: there is no stream to see.";
  if (row.state === "refused") return "It was refused: there is no stream to see.";
  if (gone) {
    return "It is no longer in the table, and what it was sent is not kept: choose another.";
  }
  if (!heard) return "";
  if (taken === 0) {
    return row.state === "open"
      ? "Nothing has been sent yet."
      : "Nothing was sent before it ended.";
  }
  if (on) {
    return `Keeping began when you looked: ${several(taken, "byte")} went before. What is sent from now on comes here.`;
  }
  return `What it was sent is not kept: ${several(taken, "byte")}. Look while a connection is open, and its bytes are.`;
}

/** @param {string} filter */
export const noPieceWords = (filter) =>
  `Nothing here matches “${filter.trim()}”: a piece or its events must have each of its words.`;
