// What may have gone by under a name that nobody listened for, and from where to fetch it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { Hearing } = await load("hearing.js");

/** A run of a topic: everything that is kept, then live. */
function heard(...ids) {
  const hearing = new Hearing(["message", "gap"]);
  hearing.begin("earliest");
  for (const id of ids) assert.equal(hearing.arrived(id), true);
  return hearing;
}

test("a name is new once", () => {
  const hearing = heard();
  assert.deepEqual(hearing.told(["message", "gap", "price"], null), ["price"]);
  assert.deepEqual(hearing.told(["message", "gap", "price"], null), []);
  assert.equal(hearing.add("price"), false);
  assert.deepEqual(hearing.names, ["message", "gap", "price"]);
});

test("the server's account makes sure of what has arrived", () => {
  const hearing = heard("1", "2", "3");
  assert.equal(hearing.place, "earliest");
  hearing.told(["message"], "2");
  assert.equal(hearing.place, "2");
});

test("an account that is ahead of the stream waits for it", () => {
  const hearing = heard("1");
  hearing.told(["message"], "3");
  assert.equal(hearing.place, "earliest");
  hearing.arrived("2");
  assert.equal(hearing.place, "earliest");
  hearing.arrived("3");
  assert.equal(hearing.place, "3");
});

test("an account with a new name makes sure of nothing: what it counts may have gone by", () => {
  const hearing = heard("1", "2");
  hearing.told(["message"], "2");
  hearing.arrived("4");
  hearing.told(["message", "price"], "4");
  assert.equal(hearing.place, "2");
});

test("what a replay brings again is let pass once, and what went by is heard", () => {
  const hearing = heard("1", "3", "4");
  hearing.told(["message"], "1");
  assert.deepEqual(hearing.told(["price"], "4"), ["price"]);
  hearing.replay();
  assert.equal(hearing.place, "1");
  assert.deepEqual(["2", "3", "4", "5"].map((id) => hearing.arrived(id)), [true, false, false, true]);
  // an id that comes back after the replay is another event's
  assert.equal(hearing.arrived("3"), true);
});

test("a connection that is cut in a replay goes on with it", () => {
  const hearing = heard("1", "3", "4");
  hearing.told(["price"], "4");
  hearing.replay();
  assert.equal(hearing.arrived("1"), false);
  hearing.replay();
  assert.deepEqual(["1", "2", "3", "4", "5"].map((id) => hearing.arrived(id)), [false, true, false, false, true]);
});

test("a new run knows nothing of the one before", () => {
  const hearing = heard("1", "2");
  hearing.told(["message"], "2");
  hearing.replay();
  hearing.begin("earliest");
  assert.equal(hearing.place, "earliest");
  assert.equal(hearing.arrived("1"), true);
});

test("its memory is bounded, and 40,000 events are noted in no time", () => {
  const hearing = heard();
  const before = performance.now();
  for (let n = 1; n <= 40_000; n += 1) hearing.arrived(String(n));
  assert.ok(performance.now() - before < 1000);
  assert.equal(hearing.place, "35000");
});
