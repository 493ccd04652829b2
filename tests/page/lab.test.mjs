// What the place Lab makes of the server's verdicts: marks and their numbers, words, what differs
// between two runs, the picture of a case, and when it asks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const {
  commandLine, differs, fateWords, isForOne, isName, isOfEventSource, markOf, matches, newFields,
  notHereWords, ownName, reportWords, rowWords, sizeWords, standingWords, tallyOf, tallyWords, time,
  tryName,
} = await load("lab/lab-words.js");
const { axisOf, sceneOf, sceneWords, withRoom } = await load("lab/case-scene.js");
const { LabFeed } = await load("lab/lab-feed.js");
const { WebHost } = await load("host/web.js");

/** @param {string | null} kind @param {string | null} [words] */
const seen = (kind, words = null, count = 2) => ({
  verdict: kind === null ? null : { kind, words },
  count,
});

test("a case has a mark of its own before, while and after a client comes to it", () => {
  assert.equal(markOf(undefined), "open");
  assert.equal(markOf(seen(null, null, 0)), "open");
  assert.equal(markOf(seen(null)), "under way");
  for (const kind of ["right", "wrong", "allowed", "not reached", "needs your eyes"]) {
    assert.equal(markOf(seen(kind)), kind);
  }
});

test("a row says what the client did, and else what it must do", () => {
  const rule = { must: "Come back." };
  assert.deepEqual(rowWords(rule, undefined), { words: "Come back.", isRule: true });
  assert.deepEqual(rowWords(rule, seen("right")), { words: "Come back.", isRule: true });
  const wrong = seen("wrong", "It stayed away.");
  assert.deepEqual(rowWords(rule, wrong), { words: "It stayed away.", isRule: false });
});

test("every case is counted once, and what is under way is open", () => {
  const listed = ["a", "b", "c", "d"].map((id) => ({ id }));
  const tally = tallyOf(
    /** @type {any} */ (listed),
    new Map([["a", seen("right")], ["b", seen("wrong", "x")], ["c", seen(null)]]),
  );
  assert.equal(tallyWords(tally), "1 right, 1 wrong, 2 open");
});

test("two runs differ by their verdicts and by what was done wrong, and not by times", () => {
  const [right, late] = [seen("right"), seen("allowed", "It came back after 1.9 s.")];
  assert.equal(differs(right, seen("right")), false);
  assert.equal(differs(right, late), true);
  assert.equal(differs(late, seen("allowed", "It came back after 903 ms.")), false);
  assert.equal(differs(seen("wrong", "It took a."), seen("wrong", "It took b.")), true);
  // while one of them is open, nothing is known
  assert.equal(differs(right, seen(null)), false);
  assert.equal(differs(right, undefined), false);
});

test("a filter asks for all of its words", () => {
  const texts = ["R4", "half-event", "wrong", "It took the id."];
  assert.equal(matches(texts, ""), true);
  assert.equal(matches(texts, " WRONG  id"), true);
  assert.equal(matches(texts, "wrong retry"), false);
});

/** @param {object} more */
const run = (more) => ({
  is_tour: true,
  is_over: false,
  requests: 3,
  cases: [
    { count: 2, in_tour: true },
    { count: 1, in_tour: true },
    { count: 0, in_tour: true },
    { count: 0, in_tour: false },
  ],
  ...more,
});

test("how far a run is, in words", () => {
  const words = (/** @type {object} */ more) =>
    standingWords(/** @type {any} */ (run(more)), 3);
  assert.equal(standingWords(null, 3), "nobody has come by this name");
  assert.equal(words({}), "case 2 of 3, 3 requests");
  assert.equal(words({ is_over: true }), "stopped after case 2 of 3, 3 requests");
  const all = run({}).cases.map((one) => ({ ...one, count: 1 }));
  assert.equal(words({ is_over: true, cases: all, requests: 1 }), "through, 1 request");
  assert.equal(words({ is_tour: false }), "2 cases, 3 requests");
});

