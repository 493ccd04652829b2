/**
 * What stands at a place of the timeline, and where the next thing of a lane is. Pure.
 *
 * @import { Bar, Lane } from "./timeline-data.js"
 * @import { Scene } from "./timeline-scene.js"
 * @import { KnockView, TickView } from "../server.js"
 */

import { FOOT, LANE, rowOf } from "./timeline-scene.js";
import { lowerBound } from "./timeline-data.js";
import { columnOf, timeOf, xOf } from "./timeline-scale.js";

/** How far from a sign the pointer may be. */
const NEAR = 5;

/**
 * What was found.
 *
 * @typedef {{ kind: "event" | "comment", lane: Lane, bar: Bar, at: number, count: number,
 *     exact: boolean, tick: TickView | null }} FoundEvent
 * @typedef {{ kind: "end", lane: Lane, bar: Bar, at: number }} FoundEnd
 * @typedef {{ kind: "flag", lane: Lane, bar: Bar, at: number, fault: number }} FoundFlag
 * @typedef {{ kind: "open", lane: Lane, bar: Bar, at: number, counted: boolean }} FoundOpen
 * @typedef {{ kind: "knock", lane: Lane, knock: KnockView, at: number, count: number }} FoundKnock
 * @typedef {{ kind: "return", lane: Lane, bar: Bar, at: number }} FoundReturn
 * @typedef {{ kind: "away", at: number, from: number, to: number | null }} FoundAway
 * @typedef {{ kind: "none", lane: Lane | null, at: number }} FoundNone
 * @typedef {FoundEvent | FoundEnd | FoundFlag | FoundOpen | FoundKnock | FoundReturn} FoundThing
 * @typedef {FoundThing | FoundAway | FoundNone} Found
 */

/**
 * The index of the lane at a height, or -1.
 *
 * @param {Pick<Scene, "height" | "top" | "lanes">} scene
 * @param {number} y
 */
export function laneIndexAt({ height, top, lanes }, y) {
  if (y < 0 || y >= height - FOOT) return -1;
  const index = Math.floor((y + top) / LANE);
  return index < lanes.length ? index : -1;
}

/**
 * What stands at a place.
 *
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @returns {Found}
 */
export function foundAt(scene, x, y) {
  const index = laneIndexAt(scene, y);
  const at = timeOf(scene.scale, x);
  if (index < 0) return outage(scene, at) ?? { kind: "none", lane: null, at };
  const lane = scene.lanes[index];
  return inLane(scene, lane, at, y + scene.top - index * LANE);
}

/**
 * What stands in a lane at a moment.
 *
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} at
 * @param {number} [y] how far below the lane's upper edge; it tells rows apart
 * @returns {Found}
 */
export function inLane(scene, lane, at, y) {
  const { scale, now } = scene;
  const near = NEAR * scale.msPerPx;
  const knock = nearest(lane.knocks, at, near, ({ at_ms }) => at_ms);
  const bars = lane.bars
    .filter((bar) => bar.from - near <= at && (bar.to ?? now) + near >= at)
    .sort((a, b) => distance(a, y) - distance(b, y));
  const bar = bars[0];
  if (knock && (!bar || Math.abs(knock.at_ms - at) <= near / 2)) {
    return foundKnock(lane, knock, scene);
  }
  if (bar) {
    if (bar.to !== null && Math.abs(bar.to - at) <= near) {
      return { kind: "end", lane, bar, at: bar.to };
    }
    const flag = nearest(bar.flags, at, near, ({ at_ms }) => at_ms);
    if (flag) return { kind: "flag", lane, bar, at: flag.at_ms, fault: flag.fault };
    const counted = !scene.uncounted.some(({ from, to }) => from < at && to > at);
    return eventOf(scene, lane, bar, at, near) ?? { kind: "open", lane, bar, at, counted };
  }
  const back = lane.bars.find(
    ({ before, from }) => before?.to != null && before.to <= at && from >= at,
  );
  if (back) return { kind: "return", lane, bar: back, at };
  const away = outage(scene, at);
  if (away) return away;
  // it left and did not come back: what is known of that is known of its end
  const left = lane.bars.findLast(({ to }) => to !== null && to <= at);
  if (left && left.afterwards?.kind === "missing") return { kind: "end", lane, bar: left, at };
  return { kind: "none", lane, at };
}

/**
 * @param {Bar} bar
 * @param {number | undefined} y
 */
const distance = (bar, y) => (y === undefined ? bar.row : Math.abs(rowOf(bar).y - y));

