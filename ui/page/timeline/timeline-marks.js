/**
 * The single signs of the timeline, drawn onto a canvas: ticks, areas, lines, squares, crosses,
 * arcs. Each takes its place in pixels and knows nothing of time.
 */

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

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context */

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

/** The widths of texts, as measuring one is dear. @type {Map<string, number>} */
const widths = new Map();

/** Curves and crosses. */
const THICK = 1.5;

/** Dots of a silent connection, and of one that is away. */
const SILENT = [1, 4];
export const AWAY = [2, 3];

/**
 * Lines that look alike and wait to be drawn in one stroke: four numbers each.
 *
 * @typedef {object} Batch
 * @property {string} colour
 * @property {number} width
 * @property {number} alpha
 * @property {readonly number[]} dash
 * @property {number[]} points
 */

/**
 * A pen that meets the pixels of the screen, at whatever ratio. Lines are collected and drawn
 * together: in WebKit, a rectangle for each of 10,000 ticks takes ten times as long as one stroke.
 */
export class Pen {
  /** @type {Context} */
  ctx;
  /** A line as thin as one of the page's pixels, in whole pixels of the screen. */
  hair;
  #ratio;
  /** The colour that the context has, as setting it again is not free. */
  #colour = "";
  /** @type {Map<string, Batch>} */
  #batches = new Map();
  /** Curves of one colour, eight numbers each. @type {Map<string, number[]>} */
  #curves = new Map();
  /** What lies upon the lines. @type {(() => void)[]} */
  #above = [];

  /**
   * @param {Context} ctx
   * @param {number} ratio of the screen's pixels to those of the page
   */
  constructor(ctx, ratio) {
    this.ctx = ctx;
    this.hair = Math.max(1, Math.round(ratio)) / ratio;
    this.#ratio = ratio;
  }

  /** @param {number} value */
  snap(value) {
    return Math.round(value * this.#ratio) / this.#ratio;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  rect(x, y, width, height) {
    const ratio = this.#ratio;
    const left = Math.round(x * ratio);
    const top = Math.round(y * ratio);
    this.ctx.fillRect(
      left / ratio,
      top / ratio,
      Math.max(1, Math.round(width * ratio)) / ratio,
      Math.max(1, Math.round(height * ratio)) / ratio,
    );
  }

  /** @param {string} colour */
  fill(colour) {
    if (colour === this.#colour) return;
    this.#colour = colour;
    this.ctx.fillStyle = colour;
  }

  /** After the context's colour was set without this pen. */
  forget() {
    this.#colour = "";
  }

  /**
   * The lines that look like this.
   *
   * @param {string} colour
   * @param {number} [width]
   * @param {number} [alpha]
   * @param {readonly number[]} [dash]
   */
  lines(colour, width = this.hair, alpha = 1, dash = []) {
    const key = `${colour} ${width} ${alpha} ${dash[1] ?? 0}`;
    let batch = this.#batches.get(key);
    if (!batch) {
      batch = { colour, width, alpha, dash, points: [] };
      this.#batches.set(key, batch);
    }
    return batch.points;
  }

  /**
   * A curve that is drawn with the lines.
   *
   * @param {string} colour
   * @param {...number} points beginning, two handles, end
   */
  curve(colour, ...points) {
    const curves = this.#curves.get(colour);
    if (curves) curves.push(...points);
    else this.#curves.set(colour, points);
  }

  /**
   * Draws something once the lines are drawn that wait now.
   *
   * @param {() => void} draw
   */
  above(draw) {
    this.#above.push(draw);
  }

  /**
   * Writes a text upon the lines, in the font that the context has when they are drawn.
   *
   * @param {string} words
   * @param {number} x
   * @param {number} y
   * @param {string} colour
   * @param {{ colour: string, width: number } | null} [ground] what is laid below it, as wide as
   *   the text
   */
  write(words, x, y, colour, ground = null) {
    this.#above.push(() => {
      if (ground !== null) {
        this.fill(ground.colour);
        this.rect(x - 4, y - 8.5, ground.width + 8, 10);
      }
      this.fill(colour);
      this.ctx.fillText(words, x, y);
    });
  }

