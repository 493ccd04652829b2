// What the timeline draws, says, and finds under the pointer, on a canvas that only takes notes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { TimelineData } = await load("timeline/timeline-data.js");
const { armedAt } = await load("timeline/timeline-armed.js");
const { paint, returnWords } = await load("timeline/timeline-paint.js");
const { FOOT, LANE } = await load("timeline/timeline-scene.js");
const { scaleOf, xOf } = await load("timeline/timeline-scale.js");
const { foundAt, inLane, nextThing, openedBy } = await load("timeline/timeline-hit.js");
const { foundWords, laneWords, summaryWords } = await load("timeline/timeline-words.js");

const NOW = 1_800_000_000_000;
const COLOURS = [
  "field", "ground", "line", "edge", "text", "quiet", "accent", "wash", "go", "wait", "fail",
];
const THEME = {
  ...Object.fromEntries(COLOURS.map((name) => [name, name])),
  words: "sans-serif",
  wire: "monospace",
};
const VERDICT = {
  kind: "back", words: "came back", brief: "1.02 s, nothing lost", advice: null, bad: false,
  despite: false, sure: true, away_ms: 1020, retry_ms: 1000, lost: 0, repeated: 0, other: null,
};
const ago = (seconds) => NOW - seconds * 1000;
const bar = (connection, from, to, more = {}) => ({
  connection, from_ms: ago(from), to_ms: to === null ? null : ago(to),
  why: to === null ? null : "stopped", by: to === null ? null : "server", status: 200,
  verdict: null, afterwards: null, due_ms: null, flags: [], steps: [], ticks: [], ...more,
});
const every = (from, to, gap) => {
  const steps = [];
  for (let at = from; at > to; at -= gap) steps.push([Math.floor(ago(at) / 100), 1, 0]);
  return steps;
};
const knock = (connection, at, status = 503) => ({
  connection, at_ms: ago(at), status, why: status === 204 ? "nothing left to send" : "stopped",
  fault: null,
});
const span = (fault, from, to, more = {}) => ({
  fault, text: "cut,after=3", stream: null, client: null, of_port: false, from_ms: ago(from),
  to_ms: to === null ? null : ago(to), tries_ms: [], ...more,
});
const lane = (id, bars, knocks = [], more = {}) => ({
  id, client: `client-${id}`, program: "curl 8.5", sure: true, stream: "/endless", method: "GET",
  bars, knocks, ...more,
});

/** A context that notes what is filled and written, with the colour of each. */
function notebook() {
  const notes = { rects: [], texts: [], lines: [], dashes: 0 };
  let at = [0, 0];
  let path = [];
  const ctx = {
    fillStyle: "", strokeStyle: "", lineWidth: 1,
    beginPath: () => (path = []),
    moveTo: (...place) => (at = place),
    lineTo: (x, y) => path.push({ x: at[0], y: at[1], w: x - at[0], h: y - at[1] }),
    fillRect: (x, y, w, h) => notes.rects.push({ x, y, w, h, colour: ctx.fillStyle }),
    fillText: (text, x, y) => notes.texts.push({ text, x, y, colour: ctx.fillStyle }),
    measureText: (text) => ({ width: text.length * 6 }),
    stroke: () => {
      const { strokeStyle: colour, lineWidth: width } = ctx;
      notes.lines.push(...path.map((line) => ({ ...line, colour, width })));
    },
    setLineDash: (dash) => (notes.dashes += dash.length > 0 ? 1 : 0),
  };
  for (const name of [
    "setTransform", "save", "restore", "closePath", "rect", "clip", "fill", "bezierCurveTo",
    "quadraticCurveTo",
  ]) {
    ctx[name] = () => {};
  }
  return { ctx, notes };
}

globalThis.OffscreenCanvas ??= class {
  getContext() {
    return null;
  }
};

/**
 * @param {object[]} lanes
 * @param {object} [more]
 */
