// Which columns of the table of connections are shown at which width: the generated style sheet is
// read as a browser reads it, and its widths are added up again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { COLUMNS } = await load("connections/columns.js");
const { columnSheet } = await load("connections/column-sheet.js");

/** Padding of a row, and the widest scroll bar. */
const AROUND = 30;

/** Of which column each rule is, and what it says. @param {string} text */
const rulesOf = (text) =>
  [...text.matchAll(/connection-table \[data-col="([\w-]+)"\] \{([^{}]*)\}/g)].map(
    ([, col, body]) => ({ col, body }),
  );

/** @param {string} css */
const containersOf = (css) =>
  [
    ...css.matchAll(/@container \(max-width: (\d+)px\) \{((?:[^{}]*\{[^{}]*\})*)\s*\}/g),
  ].map(([, limit, body]) => ({ limit: Number(limit), rules: rulesOf(body) }));

/** The sheets of a table without forwarded requests, and of one with them. */
const SHEETS = [columnSheet(), columnSheet(new Map(), true)];
const [css] = SHEETS;
const containers = containersOf(css);

/**
 * What is there at a width, with the room that each takes.
 *
 * @param {number} width
 * @param {string} [sheet]
 */
function columnsAt(width, sheet = css) {
  /** @type {Map<string, number>} */
  const columns = new Map(COLUMNS.map(({ col }) => [col, 0]));
  const rules = [
    ...rulesOf(sheet.replaceAll(/@container[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}/g, "")),
    ...containersOf(sheet)
      .filter(({ limit }) => width <= limit)
      .flatMap((it) => it.rules),
  ];
  for (const { col, body } of rules) {
    const [, size] = /(?:inline-size: |flex: [\d.]+ 1 )(\d+)px/.exec(body) ?? [];
    if (body.includes("display: none")) columns.delete(col);
    else if (size && columns.has(col)) columns.set(col, Number(size));
  }
  return columns;
}

/** @param {Map<string, number>} columns */
const sum = (columns) => [...columns.values()].reduce((all, width) => all + width, AROUND);

test("every column has a width, and the columns shown at a table width fit into it", () => {
  for (const sheet of SHEETS) {
    assert.ok([...columnsAt(Infinity, sheet).values()].every((width) => width > 0));
    const containers = containersOf(sheet);
    assert.ok(containers.length > 5);
    for (const { limit } of containers) {
      const columns = columnsAt(limit + 1, sheet);
      assert.ok(
        sum(columns) <= limit + 1,
        `${[...columns.keys()]} need ${sum(columns)} px and are there from ${limit + 1} px on`,
      );
    }
    assert.ok(sum(columnsAt(400, sheet)) <= 400);
  }
});

test("a column is hidden only where it does not fit", () => {
  for (const { limit } of containers.filter(({ rules }) =>
    rules.some(({ body }) => body.includes("display: none")),
  )) {
    assert.ok(
      sum(columnsAt(limit + 1)) > limit,
      `at ${limit} px there is room for all that is there at ${limit + 1} px`,
    );
  }
});

test("the columns that identify a client and give its state are hidden last", () => {
  // the clients' own names were hidden long before their ports, how they came back at 679 px, and
  // on a phone a list of connections did not say whose they are
  const goesAt = (col) =>
    containers.find(({ rules }) =>
      rules.some((rule) => rule.col === col && rule.body.includes("display: none")),
    )?.limit ?? 0;
  const shown = COLUMNS.filter(({ forwarded }) => !forwarded).map(({ col }) => col);
  const order = shown.sort((one, other) => goesAt(one) - goesAt(other));
  assert.deepEqual(new Set(order.slice(0, 3)), new Set(["client", "state", "stream"]));
  assert.deepEqual(order.slice(3, 5), ["back", "events"]);
  // as wide as the table of a window that was never made larger
  const usual = [...columnsAt(1112).keys()];
  for (const col of ["client", "since", "back", "rate", "behind"]) {
    assert.ok(usual.includes(col), col);
  }
});

test("a table that forwards has a column for its upstreams, and no other table has", () => {
  assert.ok(![...columnsAt(Infinity).keys()].includes("upstream"));
  const [, forwards] = SHEETS;
  assert.ok(columnsAt(Infinity, forwards).has("upstream"));
  // as wide as the table of a window that was never made larger, and narrower than that
  for (const width of [1112, 740]) {
    const columns = columnsAt(width, forwards);
    for (const col of ["client", "stream", "state", "upstream", "back", "events"]) {
      assert.ok(columns.has(col), `${col} at ${width} px`);
    }
  }
});
