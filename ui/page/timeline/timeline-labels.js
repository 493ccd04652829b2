/**
 * The column of the lanes' names. It never moves while time does, so it has a canvas of its own and
 * is drawn only when a name changes.
 *
 * @import { Lane } from "./timeline-data.js"
 * @import { Theme } from "./timeline-marks.js"
 * @import { Context } from "./timeline-pen.js"
 */

import { Pen } from "./timeline-pen.js";
import { FOOT, LANE } from "./timeline-scene.js";

/** A narrower column has no room for paths. */
const LEAST_WITH_PATH = 160;
const MARGIN = 12;
const BETWEEN = 10;

/**
 * How wide the column is in a timeline of some width.
 *
 * @param {number} width
 */
export const columnWidth = (width) =>
  Math.round(Math.min(248, Math.max(width < 480 ? 104 : 168, width * 0.17)));

/**
 * The name of a lane: what its client calls itself, or its program, which is probably the same one.
 *
 * @param {Lane} lane
 * @param {ReadonlySet<string>} own the tags of this page
 */
export function laneName({ client, program, sure }, own) {
  if (client !== null && own.has(client)) return "this page";
  if (client !== null) return client;
  return `${sure ? "" : "~ "}${program || "unknown"}`;
}

/**
 * @typedef {object} Labels
 * @property {number} width
 * @property {number} height
 * @property {number} ratio
 * @property {readonly Lane[]} lanes
 * @property {number} top
 * @property {Theme} theme
 * @property {number | null} chosen
 * @property {ReadonlySet<string>} own
 */

/**
 * @param {Context} ctx
 * @param {Labels} labels
 */
export function paintLabels(ctx, { width, height, ratio, lanes, top, theme, chosen, own }) {
  const pen = new Pen(ctx, ratio);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fill(theme.field);
  ctx.fillRect(0, 0, width, height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, width, height - FOOT);
  ctx.clip();
  const first = Math.max(0, Math.floor(top / LANE));
  const last = Math.min(lanes.length, Math.ceil((top + height - FOOT) / LANE));
  const bold = `600 12px ${theme.words}`;
  const plain = `12px ${theme.words}`;
  const mono = `11px ${theme.wire}`;
  for (let index = first; index < last; index += 1) {
    const lane = lanes[index];
    const y = index * LANE - top;
    if (lane.id === chosen) {
      pen.fill(theme.wash);
      pen.rect(0, y, width, LANE);
      pen.fill(theme.accent);
      pen.rect(0, y, 2, LANE - 1);
    }
    pen.fill(theme.line);
    pen.rect(0, y + LANE - 1, width, 1);
    const room = width - 2 * MARGIN;
    const withPath = width >= LEAST_WITH_PATH;
    ctx.font = lane.client === null ? plain : bold;
    const name = laneName(lane, own);
    const path = withPath ? pathWidth(ctx, lane, mono) + BETWEEN : 0;
    const most = Math.max(withPath ? room * 0.65 : 0, room - path);
    ctx.font = lane.client === null ? plain : bold;
    const shown = fitted(ctx, name, most);
    pen.fill(theme.text);
    ctx.fillText(shown, MARGIN, y + 17);
    if (!withPath) continue;
    const left = room - BETWEEN - ctx.measureText(shown).width;
    ctx.font = mono;
    ctx.textAlign = "end";
    pen.fill(theme.quiet);
    ctx.fillText(fitted(ctx, lane.stream, left), width - MARGIN, y + 17);
    ctx.textAlign = "start";
  }
  ctx.restore();
}

/**
 * @param {Context} ctx
 * @param {Lane} lane
 * @param {string} font
 */
function pathWidth(ctx, { stream }, font) {
  ctx.font = font;
  return ctx.measureText(stream).width;
}

/**
 * A text that is cut where it does not fit.
 *
 * @param {Context} ctx
 * @param {string} text
 * @param {number} room
 */
function fitted(ctx, text, room) {
  if (ctx.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ctx.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${text.slice(0, low)}…`;
}