test("a case of clients that send messages is none for an EventSource", () => {
  assert.equal(isOfEventSource({ profiles: ["resilient"] }), true);
  assert.equal(isOfEventSource({ profiles: ["llm"] }), false);
});

test("the command names a profile that is not the first", () => {
  assert.equal(commandLine("standard"), "sse lab -- node client.mjs {url}");
  assert.equal(commandLine("llm"), "sse lab --profile llm -- node client.mjs {url}");
});

test("this page walks by the name of its browser, which is a name", () => {
  const linux = "Mozilla/5.0 (X11; Linux x86_64)";
  const webkit = `${linux} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15`;
  for (const [agent, inWindow, name] of /** @type {[string, boolean, string][]} */ ([
    [`${linux} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36`, false,
      "chromium-140"],
    [`${linux} Chrome/140.0.0.0 Safari/537.36 Edg/141.0.0.0`, false, "edge-141"],
    ["Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0", false, "firefox-140"],
    [webkit, false, "safari-18"],
    [webkit, true, "webview-18"],
    ["curl", false, "browser"],
    ["curl", true, "webview"],
  ])) {
    assert.equal(ownName(agent, inWindow), name);
    assert.ok(isName(name));
    assert.ok(isName(tryName(name, 12)));
  }
  for (const bad of ["", "a b", "é", "a/b", "x".repeat(65)]) assert.equal(isName(bad), false, bad);
});

test("a first try is in the page's own run, and each further one in a run of its own", () => {
  assert.deepEqual([1, 2, 3].map((nth) => tryName("firefox-140", nth)), [
    "firefox-140", "firefox-140-try-2", "firefox-140-try-3",
  ]);
});

test("a case that this page cannot try says why, and what can", () => {
  const words = (/** @type {object} */ needs, reaches = false) => {
    const listed = { id: "X1", second: "unused", clients: 0, ...needs };
    return notHereWords(/** @type {any} */ (listed), reaches);
  };
  assert.equal(words({}), "");
  assert.equal(isForOne({ second: "unused", clients: 1 }), true);
  assert.match(words({ second: "url" }), /a page on another port/);
  assert.match(words({ id: "R9", second: "url" }), /connect a client there/);
  assert.equal(words({ second: "url" }, true), "");
  assert.equal(isForOne({ second: "url", clients: 0 }), false);
  assert.match(words({ second: "redirect" }, true), /sends Authorization or a cookie/);
  assert.match(words({ clients: 10 }, true), /10 connections at once/);
  assert.equal(isForOne({ second: "unused", clients: 10 }), false);
});

test("what a report says", () => {
  const words = (/** @type {string} */ kind, /** @type {string | null} */ name = null) =>
    reportWords({ kind, name });
  assert.equal(words("event"), "an event");
  assert.equal(words("event", ""), "an event");
  assert.equal(words("event", "note"), "note");
  assert.equal(words("error"), "an error");
  assert.equal(words("closed"), "told to close");
});

test("what became of a request", () => {
  const request = { at: 100, status: 200, ended: 112, by: "case" };
  const words = (/** @type {object} */ more, isLast = false) =>
    fateWords(/** @type {any} */ ({ ...request, ...more }), isLast);
  assert.equal(words({}), "200, ended by the case after 12 ms");
  assert.equal(words({ by: "client", ended: 3100 }), "200, left by the client after 3 s");
  assert.equal(words({ status: null, by: "stop" }), "no answer, server stopped after 12 ms");
  assert.equal(words({ ended: null }), "under way");
  assert.equal(words({ ended: null }, true), "answered by the next case");
  assert.equal(sizeWords(1, 1), "1 byte");
  assert.equal(sizeWords(5_242_880, 65_536), "5,242,880 bytes, of which 65,536 are shown");
  assert.deepEqual([0, 999.6, 1004, 12_000].map(time), ["0 ms", "1000 ms", "1 s", "12 s"]);
});