  /** Draws the lines that wait, and then what lies upon them. */
  flush() {
    this.#stroke();
    for (const draw of this.#above) draw();
    this.#above = [];
  }

  #stroke() {
    const { ctx } = this;
    // thick ones first, or else the picture depends on which was asked for first
    const batches = [...this.#batches].sort(
      ([a, one], [b, other]) => other.width - one.width || (a < b ? -1 : 1),
    );
    for (const [, { colour, width, alpha, dash, points }] of batches) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.globalAlpha = alpha;
      if (dash.length > 0) ctx.setLineDash(/** @type {number[]} */ (dash));
      ctx.beginPath();
      for (let i = 0; i < points.length; i += 4) {
        // one stroke of too many lines takes longer than a few strokes, and one of two dotted lines
        // longer than two
        if (i % 2000 === 1996 || dash.length > 0) {
          ctx.stroke();
          ctx.beginPath();
        }
        ctx.moveTo(points[i], points[i + 1]);
        ctx.lineTo(points[i + 2], points[i + 3]);
      }
      ctx.stroke();
      if (dash.length > 0) ctx.setLineDash([]);
    }
    ctx.globalAlpha = 1;
    this.#batches.clear();
    ctx.lineWidth = THICK;
    for (const [colour, points] of this.#curves) {
      ctx.strokeStyle = colour;
      for (let i = 0; i < points.length; i += 8) {
        const [x, y, ...rest] = points.slice(i, i + 8);
        ctx.beginPath();
        ctx.moveTo(x, y);
        ctx.bezierCurveTo(.../** @type {[number, number, number, number, number, number]} */ (rest));
        ctx.stroke();
      }
    }
    this.#curves.clear();
  }

  /**
   * How wide a text is in the font of that name, which the context has now.
   *
   * @param {string} font
   * @param {string} text
   */
  width(font, text) {
    const key = `${font} ${text}`;
    let width = widths.get(key);
    if (width === undefined) {
      // numbers grow, and each is another text
      if (widths.size > 2000) widths.clear();
      width = this.ctx.measureText(text).width;
      widths.set(key, width);
    }
    return width;
  }

  /**
   * A thin line along time.
   *
   * @param {number[]} lines
   * @param {number} from
   * @param {number} to
   * @param {number} y
   */
  along(lines, from, to, y) {
    const middle = this.snap(y - this.hair / 2) + this.hair / 2;
    lines.push(this.snap(from), middle, this.snap(to), middle);
  }

  /**
   * A thin line across time, as high as it says.
   *
   * @param {number[]} lines
   * @param {number} x
   * @param {number} y its middle
   * @param {number} height
   */
  across(lines, x, y, height) {
    const middle = this.snap(x) + this.hair / 2;
    const top = this.snap(y - height / 2);
    lines.push(middle, top, middle, top + height);
  }

  /**
   * A dotted line, whose dots move with its beginning.
   *
   * @param {number} from
   * @param {number} to
   * @param {number} y
   * @param {string} colour
   * @param {readonly number[]} [dots]
   */
  dotted(from, to, y, colour, dots = SILENT) {
    const period = dots[0] + dots[1];
    const begin = from < -period ? from + Math.floor(-from / period) * period : from;
    if (to > begin) this.along(this.lines(colour, this.hair, 1, dots), begin, to, y);
  }
}

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
      const area = { begin: filled[run], to, y, scale, least };
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
 * @param {{ begin: number, to: number, y: number, scale: number, least: number }} area from where
 *   to where the mean is taken
 * @param {string} colour
 */
function drawArea(pen, from, to, { begin, to: end, y, scale, least }, colour) {
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

/**
 * The hatching that was last made, and for what.
 * @type {{ key: string, pattern: CanvasPattern } | null}
 */
let hatching = null;

/**
 * Hatching of the colour, or the colour itself where patterns cannot be made.
 *
 * @param {Context} ctx
 * @param {string} colour
 * @param {number} ratio
 */
export function hatch(ctx, colour, ratio) {
  const key = `${colour} ${ratio}`;
  if (hatching?.key === key) return hatching.pattern;
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
  hatching = { key, pattern };
  return pattern;
}
