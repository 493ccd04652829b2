/**
 * What the timeline knows: lanes, their connections and their requests that got no stream, merged
 * from one answer of the server after the other. Pure. Everything in it is the server's word. Only
 * what follows from it is computed here: in which row of its lane a bar stands while two are open
 * at once, and which silence is unusual.
 *
 * @import { BarView, FlagView, KnockView, LaneView, TickView } from "../server.js"
 * @import { TimelineView, Verdict } from "../server.js"
 */

/** The server keeps no more, and an answer may be a while under way. */
const KEPT_MS = 630_000;
/** The server may read a request before it knows that the connection before it has ended. */
const NOT_BESIDE_MS = 300;
/** A server whom nobody asks for so long stops counting; it waits a little longer than this. */
const COUNTS_FOR_MS = 4500;
/** A tick that ends so early on the wire is the first one: only the head was before it. */
const FIRST_BYTES = 1500;
/**
 * What is counted may be counted so much later than it was sent, or in the step before. A tick
 * stands for what was counted around it, so that nothing is drawn twice.
 */
const LATE_MS = 500;
const EARLY_MS = 150;
/** The usual time between two events is the middle one of so many. */
const GAPS = 128;

/**
 * Moments that are alike, oldest first, in arrays of one length.
 *
 * @typedef {object} Marks
 * @property {number[]} at
 * @property {number[]} count how many there are at that moment
 * @property {number[]} span how exact the moment is: 0, or the length of its step
 */

/** @returns {Marks} */
const noMarks = () => ({ at: [], count: [], span: [] });

/** A connection in its lane. */
export class Bar {
  connection;
  from = 0;
  /** @type {number | null} */
  to = null;
  /** @type {BarView["why"]} */
  why = null;
  /** @type {BarView["by"]} */
  by = null;
  status = 200;
  /** @type {Verdict | null} */
  verdict = null;
  /** @type {Verdict | null} */
  afterwards = null;
  /** @type {number | null} */
  due = null;
  /** Which of the rows of its lane it stands in, and how many there are. */
  row = 0;
  rows = 1;
  /** The bar that it goes on from. @type {Bar | null} */
  before = null;
  /** Where faults struck it, in that order. @type {FlagView[]} */
  flags = [];
  /** The exact ones, oldest first. @type {TickView[]} */
  ticks = [];
  events = noMarks();
  comments = noMarks();
  /** How many of its first events are known no more. */
  dropped = 0;
  /** Whether all that it was sent has been counted, from its first event on. */
  isWhole = false;
  /** Index, events and comments of each step, oldest first. @type {[number, number, number][]} */
  #steps = [];
  #stepMs;
  /** The usual time between two events; NaN where it has to be computed anew. */
  #usual = NaN;

  /**
   * @param {number} connection
   * @param {number} stepMs
   */
  constructor(connection, stepMs) {
    this.connection = connection;
    this.#stepMs = stepMs;
  }

