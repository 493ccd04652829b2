/**
 * Draws the timeline onto a canvas from a scene. It knows no document and no clock, so that a
 * redraw can be measured. The names of the lanes are drawn by timeline-labels.js, because they
 * change less often.
 *
 * @import { Bar, Lane } from "./timeline-data.js"
 * @import { Theme } from "./timeline-marks.js"
 * @import { Context } from "./timeline-pen.js"
 * @import { MarkLayer } from "./timeline-layer.js"
 * @import { Scale } from "./timeline-scale.js"
 * @import { Scene } from "./timeline-scene.js"
 * @import { KnockView } from "../server.js"
 */

import { backRank } from "../parts/words.js";
import { paintBands } from "./timeline-armed.js";
import { outages, paintFoot } from "./timeline-foot.js";
import { lowerBound } from "./timeline-data.js";
import {
  drawComb,
  drawCrosses,
  drawDue,
  drawEnd,
  drawFlag,
  drawReturn,
  hatch,
} from "./timeline-marks.js";
import { paintComments, paintEvents } from "./timeline-events.js";
import { AWAY, Pen } from "./timeline-pen.js";
import { FOOT, LANE, MIDDLE, rowOf } from "./timeline-scene.js";
import { columnOf, xOf } from "./timeline-scale.js";

/** The font of all that is written into lanes; its family is the theme's. */
const SMALL = "10px";
/** The room that a flag takes, in pixels. */
const FLAG = 14;
/** The colours of verdicts, as in the table. */
const RANKS = /** @type {const} */ ({
  lost: "fail",
  refused: "fail",
  repeated: "wait",
  missing: "wait",
  whole: "go",
  "": "quiet",
});

/**
 * @param {Bar["verdict"]} verdict
 * @param {Theme} theme
 */
const rankColour = (verdict, theme) => theme[RANKS[backRank(verdict)]];

/**
 * @param {Context} ctx
 * @param {Scene} scene
 * @param {MarkLayer | null} [layer] keeps events from one redraw to the next; without it, all are
 *   drawn anew
 */
export function paint(ctx, scene, layer = null) {
  const { width, height, ratio, theme, lanes, top } = scene;
  const pen = new Pen(ctx, ratio);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fill(theme.field);
  ctx.fillRect(0, 0, width, height);
  const floor = height - FOOT;
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, width, floor);
  ctx.clip();
  const first = Math.max(0, Math.floor(top / LANE));
  const last = Math.min(lanes.length, Math.ceil((top + floor) / LANE));
  paintGround(pen, scene, first, last);
  ctx.font = `${SMALL} ${theme.wire}`;
  ctx.textBaseline = "alphabetic";
  /** @param {(pen: Pen, scene: Scene, lane: Lane, y: number) => void} paintLane */
  const eachLane = (paintLane) => {
    for (let index = first; index < last; index += 1) {
      paintLane(pen, scene, lanes[index], index * LANE - top);
    }
    pen.flush();
  };
  eachLane(paintLines);
  if (!layer?.paint(ctx, scene, first, last)) {
    eachLane(paintComments);
    eachLane(paintEvents);
  }
  eachLane(paintSigns);
  ctx.restore();
  pen.forget();
  paintFoot(pen, scene, floor);
}

/**
 * What lies behind the lanes: the chosen one's wash, outages, what is armed, and the lines between
 * lanes.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {number} first
 * @param {number} last
 */
function paintGround(pen, scene, first, last) {
  const { width, height, ratio, theme, lanes, top, chosen } = scene;
  const place = lanes.findIndex(({ id }) => id === chosen);
  if (place >= first && place < last) {
    pen.fill(theme.wash);
    pen.rect(0, place * LANE - top, width, LANE);
  }
  for (const { x, to } of outages(scene)) {
    pen.ctx.fillStyle = hatch(pen.ctx, theme.line, ratio);
    pen.forget();
    pen.rect(x, 0, to - x, height - FOOT);
  }
  paintBands(pen, scene, first, last, height - FOOT);
  const lines = pen.lines(theme.line);
  for (let index = first; index < last; index += 1) {
    pen.along(lines, 0, width, (index + 1) * LANE - top - 0.5);
  }
  pen.flush();
}

/**
 * The connections of a lane that are in view, in part or in whole, each with its place.
 *
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {(bar: Bar, from: number, to: number) => void} each
 */
