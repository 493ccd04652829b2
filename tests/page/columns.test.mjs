// Which columns of the table of connections have room at which width: the limits in connections.css are sums that
// somebody made by hand, so they are made again here.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { PAGE, load } from "./ui.mjs";

const { COLUMNS } = await load("connections/columns.js");
const css = (await readFile(path.join(PAGE, "connections/connections.css"), "utf8")).replaceAll(/\/\*[^]*?\*\//g, "");

/** Padding of a row, and the widest scroll bar. */
const AROUND = 30;

/** @param {string} selector */
const colsOf = (selector) => [...selector.matchAll(/\[data-col="([\w-]+)"\]/g)].map(([, col]) => col);

/** The rules of a sheet that are about columns: which, and what of them. @param {string} text */
function rulesOf(text) {
  return [...text.matchAll(/([^{}]+)\{([^{}]*)\}/g)]
    .filter(([, selector]) => /^\s*connection-table\s+(:is\(|\[data-col)/.test(selector))
    .map(([, selector, body]) => ({ cols: colsOf(selector), body }));
}

const containers = [...css.matchAll(/@container \(max-width: (\d+)px\) \{((?:[^{}]*\{[^{}]*\})*)\s*\}/g)]
  .map(([, limit, body]) => ({ limit: Number(limit), rules: rulesOf(body) }));

/** What is there at a width, with the room that each takes. @param {number} width */
function columnsAt(width) {
  /** @type {Map<string, number>} */
  const columns = new Map(COLUMNS.map(({ col }) => [col, 0]));
  const rules = [...rulesOf(css.replaceAll(/@container[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}/g, "")), ...containers.filter(({ limit }) => width <= limit).flatMap((it) => it.rules)];
  for (const { cols, body } of rules) {
    const [, size] = /(?:inline-size: |flex-basis: |flex: [\d.]+ [\d.]+ )(\d+)px/.exec(body) ?? [];
    for (const col of cols) {
      if (body.includes("display: none")) columns.delete(col);
      else if (size && columns.has(col)) columns.set(col, Number(size));
    }
  }
  return columns;
}

/** @param {Map<string, number>} columns */
const sum = (columns) => [...columns.values()].reduce((all, width) => all + width, AROUND);

test("every column has a width, and all that is there at a width fits into it", () => {
  assert.ok([...columnsAt(Infinity).values()].every((width) => width > 0));
  assert.ok(containers.length > 5);
  for (const { limit } of containers) {
    const columns = columnsAt(limit + 1);
    assert.ok(sum(columns) <= limit + 1, `${[...columns.keys()]} need ${sum(columns)} px and are there from ${limit + 1} px on`);
  }
  assert.ok(sum(columnsAt(400)) <= 400);
});

test("a column goes only where there is no room for it", () => {
  for (const { limit } of containers.filter(({ rules }) => rules.some(({ body }) => body.includes("display: none")))) {
    assert.ok(sum(columnsAt(limit + 1)) > limit, `at ${limit} px there is room for all that is there at ${limit + 1} px`);
  }
});

test("what people know a client by, and what became of it, stay longest", () => {
  // the names that clients give themselves went long before their ports, and how they came back at 679 px
  const goesAt = (col) => containers.find(({ rules }) => rules.some(({ cols, body }) => cols.includes(col) && body.includes("display: none")))?.limit ?? 0;
  const order = COLUMNS.map(({ col }) => col).sort((one, other) => goesAt(one) - goesAt(other));
  assert.deepEqual(new Set(order.slice(0, 4)), new Set(["state", "program", "stream", "events"]));
  assert.deepEqual(order.slice(4, 6), ["back", "client"]);
  // as wide as the table of a window that was never made larger
  const usual = [...columnsAt(1112).keys()];
  for (const col of ["client", "since", "back", "rate", "behind"]) assert.ok(usual.includes(col), col);
});
