/**
 * What stands below all lanes: when the server was away, what was armed, and the times of the axis.
 *
 * @import { Pen } from "./timeline-pen.js"
 * @import { Scene } from "./timeline-scene.js"
 */

import { paintArmedFoot } from "./timeline-armed.js";
import { axisTicks, columnOf } from "./timeline-scale.js";
import { duration } from "../parts/format.js";

/** The room above the axis. */
const ABOVE = 18;

/**
 * When the server was stopped, as far as it is in view.
 *
 * @param {Scene} scene
 */
export function outages({ away, scale, now }) {
  return away
    .map(({ from_ms, to_ms }) => ({ from_ms, to_ms, until: to_ms ?? now }))
    .filter(({ from_ms, until }) => until > scale.from && from_ms < scale.to)
    .map(({ from_ms, to_ms, until }) => {
      const x = Math.max(scale.left, columnOf(scale, from_ms));
      const to = Math.min(scale.right, Math.max(x + 2, columnOf(scale, until)));
      return { x, to, ms: until - from_ms, lasts: to_ms === null };
    });
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {number} y
 */
export function paintFoot(pen, scene, y) {
  const { theme, scale, width, follows } = scene;
  const { ctx } = pen;
  const armed = paintArmedFoot(pen, scene, y, ABOVE);
  ctx.font = `11px ${theme.words}`;
  ctx.textAlign = "center";
  let free = -Infinity;
  /** What is written already. @type {{ from: number, to: number }[]} */
  const taken = [];
  for (const { x, to, ms, lasts } of outages(scene)) {
    const words = lasts ? `server away for ${duration(ms)}` : `server away ${duration(ms)}`;
    const half = ctx.measureText(words).width / 2;
    const place = Math.min(width - half - 4, Math.max(half + 4, (x + to) / 2));
    if (place - half < free + 8) continue;
    pen.fill(theme.quiet);
    ctx.fillText(words, place, y + 13);
    free = place + half;
    taken.push({ from: place - half, to: place + half });
  }
  ctx.textAlign = "start";
  for (const { x, words } of armed) {
    const from = Math.min(x + 3, width - ctx.measureText(words).width - 4);
    const to = from + ctx.measureText(words).width;
    if (taken.some((other) => from < other.to + 8 && to > other.from - 8)) continue;
    taken.push({ from, to });
    pen.fill(theme.wait);
    ctx.fillText(words, from, y + 12);
  }
  ctx.textAlign = "center";
  pen.fill(theme.line);
  pen.rect(scale.left, y + ABOVE, width - scale.left, 1);
  ctx.font = `11px ${theme.wire}`;
  // from the newest to the oldest, and what would lie upon the one before has no words
  let end = follows ? scale.right - 24 : width;
  for (const { x, words, whole } of axisTicks(scale, 72).reverse()) {
    pen.fill(theme.edge);
    pen.rect(x, y + ABOVE, 1, 4);
    const half = pen.width("11px", words) / 2;
    const place = Math.max(half + 1, x);
    if (place + half + 6 > end) continue;
    pen.fill(whole ? theme.text : theme.quiet);
    ctx.fillText(words, place, y + 32);
    end = place - half;
  }
  if (follows) {
    pen.fill(theme.text);
    pen.rect(scale.right, y + ABOVE, 1, 4);
    ctx.textAlign = "end";
    ctx.font = `11px ${theme.words}`;
    ctx.fillText("now", scale.right + 10, y + 32);
  }
  ctx.textAlign = "start";
}