function eachBar({ scale, now }, lane, each) {
  for (const bar of lane.bars) {
    if (bar.from > scale.to || (bar.to !== null && bar.to < scale.from)) continue;
    const from = Math.max(scale.left, columnOf(scale, bar.from));
    const to = Math.min(scale.right, Math.max(from + 1, columnOf(scale, bar.to ?? now)));
    if (to > scale.left && from < scale.right) each(bar, from, to);
  }
}

/**
 * The lines of open connections, which lie below all marks.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} top
 */
function paintLines(pen, scene, lane, top) {
  eachBar(scene, lane, (bar, from, to) => {
    paintLine(pen, scene, bar, { from, to, y: top + rowOf(bar).y });
  });
}

/**
 * How connections ended and clients came back, and requests that got no stream.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} y the upper edge
 */
function paintSigns(pen, scene, lane, y) {
  const { scale, now, theme } = scene;
  const room = roomIn(scene, lane);
  const flags = flagsOf(scene, lane);
  /** Where the last text above the marks ends. */
  let free = -Infinity;
  for (const bar of lane.bars) {
    if (bar.before && bar.from >= scale.from && Number(bar.before.to) <= scale.to) {
      free = paintReturn(pen, scene, lane, bar, y, { free, flags });
    }
    if (bar.to !== null && bar.to >= scale.from && bar.to <= Math.min(scale.to, now)) {
      paintEnd(pen, scene, bar, y, room);
    }
  }
  if (lane.knocks.length > 0) paintKnocks(pen, scene, lane, y + MIDDLE, room);
  const colours = { colour: theme.wait, inside: theme.field };
  for (const { x, fault } of flags) drawFlag(pen, x, y, y + MIDDLE + 5, fault, colours);
}

/**
 * Where faults struck. Of flags of one fault that would lie upon each other, there is the first.
 *
 * @param {Scene} scene
 * @param {Lane} lane
 * @returns {{ x: number, fault: number }[]} from left to right
 */
function flagsOf({ scale }, lane) {
  const struck = lane.bars.flatMap(({ flags }) => flags);
  for (const { at_ms, fault } of lane.knocks) {
    if (fault !== null) struck.push({ at_ms, fault });
  }
  /** Where the last flag of each fault stands. @type {Map<number, number>} */
  const places = new Map();
  /** @type {{ x: number, fault: number }[]} */
  const flags = [];
  for (const { at_ms, fault } of struck.sort((a, b) => a.at_ms - b.at_ms)) {
    if (at_ms < scale.from || at_ms > scale.to) continue;
    const x = columnOf(scale, at_ms);
    if (x - (places.get(fault) ?? -Infinity) < FLAG) continue;
    places.set(fault, x);
    flags.push({ x, fault });
  }
  return flags;
}

/**
 * The places of all that may stand in the way of a text, in order.
 *
 * @param {Scene} scene
 * @param {Lane} lane
 */
function edgesOf({ scale, now }, lane) {
  const edges = [xOf(scale, Math.min(now, scale.to)) + 20];
  for (const { from, to } of lane.bars) {
    if (from >= scale.from) edges.push(xOf(scale, from));
    if (to !== null && to >= scale.from) edges.push(xOf(scale, to));
  }
  for (const { at_ms } of lane.knocks) {
    if (at_ms >= scale.from) edges.push(xOf(scale, at_ms));
  }
  return edges.sort((a, b) => a - b);
}

/**
 * How much room a text has behind a place of the lane. What stands there is looked up only when it
 * is asked for, as most lanes have no text.
 *
 * @param {Scene} scene
 * @param {Lane} lane
 * @returns {(x: number) => number}
 */
function roomIn(scene, lane) {
  /** @type {number[] | null} */
  let edges = null;
  return (x) => {
    edges ??= edgesOf(scene, lane);
    const next = edges[lowerBound(edges, x + 1.5)];
    return next === undefined ? 0 : next - x;
  };
}

/**
 * The line of an open connection, dotted where it is silent for longer than twice the usual gap.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Bar} bar
 * @param {{ from: number, to: number, y: number }} place
 */