function painted(lanes, more = {}) {
  const { away = [], shown = { span: 120_000, end: null }, chosen = null, dark = [] } = more;
  const { armed = [] } = more;
  const data = new TimelineData();
  const uncounted = dark;
  const view = {
    now_ms: NOW, cursor: 1, step_ms: 100, whole: false, away, lanes: [], gone: [], left_out: 0,
    armed,
  };
  // somebody looks all the time
  for (let now = ago(120); now < NOW; now += 3000) data.take({ ...view, now_ms: now });
  data.take({ ...view, lanes });
  const scene = {
    width: 1224, height: lanes.length * LANE + FOOT, ratio: 1, lanes: data.lanes, top: 0,
    scale: scaleOf(shown, NOW, { left: 0, right: 1200 }), now: NOW, follows: shown.end === null,
    away: data.away, armed: data.armed, uncounted, theme: THEME, chosen,
  };
  const { ctx, notes } = notebook();
  paint(ctx, scene);
  const texts = notes.texts.map(({ text }) => text);
  return { data, scene, notes, texts };
}

const marks = ({ notes }, colour) => notes.rects.filter((rect) => rect.colour === colour);
const lines = ({ notes }, colour) => notes.lines.filter((line) => line.colour === colour);
/** Lines that stand upright, and are higher than a comment. */
const ticks = (all, colour) => lines(all, colour).filter(({ w, h }) => w === 0 && h >= 9);
/** The heights of the pieces of areas. */
const areas = (all) =>
  lines(all, "accent").filter(({ width }) => width > 2).map(({ width }) => width);

test("an event is a tick where it was sent", () => {
  const all = painted([lane(1, [bar(1, 100, null, { steps: every(99, 0, 5) })])]);
  const found = ticks(all, "accent");
  assert.equal(found.length, 20);
  assert.ok(found.every(({ h }) => h === 10));
  assert.ok(Math.abs(found[0].x - xOf(all.scene.scale, ago(99))) < 2);
});

test("ticks that would touch become an area, higher where there are more", () => {
  const slow = painted([lane(1, [bar(1, 100, null, { steps: every(99, 0, 0.2) })])]);
  const steps = every(99, 0, 0.1).map(([at]) => [at, 50, 0]);
  const fast = painted([lane(1, [bar(1, 100, null, { steps })])]);
  assert.ok(ticks(slow, "accent").length < 10, "no tick for each event");
  const height = (all) => Math.max(...areas(all));
  assert.ok(height(slow) >= 8 && height(fast) > height(slow) + 3 && height(fast) < LANE);
});

test("events that are sent again are amber, the others not", () => {
  const verdict = { ...VERDICT, repeated: 4, bad: true, brief: "3.20 s, 4 again" };
  const all = painted([lane(1, [
    bar(1, 110, 100),
    bar(2, 96, null, { verdict: { ...verdict, other: 1 }, steps: every(95, 0, 5) }),
  ])]);
  assert.equal(ticks(all, "wait").length, 4);
  assert.equal(ticks(all, "accent").length, 15);
  assert.ok(all.texts.includes("4 again"));
});

test("a silence that is twice as long as usual is dotted, a shorter one is not", () => {
  const even = painted([lane(1, [bar(1, 100, null, { steps: every(99, 0, 2) })])]);
  assert.equal(even.notes.dashes, 0);
  const steps = [...every(99, 60, 2), ...every(40, 0, 2)];
  const silent = painted([lane(1, [bar(1, 100, null, { steps })])]);
  assert.equal(silent.notes.dashes, 1);
  const dark = [{ from: ago(70), to: ago(50) }];
  const uncounted = painted([lane(1, [bar(1, 100, null, { steps })])], { dark });
  assert.equal(uncounted.notes.dashes, 0, "nobody counted then");
});

