// What the page says of the engine that keeps the topics of several nodes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { fateWords } = await load("parts/words.js");
const { engineFacts, engineLine, engineProblems } = await load("streams/engine-words.js");

const AT = new Date(2026, 0, 2, 12, 3, 4, 567).getTime();
const THERE = {
  place: "redis://host:6379", master: null, node: "b", state: "there", since_ms: AT, error: null,
  lives: 0, reconnects: 0, nodes: 3, names: ["a", "b", "c"], followed: 2, waiting: 0, skipped: 0,
  warnings: [],
};
const engine = (more) => ({ ...THERE, ...more });

test("the line says how many nodes there are, or that the engine is away, and since when", () => {
  assert.equal(engineLine(engine({})), "3 nodes, connected since 12:03:04");
  assert.equal(engineLine(engine({ nodes: 1 })), "1 node, connected since 12:03:04");
  assert.equal(engineLine(engine({ nodes: 0 })), "Engine, connected since 12:03:04");
  assert.equal(engineLine(engine({ state: "lost" })), "Engine lost since 12:03:04");
  const connecting = engineLine(engine({ state: "connecting" }));
  assert.equal(connecting, "Connecting to the engine since 12:03:04");
});

test("an error is told while the engine is away, a warning always", () => {
  const error = "wrong password";
  assert.deepEqual(engineProblems(engine({ error })), [], "it is over");
  assert.deepEqual(engineProblems(engine({ state: "lost", error })), [error]);
  const both = engine({ state: "connecting", error, warnings: ["eviction"] });
  assert.deepEqual(engineProblems(both), [error, "eviction"]);
});

test("this node is marked among the nodes, and is there before others were heard of", () => {
  const nodes = (more) => new Map(engineFacts(engine(more))).get("Nodes");
  assert.equal(nodes({}), "b (this one), a, c");
  assert.equal(nodes({ names: [], nodes: 0 }), "b (this one)");
});

test("the master that Sentinels named is behind their names", () => {
  const place = (more) => new Map(engineFacts(engine(more))).get("Engine");
  assert.equal(place({}), "redis://host:6379");
  const sentinels = { place: "redis+sentinel://host:26379/main", master: "10.0.0.7:6379" };
  assert.equal(place(sentinels), "redis+sentinel://host:26379/main (master 10.0.0.7:6379)");
});

test("entries by hand are told of where there are any", () => {
  const names = (more) => engineFacts(engine(more)).map(([name]) => name);
  assert.ok(!names({}).includes("Skipped entries"));
  assert.ok(names({ skipped: 2 }).includes("Skipped entries"));
});

test("a row without a place in its topic says what it waits for", () => {
  assert.equal(fateWords({ state: "open", blocked: false, waits: true }), "waiting for the engine");
  assert.equal(fateWords({ state: "open", blocked: false }), "open");
});
