/**
 * A pen that draws onto a canvas: it meets the pixels of the screen, and draws what looks alike
 * together.
 */

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context */

/** The widths of texts, as measuring one is dear. @type {Map<string, number>} */
const widths = new Map();

/** Curves and crosses. */
export const THICK = 1.5;

/** Dots of a silent connection, and of one that is away. */
const SILENT = [1, 4];
export const AWAY = [2, 3];

/** @typedef {[number, number, number, number, number, number]} Six */

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
        ctx.bezierCurveTo(.../** @type {Six} */ (rest));
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