test("a return says how long it took, or what it cost", () => {
  const words = (more) => returnWords({ ...VERDICT, ...more }).at(-1);
  assert.equal(words({}), "1.02 s");
  assert.equal(words({ repeated: 38, brief: "3.2 s, 38 again" }), "38 again");
  assert.equal(words({ lost: 3, repeated: 2 }), "3 lost");
  assert.equal(words({ despite: true, brief: "1.0 s, despite 204" }), "despite 204");
  assert.equal(words({ lost: null, words: "came back without an id", brief: "~yes" }), "no id");
});

test("refusals have their status where there is room, and form a comb where they touch", () => {
  const apart = painted([lane(1, [], [knock(1, 90), knock(2, 60), knock(3, 30, 403)])]);
  assert.deepEqual(apart.texts.filter((text) => /^\d{3}$/.test(text)), ["503", "503", "403"]);
  const storm = Array.from({ length: 60 }, (_, n) => knock(n, 50 - n * 0.2));
  const comb = painted([lane(1, [], storm)]);
  assert.ok(comb.texts.includes("60 × 503"));
  assert.ok(lines(comb, "fail").length > 50);
});

test("an answer of an upstream that is no error is grey", () => {
  const forwarded = (status, id = 1, at = 60) => ({ ...knock(id, at, status), why: "forwarded" });
  const whole = painted([lane(1, [], [forwarded(200)])]);
  assert.equal(marks(whole, THEME.quiet).filter(({ h }) => h === 8).length, 1);
  const twice = painted([lane(1, [], [forwarded(204), forwarded(204, 2, 50)])]);
  assert.equal(marks(twice, THEME.wait).filter(({ h }) => h === 8).length, 0);
  const failed = painted([lane(1, [], [forwarded(404)])]).notes.texts;
  assert.equal(failed.find(({ text }) => text === "404").colour, THEME.fail);
});

test("the first 204 is grey, one that is told again is amber", () => {
  const once = painted([lane(1, [bar(1, 90, 80)], [knock(2, 70, 204)])]);
  assert.deepEqual([marks(once, "quiet").length > 0, marks(once, "wait").length], [true, 0]);
  const loop = painted([lane(1, [bar(1, 90, 80)], [70, 60, 50].map((at) => knock(at, at, 204)))]);
  assert.equal(marks(loop, "wait").filter(({ h }) => h === 8).length, 2);
});

test("how long the server was away stands below all lanes", () => {
  const away = [{ from_ms: ago(50), to_ms: ago(45.7) }, { from_ms: ago(2), to_ms: null }];
  const all = painted([lane(1, [bar(1, 100, null)])], { away });
  assert.ok(all.texts.includes("server away 4.3 s"));
  assert.ok(all.texts.includes("server away for 2 s"));
});

test("only lanes in view are drawn", () => {
  const many = Array.from({ length: 50 }, (_, n) => lane(n + 1, [bar(n + 1, 100, null)]));
  const all = painted(many);
  const { ctx, notes } = notebook();
  paint(ctx, { ...all.scene, height: 4 * LANE + FOOT, top: 10 * LANE });
  assert.ok(notes.lines.length < all.notes.lines.length / 5);
});

