/**
 * The single signs of the timeline, drawn onto a canvas: ticks, areas, lines, squares, crosses,
 * arcs. Each takes its place in pixels and knows nothing of time.
 *
 * @import { Context, Pen } from "./timeline-pen.js"
 */

import { AWAY, THICK } from "./timeline-pen.js";

/**
 * The colours and fonts of the page, as a canvas takes them.
 *
 * @typedef {object} Theme
 * @property {string} field
 * @property {string} ground
 * @property {string} line
 * @property {string} edge
 * @property {string} text
 * @property {string} quiet
 * @property {string} accent
 * @property {string} wash
 * @property {string} go
 * @property {string} wait
 * @property {string} fail
 * @property {string} words the font family of words
 * @property {string} wire the font family of what was on the wire
 */

/** The height of a tick, of the lowest area, and of the highest one. */
const TICK = 10;
const LOW = 9;
const TOP = 18;
/** A pixel with so many events has the highest area. */
const MANY = 64;
const COMMENT = 4;
/** The density is the mean of so many pixels on each side. */
const REACH = 3;
/**
 * Whether marks are an area or ticks is decided for so many columns at a time, counted from 1970,
 * so that what was drawn stays as it is while more comes.
 */
export const BLOCK = 32;
/** So many heights of an area are told apart. */
const LEVELS = 9;

/**
 * How dense so many events a pixel are, from 0 to 1 (at `MANY`). Each doubling adds the same.
 *
 * @param {number} density
 */
const shareOf = (density) => Math.min(1, Math.log2(1 + density) / Math.log2(1 + MANY));

/** @param {number} share */
const heightOf = (share) => LOW + (TOP - LOW) * share;

/** Events in each column of pixels; all 0 between two bars. */
let counts = new Float32Array(4096);
/** The columns that have some, from left to right. */
let filled = new Int32Array(4096);
let size = 0;

/**
 * Counts events into a column, from 0. Those of one bar are counted from left to right.
 *
 * @param {number} column
 * @param {number} count
 */
export function addEvents(column, count) {
  if (column >= counts.length) {
    const [before, places] = [counts, filled];
    counts = new Float32Array(2 * column);
    filled = new Int32Array(2 * column);
    counts.set(before);
    filled.set(places);
  }
  if (counts[column] === 0) filled[size++] = column;
  counts[column] += count;
}

/**
 * Where the events of a bar stand.
 *
 * @typedef {object} Place
 * @property {number} y
 * @property {number} scale shrinks the marks of one of several rows
 * @property {number} split the column where the first colour gives way to the second
 * @property {number} least the column that was counted as 0
 * @property {number} first the first column that is drawn
 * @property {number} origin the columns since 1970 up to column 0
 */

/**
 * Draws the events of a bar that were counted, and forgets them: ticks, and where those would
 * touch, an area whose height says how many there are.
 *
 * @param {Pen} pen
 * @param {Place} place
 * @param {string} before
 * @param {string} behind
 */
export function drawEvents(pen, place, before, behind) {
  const { y, scale, split, least, first, origin } = place;
  // looked up once for all ticks of a bar
  const late = pen.lines(behind);
  const early = split > -Infinity ? pen.lines(before) : late;
  const blockOf = (/** @type {number} */ column) => Math.floor((column + least + origin) / BLOCK);
  /** A run has no hole, a part of it no end of a block. */
  let [run, start] = [0, 0];
  for (let i = 1; i <= size; i += 1) {
    const end = filled[i - 1];
    const isHole = i === size || filled[i] - end > 3;
    if (!isHole && blockOf(filled[i]) === blockOf(end)) continue;
    const begin = filled[start];
    const dense = i - start > 2 && (end - begin) / (i - start - 1) < 2.75;
    if (begin + least < first) {
      // it is drawn already
    } else if (!dense) {
      for (let n = start; n < i; n += 1) {
        const column = filled[n];
        const count = counts[column];
        const high = count === 1 ? TICK : Math.max(TICK, heightOf(shareOf(count)));
        const x = column + least;
        pen.across(x < split ? early : late, x, y, Math.round(high * scale));
      }
    } else {
      // from block to block, or else there is a slit between two
      const from = start === run ? begin : blockOf(begin) * BLOCK - least - origin;
      const to = isHole ? end : (blockOf(end) + 1) * BLOCK - 1 - least - origin;
      let last = to;
      // the mean goes on into the next block, or else there is a seam between two
      for (let n = i; n < size && filled[n] <= to + REACH; n += 1) last = filled[n];
      const area = { begin: filled[run], end: last, y, scale, least };
      const change = Math.min(Math.max(split - least, from), to + 1);
      if (change > from) drawArea(pen, from, change - 1, area, before);
      if (change <= to) drawArea(pen, change, to, area, behind);
    }
    start = i;
    if (isHole) run = i;
  }
  for (let i = 0; i < size; i += 1) counts[filled[i]] = 0;
  size = 0;
}

