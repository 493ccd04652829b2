// What this page's own client begins and forgets in the Lab, and which second addresses are open.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { OwnRuns } = await load("lab/own-runs.js");
const { OwnWalk } = await load("lab/own-walk.js");

/** An EventSource that never gets an answer. */
class Source extends EventTarget {
  static CLOSED = 2;
  readyState = 0;
  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
    opened.push(url);
  }
  close() {
    this.readyState = Source.CLOSED;
  }
}
globalThis.EventSource = /** @type {any} */ (Source);

/** What was opened, in this order. @type {string[]} */
let opened = [];

/** @param {string} id @param {string} [second] */
const listed = (id, second = "unused") => ({ id, names: [], second });

/** The place Lab without its document, on a server that runs. */
function place() {
  opened = [];
  const all = {
    /** What the lab was told to do. @type {string[]} */
    told: [],
    base: /** @type {string | null} */ ("http://a"),
    /** What is shown, and what was answered. */
    feed: {
      wish: { name: "own", profile: "standard" },
      listed: [listed("H2"), listed("X1", "url")],
      names: /** @type {string[]} */ ([]),
    },
    underWay: new Set(),
    /** What the server answers if a second address is wanted. */
    second: async (/** @type {string} */ name) => `http://second-of-${name}`,
  };
  const lab = {
    runs: async () => all.feed.names,
    run: async () => ({ cases: [] }),
    forget: async (/** @type {string} */ name) => void all.told.push(`forget ${name}`),
    second: (/** @type {string} */ name) => all.second(name),
  };
  const host = { lab, streamBase: () => all.base, streamsAtMost: 2 };
  const app = { host, store: { get: () => undefined } };
  const walk = new OwnWalk(/** @type {any} */ (host), all.underWay);
  const runs = new OwnRuns(/** @type {any} */ (app), /** @type {any} */ (all.feed), walk, "own", {
    stay: () => {},
    show: (/** @type {object} */ change) => Object.assign(all.feed.wish, change),
  });
  return Object.assign(all, { runs, walk });
}

test("a run of this page begins anew, that of another client is only forgotten", async () => {
  const { runs, feed, told, walk } = place();
  await runs.walkCase("H2");
  assert.deepEqual(opened, ["http://a/lab/case/H2/own"]);
  assert.equal(await runs.again(), true);
  assert.deepEqual([told, opened.length, walk.isOn], [["forget own"], 2, true]);
  feed.wish.name = "other";
  assert.equal(await runs.again(), false);
  assert.deepEqual([told, opened.length], [["forget own", "forget other"], 2]);
});

// the run was forgotten first, and only then it was seen that nothing can begin
test("what is known is kept where this page cannot walk again", async () => {
  for (const [stops, why] of /** @type {[(at: ReturnType<typeof place>) => void, RegExp][]} */ ([
    [(at) => void (at.base = null), /^Error: The server is stopped: start it first\.$/],
    [(at) => void (at.feed.listed = [listed("E1")]), /does not have H2: choose another profile\.$/],
  ])) {
    const at = place();
    await at.runs.walkCase("H2");
    stops(at);
    await assert.rejects(at.runs.again(), why);
    assert.deepEqual([at.told, at.walk.isOn], [[], true]);
  }
});

// the page showed an address that was closed, and not the button that opens another
test("the second address of a run that is gone is not open any more", async () => {
  const { runs, feed } = place();
  await runs.openSecond();
  assert.equal(runs.second("own"), "http://second-of-own");
  // what was answered before it began says nothing of it
  runs.listed();
  assert.equal(runs.second("own"), "http://second-of-own");
  feed.names = ["other", "own"];
  runs.listed();
  runs.listed();
  assert.equal(runs.second("own"), "http://second-of-own");
  feed.names = ["other"];
  runs.listed();
  assert.equal(runs.second("own"), undefined);
  // it can be opened again
  await runs.openSecond();
  runs.listed();
  assert.equal(runs.second("own"), "http://second-of-own");
  runs.closed();
  assert.equal(runs.second("own"), undefined);
});

test("a walk counts itself among the connections, and needs one where it is over", async () => {
  const at = place();
  at.underWay.add({});
  await at.runs.walkTour();
  assert.equal(await at.runs.again(), true);
  at.walk.stop();
  at.underWay.add({});
  at.feed.names = ["own"];
  at.told.length = 0;
  const why = /^Error: The browser has no connection left/;
  await assert.rejects(at.runs.again(), why);
  await assert.rejects(at.runs.walkTour(), why);
  await assert.rejects(at.runs.walkCase("X1"), why);
  assert.deepEqual(at.told, []);
  assert.equal(at.runs.second("own"), undefined, "none is opened in vain");
});