/**
 * @template T
 * @param {readonly T[]} list
 * @param {number} at
 * @param {number} near
 * @param {(one: T) => number} when
 */
function nearest(list, at, near, when) {
  /** @type {T | null} */
  let found = null;
  let least = near;
  for (const one of list) {
    const far = Math.abs(when(one) - at);
    if (far <= least) [found, least] = [one, far];
  }
  return found;
}

/**
 * @param {Lane} lane
 * @param {KnockView} knock
 * @param {Scene} scene
 * @returns {FoundKnock}
 */
function foundKnock(lane, knock, { scale }) {
  const column = columnOf(scale, knock.at_ms);
  const alike = lane.knocks.filter(
    ({ at_ms, status }) => status === knock.status && columnOf(scale, at_ms) === column,
  );
  return { kind: "knock", lane, knock, at: knock.at_ms, count: alike.length };
}

/**
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {Bar} bar
 * @param {number} at
 * @param {number} near
 * @returns {FoundEvent | null}
 */
function eventOf({ scale }, lane, bar, at, near) {
  /** @type {FoundEvent | null} */
  let found = null;
  for (const kind of /** @type {const} */ (["event", "comment"])) {
    const marks = kind === "event" ? bar.events : bar.comments;
    const from = lowerBound(marks.at, at - near - 100);
    let least = found ? Math.abs(found.at - at) : Infinity;
    for (let i = from; i < marks.at.length && marks.at[i] <= at + near + 100; i += 1) {
      const far = Math.max(0, Math.abs(marks.at[i] - at) - marks.span[i] / 2);
      if (far > near || far >= least) continue;
      least = far;
      found = {
        kind,
        lane,
        bar,
        at: marks.at[i],
        count: marks.count[i],
        exact: marks.span[i] === 0,
        tick: null,
      };
    }
  }
  if (!found) return null;
  const place = found.at;
  if (found.exact) {
    const { kind } = found;
    found.tick = bar.ticks.find((one) => one.at_ms === place && one.kind === kind) ?? null;
  }
  // what lies in one column of pixels cannot be told apart
  const column = columnOf(scale, place);
  const marks = found.kind === "event" ? bar.events : bar.comments;
  let count = 0;
  for (let i = lowerBound(marks.at, place - scale.msPerPx - 1); i < marks.at.length; i += 1) {
    const other = columnOf(scale, marks.at[i]);
    if (other > column) break;
    if (other === column) count += marks.count[i];
  }
  found.count = Math.max(count, 1);
  return found;
}

/**
 * @param {Scene} scene
 * @param {number} at
 * @returns {FoundAway | null}
 */
function outage({ away, now }, at) {
  const one = away.find(({ from_ms, to_ms }) => from_ms <= at && (to_ms ?? now) >= at);
  return one ? { kind: "away", at, from: one.from_ms, to: one.to_ms } : null;
}

/**
 * The next thing in a lane, at least a pixel away: an event, a request, a beginning or an end.
 *
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} at
 * @param {1 | -1} way
 * @returns {number | null}
 */
export function nextThing({ scale, now }, lane, at, way) {
  const least = Math.max(1, scale.msPerPx);
  let next = way > 0 ? Infinity : -Infinity;
  /** @param {number} moment */
  const consider = (moment) => {
    if (moment > now || (moment - at) * way < least) return;
    if ((next - moment) * way > 0) next = moment;
  };
  for (const { at_ms } of lane.knocks) consider(at_ms);
  for (const bar of lane.bars) {
    consider(bar.from);
    if (bar.to !== null) consider(bar.to);
    for (const { at_ms } of bar.flags) consider(at_ms);
    for (const { at: list } of [bar.events, bar.comments]) {
      const place = lowerBound(list, at + way * least);
      if (place < list.length) consider(list[place]);
      if (way < 0 && place > 0) consider(list[place - 1]);
    }
  }
  return Number.isFinite(next) ? next : null;
}

/**
 * Which connection a press opens there, and at which moment; null where there is none.
 *
 * @param {Found} found
 * @returns {{ connection: number, atMs: number } | null}
 */
export function openedBy(found) {
  if (found.kind === "knock") return { connection: found.knock.connection, atMs: found.at };
  if (found.kind === "none" || found.kind === "away") return null;
  if (found.kind === "return") return { connection: found.bar.connection, atMs: found.bar.from };
  return { connection: found.bar.connection, atMs: found.at };
}

/**
 * Where the hair stands for what was found: on it, where it is a sign.
 *
 * @param {Scene} scene
 * @param {Found} found
 */
export const hairAt = ({ scale }, { at }) => Math.round(xOf(scale, at));
