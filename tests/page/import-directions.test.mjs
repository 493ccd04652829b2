// Which files of the page may import which: a file imports from its own folder and from folders
// below it in the list, the places do not import each other, and there is no ring. Imports of types
// count as well.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { PAGE } from "./ui.mjs";

/** The rooms from top to bottom. Those on one line do not import each other. */
const ROOMS = [
  ["main"],
  ["places"],
  ["frame"],
  ["streams", "connections", "faults", "watch", "lab"],
  ["topics"],
  ["panel"],
  ["wire", "timeline"],
  ["breaks"],
  ["host"],
  ["store"],
  ["bytes"],
  ["parts"],
];

/** Files outside the folders: three rooms of one file each, and a file that is no code. */
const LOOSE = new Map([
  ["main.js", "main"], ["places.js", "places"], ["store.js", "store"], ["icon.svg", ""],
]);

/**
 * Declarations of types: every file may import them, and their own imports do not count, because
 * nothing of them exists at run time.
 *
 * @param {string} file
 */
const isShapes = (file) => /^[\w-]+\.d\.ts$/.test(file);

/** The room of a file below `ui/page`; undefined if it has none. @param {string} file */
function roomOf(file) {
  const [folder, ...rest] = file.split("/");
  if (rest.length === 0) return isShapes(file) ? "" : LOOSE.get(file);
  const isFolder = !["main", "places", "store"].includes(folder);
  return isFolder && ROOMS.flat().includes(folder) ? folder : undefined;
}

/** @param {string} room */
const rank = (room) => ROOMS.findIndex((line) => line.includes(room));

/**
 * The faults, a sentence each.
 *
 * @param {Map<string, string[]>} named for each file its imports
 */
function faults(named) {
  const strangers = [...named.keys()]
    .filter((file) => roomOf(file) === undefined)
    .map((file) => `${file} is in no room of the page`);
  const arrows = [...named].flatMap(([file, others]) => {
    const from = roomOf(file);
    return others.flatMap((other) => {
      const to = roomOf(other);
      if (
        from === undefined ||
        to === undefined ||
        isShapes(other) ||
        from === to ||
        rank(from) < rank(to)
      ) {
        return [];
      }
      return [`${file} may not name ${other}: ${from} does not stand before ${to}`];
    });
  });
  return [...strangers, ...arrows, ...rings(named)];
}

/** @param {Map<string, string[]>} named */
function rings(named) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const found = [];
  /** @param {string} file @param {string[]} way */
  const follow = (file, way) => {
    if (way.includes(file)) {
      found.push(`a ring: ${[...way.slice(way.indexOf(file)), file].join(" > ")}`);
    }
    if (done.has(file)) return;
    done.add(file);
    for (const other of named.get(file) ?? []) follow(other, [...way, file]);
  };
  for (const file of named.keys()) follow(file, []);
  return found;
}

/**
 * The modules that a text imports, exports from, or names in a comment for their types.
 *
 * @param {string} text
 */
const specifiers = (text) =>
  [...text.matchAll(/\b(?:from\s+|import\s+|import\(\s*)(["'])([^"'\n]+)\1/g)].map(
    ([, , name]) => name,
  );

/** The imports of a file below `ui/page`. @param {string} file */
function namedBy(file) {
  return specifiers(readFileSync(path.join(PAGE, file), "utf8")).map((name) => {
    const plain = path.posix.join(path.posix.dirname(file), name);
    const found = [plain, plain.replace(/\.js$/, ".d.ts")].find((one) =>
      existsSync(path.join(PAGE, one)),
    );
    assert.ok(name.startsWith(".") && found, `${file} names ${name}, which is no file of the page`);
    return found;
  });
}

const files = readdirSync(PAGE, { recursive: true })
  .filter((file) => statSync(path.join(PAGE, file)).isFile())
  .map((file) => file.replaceAll(path.sep, "/"));

test("a file of the page imports only from rooms below its own, and there is no ring", () => {
  assert.ok(files.length > 50, `${files.length} files`);
  const named = new Map(files.map((file) => [file, file.endsWith(".js") ? namedBy(file) : []]));
  assert.deepEqual(faults(named), []);
});

test("an import upwards, one between places, a ring and a file in no room are found", () => {
  /** @param {Record<string, string[]>} named */
  const found = (named) => faults(new Map(Object.entries(named)));
  assert.deepEqual(
    found({
      "main.js": ["frame/a.js", "store.js"],
      "frame/a.js": ["topics/b.js", "types.d.ts"],
      "topics/b.js": ["parts/c.js"],
    }),
    [],
  );
  assert.deepEqual(found({ "parts/a.js": ["host/b.js"] }), [
    "parts/a.js may not name host/b.js: parts does not stand before host",
  ]);
  assert.deepEqual(found({ "store.js": ["main.js"] }), [
    "store.js may not name main.js: store does not stand before main",
  ]);
  assert.deepEqual(found({ "topics/a.js": ["streams/b.js"] }), [
    "topics/a.js may not name streams/b.js: topics does not stand before streams",
  ]);
  assert.deepEqual(
    found({ "wire/a.js": ["wire/b.js"], "wire/b.js": ["wire/c.js"], "wire/c.js": ["wire/b.js"] }),
    ["a ring: wire/b.js > wire/c.js > wire/b.js"],
  );
  assert.deepEqual(found({ "a.js": [], "strange/a.js": [], "main/a.js": [] }).length, 3);
});

test("every kind of import is found", () => {
  const text = [
    'import { a } from "./a.js";',
    'import "./b.js";',
    "export { c } from './c.js';",
    'await import("./d.js");',
    '/** @import { E } from "./e.js" */',
    '/** @param {import("./f.js").F} f */',
  ].join("\n");
  assert.deepEqual(specifiers(text), ["./a.js", "./b.js", "./c.js", "./d.js", "./e.js", "./f.js"]);
});

test("the first look waits for no code of a place that nobody sees", () => {
  const reached = new Set(["main.js"]);
  for (const file of reached) {
    const text = readFileSync(path.join(PAGE, file), "utf8").replace(/\/\*.*?\*\//gs, "");
    for (const [, name] of text.matchAll(/^(?:import|export)\b[^;]*?"(\.[^"]+)";/gm)) {
      reached.add(path.posix.join(path.posix.dirname(file), name));
    }
  }
  assert.ok(reached.has("panel/event-rows.js"), "the code of the streams is reached");
  const others = ["places", "connections", "faults", "watch", "lab", "wire"];
  assert.deepEqual([...reached].filter((file) => others.includes(String(roomOf(file)))), []);
});
