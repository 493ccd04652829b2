// What is typed and shown of an upstream's room.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { roomPath, typedRoom } = await load("faults/upstream-words.js");

test("a room is typed with or without its sign, and nothing is the whole port", () => {
  for (const typed of ["live", " live ", "@live", "/@live", "/@live/"]) {
    assert.equal(typedRoom(typed), "live");
  }
  for (const typed of ["", " ", "@", "/@/"]) assert.equal(typedRoom(typed), null);
  assert.deepEqual([roomPath("live"), roomPath(null)], ["/@live/", "/"]);
});
