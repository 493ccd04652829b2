// The keys that the page has, and the dialog that lists them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { keyGroups } = await load("frame/key-groups.js");
const { commandOf } = await load("frame/shortcuts.js");
const { listStep } = await load("parts/keys.js");

/** What a key event has. @param {string} key */
const pressed = (key, more = {}) => ({
  key,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  isComposing: false,
  ...more,
});

/** Every key with a sign of its own. */
const SIGNS = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));

const [[, everywhere], [, lists], [, connections]] = keyGroups(false);

test("the keys that work everywhere are listed, and no others", () => {
  const found = SIGNS.flatMap((key) => [
    ...(commandOf(pressed(key), false) ? [key] : []),
    ...(commandOf(pressed(key, { ctrlKey: true }), true) ? [`CmdOrCtrl+${key.toUpperCase()}`] : []),
  ]);
  const listed = everywhere.flatMap(([names]) => names).filter((name) => name !== "Esc");
  assert.deepEqual(listed.toSorted(), found.toSorted());
});

test("the keys that move in lists are listed, and no others", () => {
  /** @type {Record<string, string>} */
  const names = {
    ArrowUp: "↑",
    ArrowDown: "↓",
    PageUp: "Page ↑",
    PageDown: "Page ↓",
    Home: "Home",
    End: "End",
  };
  const keys = [...SIGNS, ...Object.keys(names), "ArrowLeft", "ArrowRight", "Enter", "Escape"];
  const found = keys.filter((key) => listStep(pressed(key))).map((key) => names[key] ?? key);
  const listed = lists.slice(0, 2).flatMap(([names]) => names);
  assert.deepEqual(listed.toSorted(), found.toSorted());
  // with Shift they take the rows between
  assert.ok(listStep(pressed("ArrowDown", { shiftKey: true })));
  assert.ok(!listStep(pressed("ArrowDown", { ctrlKey: true })));
  assert.deepEqual(connections[0][0], ["Shift+↑", "Shift+↓"]);
});

test("a browser is not told of a key that only the window has", () => {
  const names = (controls) => keyGroups(controls).flatMap(([, keys]) => keys).flatMap(([n]) => n);
  assert.ok(names(true).includes("CmdOrCtrl+S") && !names(false).includes("CmdOrCtrl+S"));
});