function paintLine(pen, scene, bar, { from, to, y }) {
  const { scale, now, theme } = scene;
  const beside = bar.to === null && bar.afterwards?.kind === "beside" && bar.afterwards.bad;
  const colour = beside ? theme.wait : theme.accent;
  const { at, span } = bar.events;
  const longest = 2 * bar.usualGap + 100;
  let x = from;
  /** @param {number} start @param {number} end */
  const silence = (start, end) => {
    const left = Math.max(from, columnOf(scale, start) + 3);
    const right = Math.min(to, columnOf(scale, end) - 2);
    if (end - start <= longest || right - left < 8) return;
    // nobody counted, so it may not have been silent
    if (scene.uncounted.some((one) => one.from < end && one.to > start)) return;
    if (left > x) solid(x, left);
    pen.dotted(left, right, y, colour);
    x = right;
  };
  /** @param {number} left @param {number} right */
  const solid = (left, right) => {
    if (beside) pen.lines(colour, 2).push(left, y, right, y);
    else pen.along(pen.lines(colour, pen.hair, 0.55), left, right, y);
  };
  if (longest < Infinity) {
    const first = lowerBound(at, scale.from);
    let before = first === 0 ? bar.from : at[first - 1] + span[first - 1] / 2;
    for (let i = first; i < at.length && before < scale.to; i += 1) {
      if (at[i] - before > longest) silence(before, at[i] - span[i] / 2);
      before = at[i] + span[i] / 2;
    }
    const end = bar.to ?? now;
    if (before < scale.to && end - before > longest) silence(before, end);
  }
  if (to > x) solid(x, to);
}

/**
 * Requests that got no stream: refused ones are crosses, those with 204 stubs, and so are answers
 * of an upstream that are no errors.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} y
 * @param {(x: number) => number} room
 */
function paintKnocks(pen, scene, lane, y, room) {
  const { scale } = scene;
  /** @type {KnockView[]} */
  let group = [];
  const flush = () => {
    if (group.length > 0) paintGroup(pen, scene, lane, group, y, room);
    group = [];
  };
  for (const knock of lane.knocks) {
    if (knock.at_ms < scale.from || knock.at_ms > scale.to) continue;
    const last = group.at(-1);
    const touches =
      last !== undefined &&
      last.status === knock.status &&
      (knock.at_ms - last.at_ms) / scale.msPerPx < 9;
    if (!touches) flush();
    group.push(knock);
  }
  flush();
}

/**
 * Requests with one answer that touch each other, and what they were answered.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {KnockView[]} group
 * @param {number} y
 * @param {(x: number) => number} room
 */
function paintGroup(pen, { scale, theme, chosen }, lane, group, y, room) {
  const { status } = group[0];
  const places = group.map(({ at_ms }) => columnOf(scale, at_ms));
  const [first, last] = [places[0], places[places.length - 1]];
  const mean = group.length > 1 ? (last - first) / (group.length - 1) : Infinity;
  let colour = theme.fail;
  const isForwarded = group[0].why === "forwarded";
  if (status === 204 || (isForwarded && status < 400)) {
    const isAgain = !isForwarded && (group.length > 1 || isToldAgain(lane, group[0]));
    colour = isAgain ? theme.wait : theme.quiet;
    pen.fill(colour);
    for (const x of places) pen.rect(x, y - 4, mean < 7 ? Math.max(1, mean - 1) : 6, 8);
  } else if (mean < 5) {
    drawComb(pen, places, y, colour);
  } else {
    drawCrosses(pen, places, y, colour);
  }
  const words = group.length > 2 ? `${group.length} × ${status}` : String(status);
  const width = pen.width(SMALL, words);
  if (room(last) < width + 16) return;
  const ground = { colour: lane.id === chosen ? theme.wash : theme.field, width };
  pen.write(words, last + 10, y + 3.5, colour, ground);
}

/**
 * Whether a client is told a second time in a row that there is no more.
 *
 * @param {Lane} lane
 * @param {KnockView} knock
 */
function isToldAgain(lane, { at_ms }) {
  const bar = lane.bars.findLast(({ from }) => from < at_ms);
  if (bar?.verdict?.despite) return true;
  const since = bar?.from ?? -Infinity;
  return lane.knocks.some((one) => one.status === 204 && one.at_ms < at_ms && one.at_ms > since);
}

/**
 * How a client came back: from where, how, and what it cost.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {Bar} bar
 * @param {number} top
 * @param {{ free: number, flags: readonly { x: number }[] }} above where the last text above the
 *   marks ends, and which flags stand there
 * @returns {number} where this one ends
 */