test("of a later request only what differs is shown", () => {
  const first = [["host", "h"], ["accept", "x"]];
  const second = [["host", "h"], ["accept", "y"], ["last-event-id", "7"]];
  assert.deepEqual(newFields(/** @type {any} */ (first), undefined), { fields: first, same: 0 });
  assert.deepEqual(newFields(/** @type {any} */ (second), /** @type {any} */ (first)), {
    fields: second.slice(1),
    same: 1,
  });
});

/** @param {number} at @param {number | null} ended @param {object} [more] */
const asked = (at, ended, more = {}) => ({
  at, ended, by: ended === null ? null : "case", id: null, ...more,
});

/** @param {object[]} requests @param {object | null} [verdict] @param {number[][]} [pieces] */
const scene = (requests, verdict = { kind: "right", words: null }, pieces = []) =>
  sceneOf(
    /** @type {any} */ ({ requests, since: 5000, verdict }),
    /** @type {any} */ (pieces.map((times) => ({
      pieces: times.map((at) => ({ at_ms: 5000 + at })),
      events: [],
    }))),
  );

test("the picture has answers, the waits behind them, and the return", () => {
  const { spans, waits, gone, end } = scene(
    [asked(0, 12), asked(914, null, { id: "R5-start" })], undefined, [[2, 9], []],
  );
  assert.deepEqual(waits, [{ from: 12, to: 914, words: "902 ms" }]);
  assert.deepEqual([gone, end], [null, 914]);
  assert.deepEqual(spans.map(({ words, hasAnswer, row }) => [words, hasAnswer, row]), [
    ["1", true, 0], ["2  id R5-start", false, 0],
  ]);
  assert.deepEqual(spans[0].ticks, [2, 9]);
  assert.equal(
    sceneWords(scene([asked(0, 12), asked(914, null)])),
    "A request, ended by the case after 12 ms; back after 902 ms.",
  );
});

test("who stays away is seen to stay away", () => {
  const { gone, end } = scene([asked(0, 100)]);
  assert.deepEqual([gone, end], [100, 125]);
  assert.match(sceneWords(scene([asked(0, 100)])), /not back\.$/);
});

test("connections that were open at once stand below each other", () => {
  const { spans, waits } = scene([asked(0, 500), asked(100, 200), asked(600, 700)]);
  assert.deepEqual(spans.map(({ row }) => row), [0, 1, 0]);
  assert.deepEqual(waits, [{ from: 200, to: 600, words: "400 ms" }]);
  // an answer that goes on is open until its end is known
  assert.deepEqual(scene([asked(0, null), asked(9, 20)], null).spans.map(({ row }) => row), [0, 1]);
});

test("words of the axis have room, and begin with 0", () => {
  for (const end of [1, 12, 914, 12_000, 61_000, 3_600_000]) {
    for (const width of [120, 416, 1128]) {
      const times = axisOf(end, width);
      assert.equal(times[0].ms, 0);
      assert.ok(times.length <= width / 90 + 1, `${end} ${width}: ${times.length}`);
      assert.ok(times.every(({ ms }) => ms <= end));
    }
  }
  assert.deepEqual(axisOf(914, 600).map(({ words }) => words), [
    "0 ms", "200 ms", "400 ms", "600 ms", "800 ms",
  ]);
});

test("labels that would touch give way to the first", () => {
  const labels = [{ x: 50, width: 40 }, { x: 80, width: 40 }, { x: 120, width: 40 }];
  assert.deepEqual(withRoom(labels, 6).map(({ x }) => x), [50, 120]);
});