/**
 * @param {Pen} pen
 * @param {number} from
 * @param {number} to
 * @param {{ begin: number, end: number, y: number, scale: number, least: number }} area from where
 *   to where the mean is taken
 * @param {string} colour
 */
function drawArea(pen, from, to, { begin, end, y, scale, least }, colour) {
  let start = from;
  let level = -1;
  // the sum over the reach goes along with the column
  let sum = 0;
  for (let i = Math.max(begin, from - REACH); i < Math.min(end + 1, from + REACH); i += 1) {
    sum += counts[i];
  }
  for (let column = from; column <= to + 1; column += 1) {
    let now = -1;
    if (column <= to) {
      const low = Math.max(begin, column - REACH);
      const top = Math.min(end, column + REACH);
      if (column + REACH <= end) sum += counts[column + REACH];
      if (column - REACH - 1 >= begin && column > from) sum -= counts[column - REACH - 1];
      now = Math.round(shareOf(sum / (top - low + 1)) * LEVELS);
    }
    if (now === level) continue;
    if (level >= 0) {
      const share = level / LEVELS;
      // an even height, so that it stands on whole pixels
      const height = 2 * Math.round((heightOf(share) * scale) / 2);
      const alpha = 0.5 + 0.5 * share;
      pen.lines(colour, height, alpha).push(start + least, y, column + least, y);
    }
    start = column;
    level = now;
  }
}

/**
 * Comments, grey and small.
 *
 * @param {Pen} pen
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 */
export function drawComment(pen, x, y, colour) {
  pen.across(pen.lines(colour), x, y, COMMENT);
}

/**
 * Events of one step that is wide enough to be seen: they are somewhere in it.
 *
 * @param {Pen} pen
 * @param {{ x: number, width: number, y: number, scale: number, count: number }} place
 * @param {string} colour
 */
export function drawStep(pen, { x, width, y, scale, count }, colour) {
  const { ctx } = pen;
  const height = 2 * Math.round((Math.max(TICK, heightOf(shareOf(count))) * scale) / 2);
  pen.fill(colour);
  ctx.globalAlpha = 0.25;
  pen.rect(x, y - height / 2, width - 1, height);
  ctx.globalAlpha = 1;
  if (count === 1) {
    pen.rect(x + width / 2, y - height / 2, 1, height);
    return;
  }
  pen.rect(x, y - height / 2, width - 1, 1);
  pen.rect(x, y + height / 2 - 1, width - 1, 1);
}

/**
 * The end of a connection.
 *
 * @param {Pen} pen
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 * @param {string | null} gap the colour that it is cut with
 * @param {number} [side]
 */
export function drawEnd(pen, x, y, colour, gap, side = 6) {
  const { ctx } = pen;
  pen.fill(colour);
  pen.rect(x - side / 2, y - side / 2, side, side);
  if (gap === null) return;
  ctx.strokeStyle = gap;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(x - side / 2 - 0.5, y + side / 2 + 0.5);
  ctx.lineTo(x + side / 2 + 0.5, y - side / 2 - 0.5);
  ctx.stroke();
}

/**
 * Refusals.
 *
 * @param {Pen} pen
 * @param {readonly number[]} places
 * @param {number} y
 * @param {string} colour
 */
