import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { Ring } = await load("panel/ring.js");

const arrival = (data) => ({
  at: 0,
  gap: null,
  id: data,
  event: "message",
  data,
  notice: null,
  resumed: null,
});
const dataOf = (view) => Array.from({ length: view.size }, (_, index) => view.at(index).data);
const filled = (ring, ...data) => data.forEach((each) => ring.push(arrival(each))) ?? ring;

test("keeps the newest and counts what it drops", () => {
  const ring = filled(new Ring(3), "1", "2", "3", "4", "5");
  assert.deepEqual(dataOf(ring), ["3", "4", "5"]);
  assert.deepEqual([ring.size, ring.first, ring.next, ring.dropped], [3, 2, 5, 2]);
});

test("a weight beyond the bound drops the oldest, but never the newest", () => {
  const ring = filled(new Ring(10, 5), "aa", "bb", "cc");
  assert.deepEqual(dataOf(ring), ["bb", "cc"]);
  filled(ring, "one that is too heavy alone");
  assert.deepEqual(dataOf(ring), ["one that is too heavy alone"]);
  filled(ring, "d");
  assert.deepEqual(dataOf(ring), ["d"]);
  assert.equal(ring.dropped, 4);
});

test("clear resets the counts and uses no number twice", () => {
  const ring = filled(new Ring(2), "1", "2", "3");
  ring.clear();
  assert.deepEqual([ring.size, ring.first, ring.dropped], [0, 3, 0]);
  filled(ring, "4");
  assert.deepEqual([dataOf(ring), ring.first], [["4"], 3]);
});

test("a snapshot stays as it was while the ring continues", () => {
  const ring = filled(new Ring(3), "1", "2", "3");
  const held = ring.snapshot();
  filled(ring, "4", "5", "6", "7");
  assert.deepEqual([dataOf(held), held.first, held.size], [["1", "2", "3"], 0, 3]);
  ring.clear();
  assert.deepEqual(dataOf(held), ["1", "2", "3"]);
});

test("an index outside the ring throws", () => {
  const ring = filled(new Ring(3), "1");
  assert.throws(() => ring.at(1), RangeError);
  assert.throws(() => ring.at(-1), RangeError);
});

test("40,000 arrivals stay within bounds, and take less than a second", () => {
  const ring = new Ring(1000);
  const before = performance.now();
  for (let n = 1; n <= 40_000; n += 1) ring.push(arrival(String(n)));
  assert.ok(performance.now() - before < 1000);
  assert.deepEqual([ring.size, ring.dropped, ring.at(999).data], [1000, 39_000, "40000"]);
});

// In a list with one event and nine empty rows, choosing that event hid the next one.
test("a copy of the oldest few has room for those that follow", () => {
  const ring = new Ring(5);
  filled(ring, "a", "b", "c");
  const view = ring.snapshot(2);
  assert.deepEqual([view.first, view.size, view.at(1).id], [0, 2, "b"]);
  assert.equal(ring.snapshot(9).size, 3);
});
