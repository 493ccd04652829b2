/**
 * Which part of the table of connections is looked at, and what stays where while somebody reads.
 * Pure: no document, no clock, so that every case of it is tested by itself.
 *
 * @import { Slice } from "../server.js"
 * @import { Look, Row } from "../types.js"
 */

/** The server hands out no more rows at once. */
export const MOST = 200;
/** Rows asked for and drawn beyond each edge of what is in view. */
export const MARGIN = 12;

/**
 * A run of places in the table.
 *
 * @typedef {object} Run
 * @property {number} first
 * @property {number} count
 */

/**
 * What a new table shows: open ones above those that ended, newest first.
 *
 * @type {Readonly<Pick<Look, "sort" | "descending" | "filter">>}
 */
export const FIRST_LOOK = { sort: "state", descending: false, filter: "" };

/**
 * The places that are in view, whole or in part.
 *
 * @param {{ top: number, height: number }} view how far it is scrolled, and the height that rows
 *   have there
 * @param {number} rowHeight
 * @param {number} size of the table, in rows
 * @returns {Run}
 */
export function inView({ top, height }, rowHeight, size) {
  const from = Math.min(Math.max(0, Math.floor(top / rowHeight)), Math.max(0, size - 1));
  const to = Math.min(size, Math.ceil((top + height) / rowHeight));
  return { first: from, count: Math.max(0, to - from) };
}

/**
 * A run with so many rows more at each edge, never more than the server hands out.
 *
 * @param {Run} run
 * @param {number} margin
 * @param {number} size of the table; a run that ends with it begins so much earlier
 * @returns {Run}
 */
export function widened({ first, count }, margin, size) {
  const room = Math.min(margin, Math.floor((MOST - Math.min(count, MOST)) / 2));
  const from = Math.max(0, first - room);
  const to = Math.min(size, first + Math.min(count, MOST) + room);
  return { first: from, count: Math.max(0, to - from) };
}

/**
 * What to ask the server for. A table that is not known yet may be of any size.
 *
 * @param {Run} seen
 * @param {boolean} wide as much as there is in one answer: what is held must be found again,
 *   wherever it moved
 * @returns {Run}
 */
export function wanted(seen, wide) {
  const { first, count } = widened(seen, wide ? MOST : MARGIN, Infinity);
  return { first, count: wide ? MOST : Math.max(1, count) };
}

/**
 * Whether the places are among those of the slice, as far as there are any.
 *
 * @param {Slice} slice
 * @param {Run} run
 */
export function covers({ first, rows, matching }, run) {
  const to = Math.min(matching, run.first + run.count);
  return run.first >= to || (run.first >= first && to <= first + rows.length);
}

/**
 * The held rows in their order with the new figures. One that is not in the answer has moved too
 * far away, or is gone: it keeps the figures that it had, and is marked.
 *
 * @param {Slice} held
 * @param {Slice} fresh
 * @returns {Slice}
 */
export function refreshed(held, fresh) {
  const now = new Map(fresh.rows.map((row) => [row.id, row]));
  const rows = held.rows.map((row) => now.get(row.id) ?? { ...row, stale: true });
  return { ...fresh, first: held.first, matching: held.matching, rows };
}

/**
 * By how many places the rows that are read have moved down (or up, if below 0) from one slice to
 * the next: by the first of them that is in both.
 *
 * @param {Slice} before
 * @param {Slice} after
 * @param {number} from the place of the row that is to stay where it is, if it can
 */
export function shift(before, after, from) {
  const places = new Map(after.rows.map(({ id }, index) => [id, after.first + index]));
  for (let index = Math.max(0, from - before.first); index < before.rows.length; index += 1) {
    const place = places.get(before.rows[index].id);
    if (place !== undefined) return place - (before.first + index);
  }
  return 0;
}

/**
 * The row at a place.
 *
 * @param {Slice} slice
 * @param {number} index
 * @returns {Row | undefined}
 */
export const rowAt = ({ first, rows }, index) => rows[index - first];

/**
 * The place of a row, or -1 when the slice does not have it.
 *
 * @param {Slice} slice
 * @param {number} id
 */
export function placeOf({ first, rows }, id) {
  const index = rows.findIndex((row) => row.id === id);
  return index < 0 ? -1 : first + index;
}
