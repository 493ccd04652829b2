// Run in the page by a test: a timeline is redrawn while time moves and news come in, once on what
// the redraw before left and once anew, and the two pictures are compared to the pixel. Hands back
// the first difference in words, or null.

const done = arguments[0];
const WIDTH = 700;
const LANES = 12;
const REDRAWS = 300;

/** Numbers that look random and are the same ones each time. */
let seed = 7;
const random = () => {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
};

/** How often a layer was moved. */
let moves = 0;
const { drawImage } = OffscreenCanvasRenderingContext2D.prototype;
OffscreenCanvasRenderingContext2D.prototype.drawImage = function (...all) {
  moves += 1;
  return drawImage.apply(this, all);
};

/** From afar, and so near that a step of the server's counts is wider than a tick. */
async function compareBoth() {
  for (const span of [60_000, 10_000]) {
    moves = 0;
    const difference = await compare(span);
    if (difference) return `${span} ms: ${difference}`;
    if (moves < REDRAWS / 2) return `only ${moves} of ${REDRAWS} redraws kept anything`;
  }
  return null;
}

/** @param {number} span */
async function compare(span) {
  const room = (name) => import(`/page/timeline/timeline-${name}.js`);
  const [{ paint }, { FOOT, LANE }] = await Promise.all([room("paint"), room("scene")]);
  const [{ TimelineData }, { readTheme }] = await Promise.all([room("data"), room("theme")]);
  const [{ MarkLayer }, { scaleOf }] = await Promise.all([room("layer"), room("scale")]);
  const probe = document.createElement("span");
  document.body.append(probe);
  const begun = 1_800_000_000_000;
  const data = new TimelineData();
  const lanes = Array.from({ length: LANES }, (_, n) => newLane(n, begun));
  const view = (now, changed) => ({
    now_ms: now, cursor: 1, step_ms: 100, whole: now === begun, gone: [], left_out: 0, away: [],
    armed: armedSince(begun),
    lanes: changed,
  });
  data.take(view(begun, lanes));
  const layer = new MarkLayer();
  const size = { width: WIDTH, height: LANES * LANE + FOOT, ratio: 1 };
  const [kept, anew] = [newContext(size), newContext(size)];
  const theme = readTheme(probe);
  probe.remove();
  let [now, top] = [begun, 0];
  for (let n = 0; n < REDRAWS; n += 1) {
    now += Math.floor(random() * 400);
    const changed = lanes.map((lane, index) => withNews(lane, index, now)).filter(Boolean);
    data.take(view(now, changed));
    if (random() < 0.02) top = Math.floor(random() * 3) * LANE;
    const scale = scaleOf({ span, end: null }, now, { left: 0, right: WIDTH - 24 });
    const scene = {
      ...size, lanes: data.lanes, top, scale, now, follows: true, away: [],
      armed: data.armed, uncounted: [], theme,
      chosen: 3,
    };
    paint(kept, scene, layer);
    paint(anew, scene);
    const [one, other] = [kept, anew].map((ctx) => {
      return new Uint32Array(ctx.getImageData(0, 0, size.width, size.height).data.buffer);
    });
    const place = one.findIndex((pixel, index) => isApart(pixel, other[index]));
    if (place >= 0) {
      const [x, y] = [place % WIDTH, Math.floor(place / WIDTH)];
      const colours = [one, other].map((pixels) => pixels[place].toString(16)).join(" and ");
      return `redraw ${n} differs at ${x}, ${y}: ${colours}`;
    }
  }
  return null;
}

/** What is armed for one lane, and for all. */
const armedSince = (begun) =>
  ["client-2", null].map((client, n) => ({
    fault: n + 1, text: "cut,after=3", stream: "/endless", client, of_port: n > 0,
    from_ms: begun + 5000 * n, to_ms: n > 0 ? begun + 9000 : null, tries_ms: [],
  }));

/** Colours that are laid upon each other in two ways may be rounded in two ways. */
const isApart = (one, other) =>
  one !== other &&
  [0, 8, 16].some((shift) => Math.abs(((one >> shift) & 255) - ((other >> shift) & 255)) > 4);

function newContext({ width, height }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d", { alpha: false, willReadFrequently: true });
}

/** Each lane is sent events at another rate, twice as many as the one before. */
function newLane(n, now) {
  return {
    id: n + 1, client: `client-${n}`, program: "curl 8.5", sure: true, stream: "/endless",
    method: "GET", knocks: [], bars: [newBar(n + 1, now)],
  };
}

const newBar = (connection, from) => ({
  connection, from_ms: from, to_ms: null, why: null, by: null, status: 200, verdict: null,
  afterwards: null, due_ms: null, flags: [], steps: [], ticks: [],
});

let connections = 100;

/** What a lane is sent next; now and then its client goes and comes back, or opens a second one. */
function withNews(lane, index, now) {
  const rate = 0.05 * 2 ** index;
  const [bar] = lane.bars;
  const steps = [];
  // the step that is under way is handed out in parts
  const newest = Math.floor(now / 100);
  for (let step = bar.told ?? newest; step <= newest; step += 1) {
    const events = Math.floor(rate / 10 + random());
    const comments = random() < 0.03 ? 1 : 0;
    if (events + comments > 0) steps.push([step, events, comments]);
  }
  const told = newest;
  const sent = { ...bar, told, steps };
  if (random() < 0.02) {
    const ended = { ...sent, to_ms: now, why: "left", by: "client" };
    const verdict = {
      kind: "back", words: "came back", brief: "0.00 s, nothing lost", advice: null, bad: false,
      despite: false, sure: true, away_ms: 0, retry_ms: 1000, lost: 0,
      repeated: Math.floor(random() * 40), other: bar.connection,
    };
    const next = { ...newBar((connections += 1), now), verdict };
    lane.bars = [next];
    return { ...lane, bars: random() < 0.3 ? [{ ...sent }, next] : [ended, next] };
  }
  lane.bars = [{ ...bar, told }];
  return steps.length > 0 ? { ...lane, bars: [sent] } : null;
}

compareBoth().then(done, (error) => done(String(error)));
