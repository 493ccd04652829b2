/**
 * What the connections of a lane were sent: ticks, areas where those would touch, and comments.
 *
 * @import { Bar, Lane } from "./timeline-data.js"
 * @import { Pen } from "./timeline-pen.js"
 * @import { Scene } from "./timeline-scene.js"
 */

import { BLOCK, addEvents, drawComment, drawEvents, drawStep } from "./timeline-marks.js";
import { columnOf, xOf } from "./timeline-scale.js";
import { lowerBound } from "./timeline-data.js";
import { rowOf } from "./timeline-scene.js";

/** A step of the server's counts that is as wide as this is drawn as wide as it is. */
const WIDE = 5;

/**
 * Whether a step of that length is drawn as wide as it is.
 *
 * @param {Scene} scene
 * @param {number} span in milliseconds
 */
const isWide = ({ scale }, span) => span / scale.msPerPx >= WIDE;

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} top
 * @param {number} [first] the first column that is drawn: the first one of a block
 */
export function paintEvents(pen, scene, lane, top, first = -Infinity) {
  for (const bar of lane.bars) paintBar(pen, scene, bar, top, first);
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Bar} bar
 * @param {number} top
 * @param {number} first
 */
function paintBar(pen, scene, bar, top, first) {
  const { scale, theme } = scene;
  const { y: within, scale: size } = rowOf(bar);
  const y = top + within;
  const { at, count, span } = bar.events;
  const split = bar.repeatedUntil;
  const splitAt = split === bar.from ? -Infinity : columnOf(scale, split) + 1;
  // the blocks beside the first one tell how it looks at its edges
  const least = Math.max(scale.left, first) - 2 * BLOCK;
  const begin = scale.from + (least - scale.left) * scale.msPerPx;
  for (let i = lowerBound(at, begin - 100); i < at.length && at[i] <= scale.to; i += 1) {
    if (isWide(scene, span[i])) {
      const x = xOf(scale, at[i] - span[i] / 2);
      const colour = at[i] < split ? theme.wait : theme.accent;
      const width = span[i] / scale.msPerPx;
      if (x + width > scale.left) {
        drawStep(pen, { x, width, y, scale: size, count: count[i] }, colour);
      }
      continue;
    }
    const column = columnOf(scale, at[i]);
    if (column >= least && column < scale.right) addEvents(column - least, count[i]);
  }
  const place = { y, scale: size, split: splitAt, least, first, origin: scale.origin - scale.left };
  drawEvents(pen, place, theme.wait, theme.accent);
}

/**
 * Draws the comments of a lane, at most one in each two columns. They lie below events.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} top
 * @param {number} [first] the first column that is drawn
 */
export function paintComments(pen, scene, lane, top, first = -Infinity) {
  const { scale, theme } = scene;
  const least = Math.max(scale.left, first);
  const begin = scale.from + (least - scale.left - 2) * scale.msPerPx;
  for (const bar of lane.bars) {
    const { at } = bar.comments;
    const y = top + rowOf(bar).y;
    let before = NaN;
    for (let i = lowerBound(at, begin); i < at.length && at[i] <= scale.to; i += 1) {
      const x = columnOf(scale, at[i]);
      const pair = Math.floor((x + scale.origin) / 2);
      if (x >= least && pair !== before) drawComment(pen, x, y, theme.quiet);
      before = pair;
    }
  }
}
