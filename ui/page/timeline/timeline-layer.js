/**
 * The events of all lanes in view, kept from one redraw to the next. While time moves, a redraw
 * only moves them and adds what is new: 10,000 ticks take most of the time of a redraw, and almost
 * all of them are where they were, a pixel further to the left.
 *
 * @import { Lane } from "./timeline-data.js"
 * @import { Context } from "./timeline-pen.js"
 * @import { Scene } from "./timeline-scene.js"
 */

import { BLOCK } from "./timeline-marks.js";
import { Pen } from "./timeline-pen.js";
import { FOOT, LANE } from "./timeline-scene.js";
import { columnOf } from "./timeline-scale.js";
import { paintComments, paintEvents } from "./timeline-events.js";

/** Nearer than this, a step of the server's counts is wider than a tick, and few are in view. */
const NEAR_MS_PER_PX = 25;
/** So many columns before a new event may look different with it. */
const TOUCHED = 4;

export class MarkLayer {
  /** The one that is shown, and the one that the next is made on. @type {OffscreenCanvas[]} */
  #canvases = [];
  /** What the first one shows. @type {{ scene: Scene, lanes: Lane[], end: number } | null} */
  #drawn = null;

  /**
   * Draws the events of the lanes from `first` up to `end`.
   *
   * @param {Context} ctx
   * @param {Scene} scene
   * @param {number} first
   * @param {number} end
   * @returns {boolean} whether it could: it needs whole pixels
   */
  paint(ctx, scene, first, end) {
    const { width, ratio, lanes, scale, top } = scene;
    const height = scene.height - FOOT;
    if (!Number.isInteger(ratio) || !Number.isInteger(top) || height <= 0) return false;
    const before = this.#drawn;
    const moved = before && before.end === end ? movedBetween(before.scene, scene) : null;
    const layer = this.#sheet(width * ratio, height * ratio, moved === null ? null : moved * ratio);
    if (!layer) return false;
    layer.setTransform(ratio, 0, 0, ratio, 0, 0);
    /** @type {{ lane: Lane, y: number, from: number }[]} */
    const fresh = [];
    for (let index = first; index < end; index += 1) {
      const lane = lanes[index];
      const isKept = moved !== null && before?.lanes[index] === lane;
      const from = isKept ? firstNew(scene, lane) : -Infinity;
      if (from >= scale.right) continue;
      const y = index * LANE - top;
      const left = Math.max(0, from);
      layer.clearRect(left, y, width - left, LANE);
      fresh.push({ lane, y, from });
      // what is not in view yet is drawn when it is
      lane.undrawnFrom = lastMark(lane) >= scale.to - scale.msPerPx ? scale.to : Infinity;
    }
    const pen = new Pen(layer, ratio);
    for (const paint of [paintComments, paintEvents]) {
      for (const { lane, y, from } of fresh) paint(pen, scene, lane, y, from);
      pen.flush();
    }
    this.#drawn = { scene, lanes: lanes.slice(0, end), end };
    ctx.drawImage(layer.canvas, 0, 0, width, height);
    return true;
  }

  /**
   * The sheet to draw on: empty, or with what is there moved to the left.
   *
   * @param {number} width
   * @param {number} height
   * @param {number | null} moved
   */
  #sheet(width, height, moved) {
    if (moved === 0) return this.#canvases[0].getContext("2d");
    if (this.#canvases[0]?.width !== width || this.#canvases[0].height !== height) {
      this.#canvases = [new OffscreenCanvas(width, height), new OffscreenCanvas(width, height)];
    }
    const [shown, next] = this.#canvases;
    const ctx = next.getContext("2d");
    if (!ctx) return null;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    if (moved !== null) ctx.drawImage(shown, -moved, 0);
    this.#canvases = [next, shown];
    return ctx;
  }
}

/**
 * By how many columns the events of one scene stand further to the left in another; null where they
 * have to be drawn anew.
 *
 * @param {Scene} before
 * @param {Scene} now
 */
function movedBetween(before, now) {
  const isAlike =
    before.width === now.width &&
    before.height === now.height &&
    before.ratio === now.ratio &&
    before.top === now.top &&
    before.theme === now.theme &&
    before.scale.msPerPx === now.scale.msPerPx;
  if (!isAlike) return null;
  const moved = now.scale.origin - before.scale.origin;
  // what comes into view at the left, or is older than now at the right, is not there yet
  const isThere = moved === 0 || (moved > 0 && before.follows && now.follows);
  return isThere && moved < now.width ? moved : null;
}

/**
 * The column from which on a lane has to be drawn anew.
 *
 * @param {Scene} scene
 * @param {Lane} lane
 */
function firstNew({ scale }, { undrawnFrom }) {
  if (undrawnFrom === Infinity) return Infinity;
  if (undrawnFrom === -Infinity || scale.msPerPx < NEAR_MS_PER_PX) return -Infinity;
  const origin = scale.origin - scale.left;
  const column = columnOf(scale, undrawnFrom) - TOUCHED + origin;
  return Math.floor(column / BLOCK) * BLOCK - origin;
}

/** @param {Lane} lane */
function lastMark({ bars }) {
  let last = -Infinity;
  for (const { events, comments } of bars) {
    last = Math.max(last, events.at.at(-1) ?? last, comments.at.at(-1) ?? last);
  }
  return last;
}
