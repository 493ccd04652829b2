/**
 * The style sheet of the columns: the width of each, and which are shown at which table width. It
 * is generated from the list in columns.js. Pure.
 *
 * @import { Column } from "./columns.js"
 */

import { COLUMNS, NARROWS } from "./columns.js";

/** Padding of a row, and the widest scroll bar. */
const AROUND = 30;

/**
 * The style sheet, the limits of a wide table first.
 *
 * @param {ReadonlyMap<string, number>} [dragged] the widths that a person gave to columns
 * @param {boolean} [forwards] whether the table has the columns of requests that were forwarded
 */
export function columnSheet(dragged = new Map(), forwards = false) {
  const hidden = COLUMNS.filter(({ forwarded }) => forwarded && !forwards);
  const columns = COLUMNS.filter((column) => !hidden.includes(column)).map((column) => {
    const width = dragged.get(column.col);
    return width === undefined ? column : { ...column, width, narrow: width, grows: undefined };
  });
  const turns = new Set([NARROWS, ...columns.flatMap(({ goes }) => goes ?? [])]);
  const limits = [...turns]
    .sort((one, other) => one - other)
    .map((turn) => limitAt(turn, columns));
  return [
    ...hidden.map((column) => ruleOf(column, "display: none")),
    ...columns.map((column) => widthOf(column, column.width)),
    ...limits,
  ].join("\n");
}

/**
 * The rules for a table too narrow for all columns that are left at this turn.
 *
 * @param {number} turn
 * @param {readonly Column[]} columns
 */
function limitAt(turn, columns) {
  const left = columns.filter(({ goes = Infinity }) => goes >= turn);
  const widths = left.map(({ width, narrow = width }) => (turn > NARROWS ? narrow : width));
  const room = widths.reduce((sum, width) => sum + width, AROUND);
  const rules = left.flatMap((column) => {
    if (column.goes === turn) return ruleOf(column, "display: none");
    return turn === NARROWS && column.narrow ? widthOf(column, column.narrow) : [];
  });
  return `@container (max-width: ${room - 1}px) { ${rules.join(" ")} }`;
}

/** @param {Column} column @param {number} width */
const widthOf = (column, width) =>
  ruleOf(column, column.grows ? `flex: ${column.grows} 1 ${width}px` : `inline-size: ${width}px`);

/** @param {Column} column @param {string} rule */
const ruleOf = ({ col }, rule) => `connection-table [data-col="${col}"] { ${rule} }`;