export function drawCrosses(pen, places, y, colour) {
  const lines = pen.lines(colour, THICK);
  for (const x of places) {
    lines.push(x - 3.5, y - 3.5, x + 3.5, y + 3.5, x + 3.5, y - 3.5, x - 3.5, y + 3.5);
  }
}

/**
 * Where crosses would lie upon each other: the teeth of a comb.
 *
 * @param {Pen} pen
 * @param {readonly number[]} places in order
 * @param {number} y
 * @param {string} colour
 */
export function drawComb(pen, places, y, colour) {
  pen.fill(colour);
  const [first, last] = [places[0], places[places.length - 1]];
  pen.rect(first, y - 4, last - first + 1, 2);
  let before = -Infinity;
  for (const x of places) {
    if (x - before < 1) continue;
    pen.across(pen.lines(colour), x, y + 1, 10);
    before = x;
  }
}

/**
 * A hollow diamond: when the client was due.
 *
 * @param {Pen} pen
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 * @param {string} inside
 */
export function drawDue(pen, x, y, colour, inside) {
  pen.above(() => {
    const { ctx } = pen;
    ctx.beginPath();
    ctx.moveTo(x, y - 3.5);
    ctx.lineTo(x + 3.5, y);
    ctx.lineTo(x, y + 3.5);
    ctx.lineTo(x - 3.5, y);
    ctx.closePath();
    pen.fill(inside);
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.25;
    ctx.stroke();
  });
}

/**
 * A flag with a number: a fault struck there.
 *
 * @param {Pen} pen
 * @param {number} x
 * @param {number} top the upper edge of its lane
 * @param {number} foot where its pole ends
 * @param {number} number
 * @param {{ colour: string, inside: string }} colours
 */
export function drawFlag(pen, x, top, foot, number, { colour, inside }) {
  const words = String(number);
  const width = pen.width(FLAG_FONT, words) + 4;
  pen.above(() => {
    pen.fill(colour);
    pen.rect(x, top + 1, 1, foot - top - 1);
    pen.rect(x, top + 1, width, 9);
  });
  pen.write(words, x + 2, top + 9, inside);
}

/** The size of a flag's number. */
const FLAG_FONT = "10px";

/** Between ends that are so close the arc spans all of it. */
const WHOLE_ARC = 40;

/**
 * A client's return: an arc from the end to the beginning, or a dotted line with an arc at its end
 * where they are far from each other, or where a text is in the way.
 *
 * @param {Pen} pen
 * @param {number} from
 * @param {number} to
 * @param {number} y
 * @param {string} colour
 * @param {boolean} isFree
 */
export function drawReturn(pen, from, to, y, colour, isFree) {
  const isNear = to - from <= (isFree ? WHOLE_ARC : 12);
  if (isNear) {
    pen.curve(colour, from, y - 4, from, y - 11, to, y - 11, to, y - 1);
  } else {
    pen.dotted(from + 6, to - 9, y, colour, AWAY);
    pen.curve(colour, to - 9, y - 6, to - 4, y - 6, to - 0.5, y - 4, to, y - 1);
  }
}

/** The hatchings that were made, by colour and ratio. @type {Map<string, CanvasPattern>} */
const hatchings = new Map();

/**
 * Hatching of the colour, or the colour itself where patterns cannot be made.
 *
 * @param {Context} ctx
 * @param {string} colour
 * @param {number} ratio
 */
export function hatch(ctx, colour, ratio) {
  const key = `${colour} ${ratio}`;
  const made = hatchings.get(key);
  if (made) return made;
  const side = Math.round(7 * ratio);
  const tile = new OffscreenCanvas(side, side);
  const pen = tile.getContext("2d");
  if (!pen) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.25 * ratio;
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - ratio, side + ratio);
    pen.lineTo(shift + side + ratio, -ratio);
  }
  pen.stroke();
  const pattern = ctx.createPattern(tile, "repeat");
  if (!pattern) return colour;
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  // colours change with the theme, ratios with the screen
  if (hatchings.size > 8) hatchings.clear();
  hatchings.set(key, pattern);
  return pattern;
}
