/**
 * What is armed, as bands: over the lanes of the clients that it concerns, and along the axis,
 * where it is seen also while it concerns nobody.
 *
 * @import { Lane } from "./timeline-data.js"
 * @import { Pen } from "./timeline-pen.js"
 * @import { Scene } from "./timeline-scene.js"
 * @import { ArmedSpan } from "../server.js"
 */

import { LANE } from "./timeline-scene.js";
import { columnOf } from "./timeline-scale.js";
import { drawComb, drawCrosses, hatch } from "./timeline-marks.js";

/** How much of its colour a band has. */
const TINT = 0.1;
/** How high the line is that carries it. */
const EDGE = 2;
/** The room that the name of a fault takes along the axis. */
const NAME = 48;
/** Crosses that are nearer to each other than this are a comb. */
const NEAR = 9;

/**
 * Whether a fault strikes the requests of a lane.
 *
 * @param {ArmedSpan} span
 * @param {Pick<Lane, "client" | "stream">} lane
 */
export const concerns = ({ stream, client }, lane) =>
  (stream === null || stream === lane.stream) && (client === null || client === lane.client);

/**
 * The faults that were armed at a moment, for a lane or, without one, for anybody.
 *
 * @param {readonly ArmedSpan[]} armed
 * @param {Pick<Lane, "client" | "stream"> | null} lane
 * @param {number} at
 */
export const armedAt = (armed, lane, at) =>
  armed.filter(
    (span) =>
      span.from_ms <= at &&
      (span.to_ms === null || span.to_ms >= at) &&
      (lane === null || concerns(span, lane)),
  );

/**
 * Where spans stand, from left to right; those that touch are one.
 *
 * @param {Pick<Scene, "scale" | "now">} scene
 * @param {readonly ArmedSpan[]} spans
 * @returns {{ x: number, to: number }[]}
 */
function placesOf({ scale, now }, spans) {
  /** @type {{ x: number, to: number }[]} */
  const places = [];
  for (const { from_ms, to_ms } of spans) {
    const until = to_ms ?? now;
    if (until < scale.from || from_ms > Math.min(now, scale.to)) continue;
    const x = Math.max(scale.left, columnOf(scale, from_ms));
    // one that was healed at once is seen, too
    places.push({ x, to: Math.min(scale.right, Math.max(x + 2, columnOf(scale, until))) });
  }
  places.sort((a, b) => a.x - b.x);
  /** @type {typeof places} */
  const merged = [];
  for (const place of places) {
    const last = merged.at(-1);
    if (last && place.x <= last.to) last.to = Math.max(last.to, place.to);
    else merged.push(place);
  }
  return merged;
}

/**
 * The bands behind the lanes. What nobody comes through is hatched over all of them.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {number} first
 * @param {number} last
 * @param {number} floor the lower edge of the lanes
 */
export function paintBands(pen, scene, first, last, floor) {
  const { armed, lanes, top, theme, ratio } = scene;
  if (armed.length === 0) return;
  for (const { x, to } of placesOf(scene, armed.filter((span) => span.of_port))) {
    pen.ctx.fillStyle = hatch(pen.ctx, theme.wait, ratio);
    pen.forget();
    pen.ctx.globalAlpha = 3 * TINT;
    pen.rect(x, 0, to - x, floor);
    pen.ctx.globalAlpha = 1;
  }
  for (let index = first; index < last; index += 1) {
    const y = index * LANE - top;
    const here = armed.filter((span) => !span.of_port && concerns(span, lanes[index]));
    for (const { x, to } of placesOf(scene, here)) {
      pen.fill(theme.wait);
      pen.ctx.globalAlpha = TINT;
      pen.rect(x, y, to - x, LANE - 1);
      pen.ctx.globalAlpha = 1;
      pen.rect(x, y + LANE - EDGE - 1, to - x, EDGE);
    }
  }
}

/**
 * Along the axis: from when to when what was armed, with its number, and who was reset while nobody
 * came through.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {number} y the upper edge of the foot
 * @param {number} height the room above the axis
 * @returns {{ x: number, words: string }[]} what is to be written, from left to right
 */
export function paintArmedFoot(pen, scene, y, height) {
  const { armed, scale, now, theme } = scene;
  if (armed.length === 0) return [];
  pen.fill(theme.wait);
  for (const { x, to } of placesOf(scene, armed)) {
    pen.rect(x, y + height - EDGE, to - x, EDGE);
  }
  /** @type {{ x: number, fault: number }[]} */
  const begins = [];
  for (const { fault, from_ms, to_ms, tries_ms } of armed) {
    if ((to_ms ?? now) < scale.from || from_ms > Math.min(now, scale.to)) continue;
    const inView = tries_ms.filter((at) => at >= scale.from && at <= scale.to);
    const tries = inView.map((at) => columnOf(scale, at));
    paintTries(pen, tries, y + height / 2, theme.fail);
    const x = Math.max(scale.left, columnOf(scale, from_ms));
    begins.push({ x: Math.max(x, (tries.at(-1) ?? -Infinity) + 4), fault });
  }
  return together(begins.sort((a, b) => a.x - b.x || a.fault - b.fault));
}

/**
 * Names faults, those that begin near each other in one text.
 *
 * @param {readonly { x: number, fault: number }[]} begins from left to right
 */
function together(begins) {
  /** @type {{ x: number, faults: number[] }[]} */
  const groups = [];
  for (const { x, fault } of begins) {
    const last = groups.at(-1);
    if (last && x - last.x < NAME) last.faults.push(fault);
    else groups.push({ x, faults: [fault] });
  }
  return groups.map(({ x, faults }) => {
    if (faults.length === 1) return { x, words: `fault ${faults[0]}` };
    const names = faults.length > 3 ? `${faults.slice(0, 3).join(", ")}, …` : faults.join(", ");
    return { x, words: `faults ${names}` };
  });
}

/**
 * @param {Pen} pen
 * @param {readonly number[]} places in order
 * @param {number} y
 * @param {string} colour
 */
function paintTries(pen, places, y, colour) {
  /** @type {number[]} */
  let group = [];
  const flush = () => {
    if (group.length > 2) drawComb(pen, group, y, colour);
    else if (group.length > 0) drawCrosses(pen, group, y, colour);
    group = [];
  };
  for (const x of places) {
    if (x - (group.at(-1) ?? x) >= NEAR) flush();
    group.push(x);
  }
  flush();
  pen.flush();
}
