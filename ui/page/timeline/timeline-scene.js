/**
 * What a picture of the timeline is made of, and where things stand in it. Pure.
 *
 * @import { Bar, Lane } from "./timeline-data.js"
 * @import { Theme } from "./timeline-marks.js"
 * @import { Scale } from "./timeline-scale.js"
 * @import { TimelineView } from "../server.js"
 */

/** The height of a lane, and of what stands below all of them: the outages, then the axis. */
export const LANE = 24;
export const FOOT = 38;
/** The middle of a lane's marks. */
export const MIDDLE = 14;
/** No more rows than these are told apart in one lane. */
const ROWS = 4;

/**
 * Everything that a picture is made of.
 *
 * @typedef {object} Scene
 * @property {number} width
 * @property {number} height
 * @property {number} ratio of the screen's pixels to those of the page
 * @property {readonly Lane[]} lanes
 * @property {number} top how far the lanes are scrolled
 * @property {Scale} scale
 * @property {number} now open connections are drawn until then
 * @property {boolean} follows the right edge is now
 * @property {TimelineView["away"]} away
 * @property {TimelineView["armed"]} armed
 * @property {readonly { from: number, to: number }[]} uncounted when nobody counted events
 * @property {Theme} theme
 * @property {number | null} chosen the id of the chosen lane
 */

/**
 * Where a bar stands in its lane, and how small its marks are.
 *
 * @param {Bar} bar
 */
export function rowOf({ row, rows }) {
  if (rows === 1) return { y: MIDDLE, scale: 1 };
  const count = Math.min(rows, ROWS);
  const height = (LANE - 5) / count;
  const place = Math.min(row, count - 1);
  return { y: Math.round(3 + height * (place + 0.5)), scale: Math.min(1, (height - 1.5) / 10) };
}