function paintReturn(pen, { scale, theme, chosen }, lane, bar, top, { free, flags }) {
  const before = /** @type {Bar} */ (bar.before);
  const verdict = /** @type {NonNullable<Bar["verdict"]>} */ (bar.verdict);
  const knock = lane.knocks.findLast(({ at_ms }) => at_ms <= bar.from);
  const start = Math.max(Number(before.to), knock?.at_ms ?? 0);
  const [from, to] = [columnOf(scale, start), columnOf(scale, bar.from)];
  const y = top + MIDDLE;
  const colour = rankColour(verdict, theme);
  if (to > from + 1) drawReturn(pen, from, to, y, colour, free < from);
  const due = paintDue(pen, scale, theme, bar, y);
  const words = returnWords(verdict);
  const begin = Math.max(from, due, 0);
  const fits = words.find((text) => pen.width(SMALL, text) + 30 <= to - begin);
  if (fits && from + 12 > scale.left) {
    const width = pen.width(SMALL, fits);
    const x = Math.round((begin + to - 6 - width) / 2);
    const ground = { colour: lane.id === chosen ? theme.wash : theme.field, width };
    pen.write(fits, x, y + 3.5, colour, ground);
    return free;
  }
  const short = words[words.length - 1];
  const width = pen.width(SMALL, short) + 6;
  let x = to + 4;
  // behind the flags that are in its way
  for (const flag of flags) if (flag.x < x + width && flag.x + FLAG > x) x = flag.x + FLAG;
  const end = x + width;
  if (x < free || end > scale.right + 20) return free;
  pen.write(short, x, top + 8, colour);
  return end;
}

/**
 * When the client of a bar was due, where it came early or late.
 *
 * @param {Pen} pen
 * @param {Scale} scale
 * @param {Theme} theme
 * @param {Bar} bar
 * @param {number} y
 * @returns {number} where the sign ends
 */
function paintDue(pen, scale, theme, { before, from }, y) {
  const due = before?.due ?? null;
  if (due === null) return -Infinity;
  const x = xOf(scale, due);
  if (Math.abs(x - xOf(scale, from)) < 6 || x < scale.left || x > scale.right) return -Infinity;
  drawDue(pen, x, y, theme.quiet, theme.field);
  return x + 4;
}

/**
 * What is written at a return, from the longest to the shortest.
 *
 * @param {NonNullable<Bar["verdict"]>} verdict
 */
export function returnWords({ brief, lost, repeated, despite, words }) {
  const [length] = brief.split(", ");
  if (lost) return [brief, `${lost} lost`];
  if (despite) return [brief, "despite 204"];
  if (repeated) return [brief, `${repeated} again`];
  if (lost === null && words.includes("without an id")) return [`${length}, no id`, "no id"];
  return [length];
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Bar} bar
 * @param {number} top
 * @param {(x: number) => number} room
 */
function paintEnd(pen, scene, bar, top, room) {
  const { scale, theme, now } = scene;
  const { y: within, scale: size } = rowOf(bar);
  const y = top + within;
  const x = columnOf(scale, Number(bar.to));
  const cut = isCut(bar);
  const colour = cut ? theme.fail : bar.by === "server" ? theme.accent : theme.quiet;
  const missing = bar.afterwards?.kind === "missing";
  if (missing) {
    const end = Math.min(x + room(x), columnOf(scale, Math.min(now, scale.to)));
    pen.dotted(x + 6, end, y, theme.wait, AWAY);
    if (bar.due !== null && bar.due <= now && bar.due >= scale.from) {
      const due = xOf(scale, bar.due);
      if (due - x > 6) drawDue(pen, due, y, theme.quiet, theme.field);
    }
  }
  drawEnd(pen, x, y, colour, cut ? theme.field : null, size < 0.8 ? 4 : cut ? 7 : 6);
  const told = missing || bar.afterwards?.kind === "cut" ? bar.afterwards?.brief : null;
  if (!told) return;
  const width = pen.width(SMALL, told);
  const place = missing && bar.due !== null ? Math.max(x + 10, xOf(scale, bar.due) + 8) : x + 10;
  if (room(x) < place - x + width + 4) return;
  const ground = { colour: theme.field, width };
  pen.write(told, place, y + 3.5, missing ? theme.wait : theme.fail, ground);
}

/**
 * Whether a connection broke, or a finite stream ended before its last event.
 *
 * @param {Bar} bar
 */
export const isCut = ({ by, why, afterwards }) =>
  by === "network" ||
  why === "reset" ||
  why === "dropped" ||
  why === "stalled" ||
  why === "too slow" ||
  (afterwards?.kind === "cut" && by !== "client");