  /**
   * @param {BarView} view
   * @returns {number} from which moment on its marks changed: infinite where none did
   */
  take(view) {
    const repeated = this.verdict?.repeated ?? 0;
    this.from = view.from_ms;
    this.to = view.to_ms;
    this.why = view.why;
    this.by = view.by;
    this.status = view.status;
    this.verdict = view.verdict;
    this.afterwards = view.afterwards;
    this.due = view.due_ms;
    this.flags = view.flags;
    const anew = (view.verdict?.repeated ?? 0) === repeated ? Infinity : -Infinity;
    if (view.steps.length === 0 && view.ticks.length === 0) return anew;
    let changed = Infinity;
    for (const step of view.steps) {
      addStep(this.#steps, step);
      changed = Math.min(changed, step[0]);
    }
    for (const tick of view.ticks) {
      placeTick(this.ticks, tick);
      changed = Math.min(changed, Math.floor(tick.at_ms / this.#stepMs));
    }
    this.#mark(changed);
    const first = this.ticks[0];
    if (first && first.end - first.size < FIRST_BYTES) this.isWhole = true;
    // which steps the ticks stand for can only be told from the beginning
    return first ? -Infinity : Math.min(anew, changed * this.#stepMs);
  }

  /**
   * Makes the marks from a step on anew.
   *
   * @param {number} first
   */
  #mark(first) {
    this.#usual = NaN;
    const from = this.ticks.length > 0 ? -Infinity : first;
    for (const [kind, marks, place] of /** @type {const} */ ([
      ["event", this.events, 1],
      ["comment", this.comments, 2],
    ])) {
      const ticks = this.ticks.filter((tick) => tick.kind === kind).map(({ at_ms }) => at_ms);
      truncate(marks, from * this.#stepMs);
      /** The next tick that stands for no step yet, and the next that has no mark. */
      let [spare, next] = [0, 0];
      const begin = this.#steps.findLastIndex(([index]) => index < from) + 1;
      for (let i = begin; i < this.#steps.length; i += 1) {
        const start = this.#steps[i][0] * this.#stepMs;
        while (ticks[spare] < start - LATE_MS) spare += 1;
        let left = this.#steps[i][place];
        for (; left > 0 && ticks[spare] <= start + this.#stepMs + EARLY_MS; spare += 1) left -= 1;
        const middle = start + this.#stepMs / 2;
        for (; left > 0 && ticks[next] < middle; next += 1) push(marks, ticks[next], 1, 0);
        push(marks, middle, left, this.#stepMs);
      }
      for (; next < ticks.length; next += 1) push(marks, ticks[next], 1, 0);
    }
  }

  /** Forgets what is older. @param {number} than */
  forget(than) {
    const steps = this.#steps.findIndex(([index]) => index * this.#stepMs >= than);
    // all at once is dear, and a few more do no harm
    if (steps >= 0 && steps < 64 && firstAt(this.ticks, than) < 64) return;
    const last = Math.floor(than / this.#stepMs);
    this.dropped += countBefore(this.events, last * this.#stepMs);
    this.#steps = this.#steps.filter(([index]) => index >= last);
    this.ticks = this.ticks.slice(firstAt(this.ticks, last * this.#stepMs));
    for (const marks of [this.events, this.comments]) {
      const first = lowerBound(marks.at, last * this.#stepMs);
      for (const values of [marks.at, marks.count, marks.span]) values.splice(0, first);
    }
  }

  /**
   * When the first events end that its client had before; `from` where there are none, or where the
   * first events were not counted.
   */
  get repeatedUntil() {
    if (!this.isWhole) return this.from;
    let left = (this.verdict?.repeated ?? 0) - this.dropped;
    if (left <= 0) return this.from;
    const { at, count } = this.events;
    for (let i = 0; i < at.length; i += 1) {
      left -= count[i];
      if (left <= 0) return at[i] + 0.5;
    }
    return Infinity;
  }

  /** The usual time between two of its events; infinite where that is unknown. */
  get usualGap() {
    if (Number.isNaN(this.#usual)) this.#usual = middleGap(this.events);
    return this.#usual;
  }
}

/** A client on a stream. */
export class Lane {
  id;
  /** @type {string | null} */
  client = null;
  program = "";
  sure = false;
  stream = "";
  method = "";
  /** In the order of their beginnings. @type {Bar[]} */
  bars = [];
  /** Oldest first. @type {KnockView[]} */
  knocks = [];
  /**
   * From this moment on, its marks are not drawn yet by the one layer that draws them. The layer
   * moves it on.
   */
  undrawnFrom = -Infinity;
  /** @type {Map<number, Bar>} */
  #byConnection = new Map();

  /** @param {number} id */
  constructor(id) {
    this.id = id;
  }

  /**
   * @param {LaneView} view
   * @param {number} stepMs
   * @param {number} countedSince when the server began to count, as far as is known here
   */
  take(view, stepMs, countedSince) {
    this.client = view.client;
    this.program = view.program;
    this.sure = view.sure;
    this.stream = view.stream;
    this.method = view.method;
    for (const one of view.bars) {
      let bar = this.#byConnection.get(one.connection);
      if (!bar) {
        bar = new Bar(one.connection, stepMs);
        bar.isWhole = one.from_ms >= countedSince;
        this.#byConnection.set(one.connection, bar);
        this.bars.push(bar);
      }
      this.undrawnFrom = Math.min(this.undrawnFrom, bar.take(one));
    }
    if (view.bars.length > 0) this.#arrange();
    for (const knock of view.knocks) {
      if (this.knocks.some(({ connection }) => connection === knock.connection)) continue;
      this.knocks.push(knock);
    }
    this.knocks.sort((a, b) => a.at_ms - b.at_ms);
  }

  /**
   * Gives up what turned out to be another lane's.
   *
   * @param {ReadonlySet<number>} connections
   */
  giveUp(connections) {
    const stays = (/** @type {{ connection: number }} */ { connection }) =>
      !connections.has(connection);
    if (this.knocks.length > 0) this.knocks = this.knocks.filter(stays);
    if (this.bars.every(stays)) return;
    this.bars = this.bars.filter(stays);
    this.undrawnFrom = -Infinity;
    for (const connection of connections) this.#byConnection.delete(connection);
    this.#arrange();
  }

  /** Bars that are open at the same time stand below each other, all others in the middle. */
  #arrange() {
    const places = this.bars.map(({ row, rows }) => `${row}/${rows}`).join();
    this.bars.sort((a, b) => a.from - b.from || a.connection - b.connection);
    /** @type {Bar[]} */
    let together = [];
    /** When the last bar of each row ends. @type {number[]} */
    let ends = [];
    for (const bar of this.bars) {
      const isApart = ends.every((end) => end <= bar.from + NOT_BESIDE_MS);
      if (isApart) [together, ends] = [[], []];
      let row = ends.findIndex((end) => end <= bar.from + NOT_BESIDE_MS);
      if (row < 0) row = ends.length;
      ends[row] = bar.to ?? Infinity;
      bar.row = row;
      together.push(bar);
      for (const one of together) one.rows = ends.length;
    }
    if (this.bars.map(({ row, rows }) => `${row}/${rows}`).join() !== places) {
      this.undrawnFrom = -Infinity;
    }
    for (const [index, bar] of this.bars.entries()) {
      bar.before = this.#beforeOf(bar, index);
    }
  }

  /**
   * @param {Bar} bar
   * @param {number} index
   */
  #beforeOf({ verdict, from }, index) {
    if (verdict?.kind !== "back") return null;
    const named = verdict.other === null ? undefined : this.#byConnection.get(verdict.other);
    if (named) return named;
    // it went on from a request that was refused: the bar before that
    const ended = this.bars.slice(0, index).filter(({ to }) => to !== null && to <= from);
    return ended.toSorted((a, b) => Number(a.to) - Number(b.to)).at(-1) ?? null;
  }

  /** Forgets what is older. @param {number} than */
  forget(than) {
    const stays = (/** @type {Bar} */ { to }) => to === null || to >= than;
    if (!this.bars.every(stays)) {
      for (const bar of this.bars) {
        if (!stays(bar)) this.#byConnection.delete(bar.connection);
      }
      this.bars = this.bars.filter(stays);
      this.#arrange();
    }
    for (const bar of this.bars) bar.forget(than);
    const knocks = this.knocks.findIndex(({ at_ms }) => at_ms >= than);
    if (knocks !== 0) this.knocks.splice(0, knocks < 0 ? this.knocks.length : knocks);
  }

  /** How many of its connections are open. */
  get open() {
    return this.bars.reduce((open, { to }) => open + (to === null ? 1 : 0), 0);
  }

  /**
   * It was open, is not, and neither has everything nor left of its own will. The server's verdict
   * has the last word.
   */
  get isAway() {
    const last = this.bars.at(-1);
    if (!last || this.open > 0) return false;
    const { kind } = last.afterwards ?? {};
    if (kind === "missing" || kind === "refused") return true;
    const toldToStay = this.knocks.at(-1)?.status === 204;
    return last.why !== "complete" && last.by !== "client" && !toldToStay;
  }
}

export class TimelineData {
  /** In the order in which they came. @type {Lane[]} */
  lanes = [];
  /** When the server was stopped. @type {TimelineView["away"]} */
  away = [];
  /** When which faults were armed. @type {TimelineView["armed"]} */
  armed = [];
  /** When nobody asked, and so nothing was counted. @type {{ from: number, to: number }[]} */
  uncounted = [];
  /** Lanes that are not kept. */
  leftOut = 0;
  /** When the last answer was made. */
  toldAt = 0;
  /** What to ask for next. */
  cursor = 0;
  #countedSince = 0;
  /** @type {Map<number, Lane>} */
  #byId = new Map();
  /** The lane of each connection and request. @type {Map<number, number>} */
  #laneOf = new Map();

  /** @param {TimelineView} view */
  take(view) {
    const { now_ms: now, step_ms: stepMs } = view;
    if (view.whole) this.#clear();
    if (view.whole || now - this.toldAt > COUNTS_FOR_MS) {
      this.uncounted.push({ from: view.whole ? 0 : this.toldAt, to: now });
      this.#countedSince = now;
    }
    this.uncounted = this.uncounted.filter(({ to }) => to > now - KEPT_MS);
    this.cursor = view.cursor;
    this.toldAt = now;
    this.away = view.away;
    this.armed = view.armed;
    this.leftOut = view.left_out;
    const gone = new Set(view.gone);
    if (gone.size > 0) this.lanes = this.lanes.filter(({ id }) => !gone.has(id));
    for (const id of gone) this.#byId.delete(id);
    for (const one of view.lanes) {
      this.#move(one);
      let lane = this.#byId.get(one.id);
      if (!lane) {
        lane = new Lane(one.id);
        this.#byId.set(one.id, lane);
        this.lanes.push(lane);
      }
      lane.take(one, stepMs, this.#countedSince);
    }
    for (const lane of this.lanes) lane.forget(now - KEPT_MS);
  }

  /**
   * A client may turn out to be another: its connections move to that one's lane.
   *
   * @param {LaneView} view
   */
  #move({ id, bars, knocks }) {
    /** @type {Map<number, Set<number>>} */
    const moved = new Map();
    for (const { connection } of [...bars, ...knocks]) {
      const before = this.#laneOf.get(connection);
      this.#laneOf.set(connection, id);
      if (before === undefined || before === id) continue;
      moved.set(before, (moved.get(before) ?? new Set()).add(connection));
    }
    for (const [lane, connections] of moved) this.#byId.get(lane)?.giveUp(connections);
  }

  /** @param {number} id */
  lane(id) {
    return this.#byId.get(id) ?? null;
  }

  #clear() {
    this.lanes = [];
    this.uncounted = [];
    this.#byId.clear();
    this.#laneOf.clear();
  }
}

/**
 * The first index whose value is not below.
 *
 * @param {readonly number[]} values in order
 * @param {number} least
 */
export function lowerBound(values, least) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @param {readonly TickView[]} ticks
 * @param {number} least
 */
function firstAt(ticks, least) {
  let [low, high] = [0, ticks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ticks[middle].at_ms < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A step may be handed out in parts: what is newer is added.
 *
 * @param {[number, number, number][]} steps
 * @param {[number, number, number]} step
 */
function addStep(steps, [index, events, comments]) {
  let place = steps.length;
  while (place > 0 && steps[place - 1][0] > index) place -= 1;
  const same = steps[place - 1];
  if (same && same[0] === index) steps[place - 1] = [index, same[1] + events, same[2] + comments];
  else steps.splice(place, 0, [index, events, comments]);
}

/**
 * @param {TickView[]} ticks
 * @param {TickView} tick
 */
function placeTick(ticks, tick) {
  let place = ticks.length;
  while (place > 0 && ticks[place - 1].end > tick.end) place -= 1;
  if (place > 0 && ticks[place - 1].end === tick.end) ticks[place - 1] = tick;
  else ticks.splice(place, 0, tick);
}

/**
 * @param {Marks} marks
 * @param {number} at
 * @param {number} count
 * @param {number} span
 */
function push(marks, at, count, span) {
  if (count === 0) return;
  marks.at.push(at);
  marks.count.push(count);
  marks.span.push(span);
}

/**
 * @param {Marks} marks
 * @param {number} from
 */
function truncate({ at, count, span }, from) {
  const length = lowerBound(at, from);
  for (const values of [at, count, span]) values.length = length;
}

/**
 * @param {Marks} marks
 * @param {number} before
 */
function countBefore({ at, count }, before) {
  let sum = 0;
  for (let i = 0; i < at.length && at[i] < before; i += 1) sum += count[i];
  return sum;
}

/** @param {Marks} marks */
function middleGap({ at, count, span }) {
  const first = Math.max(1, at.length - GAPS);
  const gaps = [];
  for (let i = first; i < at.length; i += 1) {
    gaps.push(at[i] - at[i - 1]);
    // several within one step are that much closer
    for (let n = Math.min(count[i], 8); n > 1; n -= 1) gaps.push(span[i] / count[i]);
  }
  if (gaps.length < 2) return Infinity;
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1];
}
