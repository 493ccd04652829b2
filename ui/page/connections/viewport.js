/**
 * Which part of the table of connections is in view, and which rows stay where they are while
 * somebody reads. Pure: no document and no clock, so that every case can be tested.
 *
 * @import { Slice } from "../server.js"
 * @import { Row, TableQuery } from "../types.js"
 */

/** The server hands out no more rows at once. */
export const MOST = 200;
/** Rows requested and drawn beyond each edge of the view. */
export const MARGIN = 12;

/**
 * A range of indexes in the table.
 *
 * @typedef {object} Run
 * @property {number} first
 * @property {number} count
 */

/**
 * What a new table shows: a line for each client, open ones above those that ended, newest first.
 *
 * @type {Readonly<TableQuery>}
 */
export const FIRST_QUERY = {
  sort: "state",
  descending: false,
  filter: "",
  grouped: true,
  unfolded: [],
  first: 0,
  count: 0,
};

/**
 * The rows that are in view, in whole or in part.
 *
 * @param {{ top: number, height: number }} view how far it is scrolled, and the height that its
 *   rows can use
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
 * The range with `margin` more rows at each edge, at most as many as the server hands out.
 *
 * @param {Run} run
 * @param {number} margin
 * @param {number} size of the table, in rows
 * @returns {Run}
 */
export function widened({ first, count }, margin, size) {
  const room = Math.min(margin, Math.floor((MOST - Math.min(count, MOST)) / 2));
  const from = Math.max(0, first - room);
  const to = Math.min(size, first + Math.min(count, MOST) + room);
  return { first: from, count: Math.max(0, to - from) };
}

/**
 * The range to request from the server. A table that is not known yet may have any size.
 *
 * @param {Run} seen
 * @param {boolean} wide request a full answer, so that held rows are found wherever they moved
 * @returns {Run}
 */
export function wanted(seen, wide) {
  const { first, count } = widened(seen, wide ? MOST : MARGIN, Infinity);
  return { first, count: wide ? MOST : Math.max(1, count) };
}

/**
 * Whether the slice has all rows of the range that exist.
 *
 * @param {Slice} slice
 * @param {Run} run
 */
export function covers({ first, rows, lines }, run) {
  const to = Math.min(lines, run.first + run.count);
  return run.first >= to || (run.first >= first && to <= first + rows.length);
}

/**
 * The held rows in their order, with new figures. A row that is not in the answer has moved too far
 * away or was removed: it keeps its figures.
 *
 * @param {Slice} held
 * @param {Slice} fresh
 * @param {boolean} marksStale whether such a row is marked: its figures may be old
 * @returns {Slice}
 */
export function refreshed(held, fresh, marksStale) {
  const now = new Map(fresh.rows.map((row) => [row.id, row]));
  const rows = held.rows.map((row) => now.get(row.id) ?? { ...row, stale: marksStale });
  return { ...fresh, first: held.first, lines: held.lines, rows };
}

/**
 * How many rows down (or up, if below 0) the rows that are read have moved from one slice to the
 * next, measured by the first that is in both.
 *
 * @param {Slice} before
 * @param {Slice} after
 * @param {number} from the index of the row that should stay in place
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
 * The row at an index.
 *
 * @param {Slice} slice
 * @param {number} index
 * @returns {Row | undefined}
 */
export const rowAt = ({ first, rows }, index) => rows[index - first];

/**
 * The index of a row, or -1 when the slice does not have it.
 *
 * @param {Slice} slice
 * @param {number} id
 */
export function placeOf({ first, rows }, id) {
  const index = rows.findIndex((row) => row.id === id);
  return index < 0 ? -1 : first + index;
}