test("what is under the pointer is found, and opens its connection there", () => {
  const tick = {
    at_ms: ago(20), kind: "event", id: "31", event: "price", size: 42, end: 900,
  };
  const all = painted([
    lane(1, [bar(7, 100, 40, { by: "network", why: "reset" }), bar(9, 38, null, {
      verdict: { ...VERDICT, other: 7 }, steps: [[Math.floor(ago(20) / 100), 1, 0]], ticks: [tick],
    })]),
    lane(2, [], [knock(12, 60)]),
  ], { away: [{ from_ms: ago(110), to_ms: ago(105) }] });
  const { scene } = all;
  const x = (seconds) => xOf(scene.scale, ago(seconds));
  const at = (seconds, index) => foundAt(scene, x(seconds), index * LANE + 14);
  const own = new Set();
  assert.deepEqual(openedBy(at(20, 0)), { connection: 9, atMs: ago(20) });
  assert.match(foundWords(at(20, 0), own).words, /^#9 event price id 31, 42 bytes$/);
  assert.equal(at(40, 0).kind, "end");
  assert.match(foundWords(at(40, 0), own).words, /^#7 ended by the network: reset/);
  assert.equal(foundWords(at(39, 0), own).words, "came back");
  assert.equal(at(70, 0).kind, "open");
  assert.equal(foundWords(at(60, 1), own).words, "refused (503): stopped");
  assert.equal(openedBy(at(60, 1)).connection, 12);
  assert.equal(at(30, 1).kind, "none");
  assert.equal(openedBy(at(30, 1)), null);
  assert.match(foundWords(at(107, 1), own).words, /^server away 5 s$/);
});

test("of two bars that are open at once, the nearer one is found", () => {
  const { scene } = painted([lane(1, [bar(1, 100, null), bar(2, 90, null)])]);
  const x = xOf(scene.scale, ago(50));
  assert.deepEqual([4, 20].map((y) => foundAt(scene, x, y).bar.connection), [1, 2]);
});

test("arrows go from thing to thing, at least a pixel further", () => {
  const steps = [[Math.floor(ago(50) / 100), 1, 0], [Math.floor(ago(49.95) / 100), 1, 0]];
  const { scene, data } = painted([lane(1, [bar(1, 100, 30, { steps })], [knock(2, 10)])]);
  const [one] = data.lanes;
  const back = [NOW];
  for (let at = NOW; ; ) {
    const next = nextThing(scene, one, at, -1);
    if (next === null) break;
    back.push(next);
    at = next;
  }
  assert.deepEqual([back[1], back[2], back.at(-1)], [ago(10), ago(30), ago(100)]);
  assert.equal(back.length, 5, "two events in one pixel are one step");
  assert.equal(inLane(scene, one, back[3]).kind, "event");
});

test("the whole and each lane are summed up in words", () => {
  const { data } = painted([
    lane(1, [bar(1, 100, null)]),
    lane(2, [bar(2, 100, 20, { by: "network", why: "reset" })], [knock(5, 10), knock(6, 5)]),
  ], { away: [{ from_ms: ago(50), to_ms: ago(46) }] });
  assert.equal(summaryWords(data), "2 clients, 1 away now, the server was away once");
  const own = new Set(["client-1"]);
  assert.equal(laneWords(data.lanes[0], own), "this page on /endless, open");
  assert.equal(laneWords(data.lanes[1], own), "client-2 on /endless, away, refused 2 times");
});

test("a fault is a flag with its number, where it struck a stream or answered a request", () => {
  const struck = bar(1, 50, 20, { flags: [{ fault: 3, at_ms: ago(30) }] });
  const answered = { ...knock(2, 10), fault: 12 };
  const { rects, texts } = painted([lane(1, [struck], [answered])]).notes;
  const flags = rects.filter(({ colour, h }) => colour === THEME.wait && h === 9);
  assert.equal(flags.length, 2);
  const numbers = texts.filter(({ colour }) => colour === THEME.field);
  assert.deepEqual(numbers.map(({ text }) => text), ["3", "12"]);
  const storm = [10, 9.99, 9.98, 5].map((at, n) => ({ ...knock(n, at), fault: 7 }));
  const once = painted([lane(1, [], storm)]).notes.texts;
  assert.equal(once.filter(({ text }) => text === "7").length, 2);
});

/** The bands of a lane: its tints. */
const bands = ({ notes }, index) =>
  notes.rects.filter(
    ({ colour, y, h }) => colour === "wait" && y === index * LANE && h === LANE - 1,
  );

test("what is armed is a band over the lanes that it concerns, and along the axis", () => {
  const lanes = [1, 2].map((id) => lane(id, [bar(id, 100, null)]));
  lanes.push(lane(3, [bar(3, 100, null)], [], { stream: "/numbers" }));
  const armed = [
    span(1, 60, 40, { client: "client-1", stream: "/endless" }),
    span(2, 20, null, { stream: "/endless" }),
    span(3, 10, null, { client: "nobody" }),
  ];
  const all = painted(lanes, { armed });
  const { scale } = all.scene;
  const places = (index) => bands(all, index).map(({ x, w }) => [x, x + w].map(Math.round));
  const at = (seconds) => Math.round(xOf(scale, ago(seconds)));
  const near = (one, other) => one.flat().every((x, n) => Math.abs(x - other.flat()[n]) <= 1);
  assert.ok(near(places(0), [[at(60), at(40)], [at(20), at(0)]]), String(places(0)));
  assert.ok(near(places(1), [[at(20), at(0)]]));
  assert.deepEqual(places(2), []);
  assert.deepEqual(all.texts.filter((text) => text.startsWith("fault ")),
    ["fault 1", "fault 2", "fault 3"], "the one that concerns nobody is seen, too");
  assert.equal(summaryWords(all.data), "3 clients, 2 faults armed");
});

test("faults that are armed at once are named together", () => {
  const armed = [1, 2, 3, 4, 5].map((fault) => span(fault, fault < 3 ? 60 : 20, null));
  const all = painted([lane(1, [bar(1, 100, null)])], { armed });
  assert.deepEqual(all.texts.filter((text) => text.startsWith("fault")),
    ["faults 1, 2", "faults 3, 4, 5"]);
});

test("a text above the marks goes out of the way of flags", () => {
  const verdict = { ...VERDICT, repeated: 4, bad: true, brief: "3.20 s, 4 again", other: 1 };
  const flags = [{ fault: 3, at_ms: ago(92) }];
  const all = painted([lane(1, [bar(1, 110, 100), bar(2, 96, null, { verdict, flags })])]);
  const [text] = all.notes.texts.filter((one) => one.text === "4 again");
  const [flag] = all.notes.texts.filter((one) => one.text === "3");
  assert.ok(text.x >= flag.x + 10, `${text.x}, ${flag.x}`);
});

test("bands that touch are one, and one that was healed at once is seen", () => {
  const armed = [span(1, 60, 40), span(2, 50, 30), span(3, 10, 10)];
  const all = painted([lane(1, [bar(1, 100, null)])], { armed });
  const [long, short] = bands(all, 0);
  assert.equal(bands(all, 0).length, 2);
  assert.ok(long.w > 250 && short.w === 2);
});

test("what nobody comes through is over all lanes, and who tried stands at the axis", () => {
  const tries = [50, 49.9, 49.8, 49.7, 30].map(ago);
  const armed = [span(1, 60, 20, { of_port: true, tries_ms: tries })];
  const lanes = [1, 2].map((id) => lane(id, [bar(id, 100, null)]));
  const all = painted(lanes, { armed });
  const over = marks(all, "wait").filter(({ h }) => h === 2 * LANE);
  assert.equal(over.length, 1);
  assert.deepEqual([bands(all, 0), bands(all, 1)], [[], []]);
  const low = lines(all, "fail").filter(({ y }) => y > 2 * LANE);
  assert.ok(low.length >= 4 + 2, "a comb of four, and a cross");
});

test("what was armed at a place is said with what stands there", () => {
  const armed = [span(3, 60, 40, { client: "client-1" })];
  const { scene, data } = painted([1, 2].map((id) => lane(id, [bar(id, 100, null)])), { armed });
  const words = (seconds, index) => {
    const found = foundAt(scene, xOf(scene.scale, ago(seconds)), index * LANE + 14);
    return foundWords(found, new Set(), armedAt(data.armed, found.lane, found.at)).words;
  };
  assert.match(words(50, 0), /^#1 open since .*, fault 3 armed: cut,after=3$/);
  assert.match(words(30, 0), /^#1 open since [^,]*$/);
  assert.match(words(50, 1), /^#2 open since [^,]*$/);
  assert.equal(
    laneWords(data.lanes[0], new Set(), armed),
    "client-1 on /endless, open, fault 3 armed: cut,after=3",
  );
});