/** A lab that counts what it is asked. */
function fakeLab() {
  /** @type {string[]} */
  const asks = [];
  const lab = {
    asks,
    names: /** @type {string[]} */ ([]),
    over: false,
    verdict: /** @type {object | null} */ (null),
    cases: async () => (asks.push("cases"), [{ id: "R4", profiles: ["standard"], in_tour: true }]),
    runs: async () => (asks.push("runs"), lab.names),
    run: async (/** @type {string} */ name) => {
      asks.push(`run ${name}`);
      const one = { id: "R4", count: 1, since: 7, verdict: lab.verdict };
      return { name, is_over: lab.over, cases: [one] };
    },
    case: async (/** @type {string} */ name, /** @type {string} */ id) => {
      asks.push(`case ${name} ${id}`);
      return { case: { id, count: 1, since: 7, verdict: lab.verdict, requests: [] }, sent: [] };
    },
    forget: async () => {},
  };
  return lab;
}

/** Answers of a feed, one after the other. @param {InstanceType<typeof LabFeed>} feed */
const answer = (feed) =>
  new Promise((resolve) => {
    feed.onchange = () => resolve(undefined);
    feed.nudge();
  });

/** @param {ReturnType<typeof fakeLab>} lab @param {object} [more] */
const feedOf = (lab, more = {}) => {
  let isShown = true;
  const wish = { name: "client", other: "", profile: "standard", open: "", ...more };
  const feed = new LabFeed(/** @type {any} */ (lab), /** @type {any} */ (wish), () => isShown);
  return { feed, hide: () => (isShown = false) };
};

test("a run is asked for only if somebody came by that name", async () => {
  const lab = fakeLab();
  const { feed, hide } = feedOf(lab, { other: "gone" });
  await answer(feed);
  assert.deepEqual(lab.asks, ["cases", "runs"]);
  assert.equal(feed.listed.length, 1);
  lab.names = ["client"];
  await answer(feed);
  assert.deepEqual(lab.asks.slice(2), ["runs", "run client"]);
  assert.equal(feed.isOn, true);
  hide();
});

test("the bytes of a case are asked for again only while they can change", async () => {
  const lab = fakeLab();
  lab.names = ["client"];
  const { feed, hide } = feedOf(lab, { open: "R4" });
  const askedForCase = () => lab.asks.filter((ask) => ask.startsWith("case ")).length;
  await answer(feed);
  await answer(feed);
  assert.equal(askedForCase(), 2);
  lab.verdict = { kind: "right", words: null };
  await answer(feed);
  const known = askedForCase();
  await answer(feed);
  await answer(feed);
  assert.equal(askedForCase(), known);
  feed.want({ name: "other" });
  assert.equal(feed.open, null);
  hide();
});

test("what was answered for another wish is not shown", async () => {
  const lab = fakeLab();
  lab.names = ["client", "second"];
  const { feed, hide } = feedOf(lab);
  await answer(feed);
  assert.equal(feed.run?.name, "client");
  feed.want({ name: "second" });
  assert.equal(feed.run, null);
  await answer(feed);
  assert.equal(feed.run?.name, "second");
  hide();
});

test("why the server opens no second address is said in its own words", async () => {
  /** @type {string[]} */
  const asked = [];
  let answer = Response.json({ url: "http://127.0.0.1:7" });
  const had = globalThis.fetch;
  globalThis.fetch = /** @type {any} */ (
    async (/** @type {string} */ url, /** @type {RequestInit} */ { method }) => {
      asked.push(`${method} ${url}`);
      return answer;
    }
  );
  try {
    const { lab } = new WebHost();
    assert.equal(await lab.second("me"), "http://127.0.0.1:7");
    assert.deepEqual(asked, ["POST /api/lab/runs/me/second"]);
    const full = "16 runs have a second address, which is the limit: forget one of them.";
    answer = new Response(`${full}\n`, { status: 503 });
    await assert.rejects(lab.second("me"), { message: full });
    // a server without a lab has no sentence of the lab
    answer = new Response("There is nothing at this path.", { status: 404 });
    await assert.rejects(lab.second("me"), /This server has no lab/);
  } finally {
    globalThis.fetch = had;
  }
});
