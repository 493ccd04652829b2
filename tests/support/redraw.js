// Run in the page by `make bench`: redraws a timeline of 200 lanes and 10,000 ticks 100 times, and
// hands back how long each took, in milliseconds. Time moves by a pixel before each, and each fifth
// has news of all lanes in view. What runs it says in HEIGHT how many pixels of it are in view; the
// ticks are in the lanes that can be seen.

const done = arguments[0];
const LANES = 200;
const TICKS = 10_000;
const REDRAWS = 100;
const SPAN_MS = 120_000;
const WIDTH = 1400;
/**
 * A redraw is made in each third frame, which is still more often than in the app, where it is four
 * times a second. In each frame, it would be measured while the one before is being painted.
 */
const FRAMES = 3;
/** The page asks four times a second. */
const REDRAWS_A_NEWS = 5;
/** A fault for each lane, and one for a single one. */
const ARMED = ["client-3", null].map((client, n) => ({
  fault: n + 1, text: "cut,after=3", stream: "/endless", client, of_port: false, to_ms: null,
  tries_ms: [],
}));

/** A view as the server makes it: each client was open, was away for five seconds, and is open. */
function newView(now, seen) {
  const ago = (seconds) => now - seconds * 1000;
  const each = Math.ceil(TICKS / seen);
  const verdict = {
    kind: "back", words: "came back", brief: "5.00 s, nothing lost", advice: null, bad: false,
    despite: false, sure: true, away_ms: 5000, retry_ms: 1000, lost: 0, repeated: 0, other: null,
  };
  const newBar = (connection, from, to, count) => {
    const gap = (from - (to ?? 0)) / (count + 1);
    const steps = Array.from({ length: count }, (_, n) => [
      Math.floor(ago(from - (n + 1) * gap) / 100), 1, 0,
    ]);
    return {
      connection, from_ms: ago(from), to_ms: to === null ? null : ago(to),
      why: to === null ? null : "stopped", by: to === null ? null : "server", status: 200,
      verdict: null, afterwards: null, due_ms: to === null ? null : ago(to) + 1000,
      flags: [], steps, ticks: [],
    };
  };
  const lanes = Array.from({ length: LANES }, (_, n) => {
    const ticks = n < seen ? each / 2 : 0;
    const before = newBar(2 * n + 1, 118, 60 - (n % 20), ticks);
    const after = newBar(2 * n + 2, 55 - (n % 20), null, ticks);
    after.verdict = { ...verdict, other: before.connection };
    const knocks = n % 10 === 0
      ? [{
        connection: 1000 + n, at_ms: ago(57 - (n % 20)), status: 503, why: "too many streams",
        fault: null,
      }]
      : [];
    return {
      id: n + 1, client: `client-${n}`, program: "curl 8.5", sure: true, stream: "/endless",
      method: "GET", bars: [before, after], knocks,
    };
  });
  return {
    now_ms: now, cursor: 1, step_ms: 100, whole: true, lanes, gone: [], left_out: 0,
    armed: ARMED.map((span) => ({ ...span, from_ms: ago(40) })),
    away: [{ from_ms: ago(60), to_ms: ago(56) }],
  };
}

/** An answer as the server makes it while all goes on: one more event for each client. */
function news({ lanes, away, armed }, now, seen) {
  return {
    now_ms: now, cursor: 1, step_ms: 100, whole: false, gone: [], left_out: 0, away,
    armed,
    lanes: lanes.slice(0, seen).map(({ id, client, program, sure, stream, method, bars }) => {
      const { connection, from: from_ms, to: to_ms, why, by, status, verdict, due } = bars[1];
      const open = {
        connection, from_ms, to_ms, why, by, status, verdict, due_ms: due, afterwards: null,
        flags: [], steps: [[Math.floor(now / 100) - 1, 1, 0]], ticks: [],
      };
      return { id, client, program, sure, stream, method, bars: [open], knocks: [] };
    }),
  };
}

async function measure() {
  const room = (name) => import(`/page/timeline/timeline-${name}.js`);
  const [{ paint }, { FOOT, LANE }] = await Promise.all([room("paint"), room("scene")]);
  const [{ TimelineData }, { readTheme }] = await Promise.all([room("data"), room("theme")]);
  const { MarkLayer } = await room("layer");
  const { FIRST_SHOWN, scaleOf } = await room("scale");
  const data = new TimelineData();
  const now = Date.now();
  const height = Math.min(HEIGHT, LANES * LANE + FOOT);
  const seen = Math.ceil((height - FOOT) / LANE);
  data.take(newView(now, seen));
  const layer = new MarkLayer();
  const canvas = document.createElement("canvas");
  const ratio = devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = height * ratio;
  canvas.style.cssText = "position: fixed; inset: 0; z-index: 9";
  const probe = document.createElement("span");
  document.body.append(canvas, probe);
  const ctx = canvas.getContext("2d", { alpha: false });
  const scene = {
    width: WIDTH, height, ratio, lanes: data.lanes, top: 0, follows: true, away: data.away,
    armed: data.armed, uncounted: [], theme: readTheme(probe), chosen: 1,
  };
  const took = [];
  for (let n = 0; n < REDRAWS; n += 1) {
    for (let frame = 0; frame < FRAMES; frame += 1) await new Promise(requestAnimationFrame);
    // time has moved by a pixel
    const later = now + (n * SPAN_MS) / WIDTH;
    const scale = scaleOf(FIRST_SHOWN, later, { left: 0, right: WIDTH - 24 });
    if (n % REDRAWS_A_NEWS === 0) data.take(news(data, later, seen));
    const begun = performance.now();
    paint(ctx, { ...scene, scale, now: later, lanes: data.lanes }, layer);
    took.push(performance.now() - begun);
  }
  canvas.remove();
  probe.remove();
  return took;
}

measure().then(done, (error) => done(String(error)));
