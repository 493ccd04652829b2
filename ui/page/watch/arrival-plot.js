/**
 * <arrival-plot>: when each piece of a watched stream came. A line of ticks over time, and beneath
 * it the times between them on a logarithmic scale: a buffer shows as a comb, a stall as a tower.
 * The arrow keys and the pointer read it.
 *
 * @import { ArrivalStep, WatchEnd } from "../server.js"
 * @import { Theme } from "../timeline/timeline-marks.js"
 */

import { columns, gapTop, gapWords, gridOf, heightOf, secondsOf } from "./plot-scale.js";
import { several } from "../parts/format.js";
import { isStall, time } from "./watch-words.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";
import { onThemeChange, readTheme } from "../timeline/timeline-theme.js";

const LEFT = 60;
const RIGHT = 20;
const LANE = 4;
const TICK = 18;
const FLOOR = 96;
const BARS = 64;
const HEIGHT = 116;

/**
 * @typedef {object} Picture
 * @property {readonly ArrivalStep[]} steps
 * @property {number} stepMs
 * @property {number} elapsedMs
 * @property {number} silentMs how long nothing has come until now
 * @property {number | null} usualMs the usual time between two events
 * @property {WatchEnd | null} end who ended it
 */

/** @type {Picture} */
const EMPTY = { steps: [], stepMs: 1, elapsedMs: 0, silentMs: 0, usualMs: null, end: null };

const newPlot = markup(`<canvas aria-hidden="true"></canvas><p class="reading" role="status"></p
  ><span class="probe" aria-hidden="true"></span>`);

export class ArrivalPlot extends HTMLElement {
  #picture = EMPTY;
  /** @type {Theme | null} */
  #theme = null;
  /** The middle of the step that is read, in milliseconds. @type {number | null} */
  #at = null;

  connectedCallback() {
    if (this.firstChild) return;
    this.append(newPlot());
    this.tabIndex = 0;
    this.role = "group";
    this.#say();
    onThemeChange(() => {
      this.#theme = null;
      nextFrame(this.#draw);
    });
    new ResizeObserver(() => nextFrame(this.#draw)).observe(this);
    this.addEventListener("pointermove", ({ offsetX }) => this.#point(offsetX));
    this.addEventListener("pointerleave", () => this.#read(null));
    this.addEventListener("blur", () => this.#read(null));
    this.addEventListener("keydown", (event) => {
      const { steps } = this.#picture;
      const from = this.#found ? steps.indexOf(this.#found) : -1;
      /** @type {Record<string, number>} */
      const to = {
        ArrowLeft: from < 0 ? steps.length - 1 : Math.max(0, from - 1),
        ArrowRight: from < 0 ? 0 : Math.min(steps.length - 1, from + 1),
        Home: 0,
        End: steps.length - 1,
      };
      if (event.key === "Escape" && this.#at !== null) this.#read(null);
      else if (event.key in to && steps.length > 0) this.#readStep(steps[to[event.key]]);
      else return;
      event.preventDefault();
    });
  }

  /** @param {Picture} picture */
  show(picture) {
    this.#picture = picture;
    this.#say();
    // a step may be under way, or have become longer
    this.#tell();
    nextFrame(this.#draw);
  }

  /** What a person reads who sees no picture. */
  #say() {
    const { steps, elapsedMs } = this.#picture;
    const pieces = steps.reduce((sum, { pieces: more }) => sum + more, 0);
    const longest = Math.max(0, ...steps.map(({ gap_ms: gap }) => gap));
    const words =
      pieces === 0
        ? "No piece has come"
        : `${several(pieces, "piece")} in ${time(elapsedMs)}, longest gap ${time(longest)}`;
    const label = `When pieces came: ${words}`;
    if (this.ariaLabel !== label) this.ariaLabel = label;
  }

  get #width() {
    return Math.max(0, this.clientWidth - LEFT - RIGHT);
  }

  /** How much time the picture has room for, in milliseconds. */
  get #span() {
    return Math.max(1000, this.#picture.elapsedMs * 1.02);
  }

  /** @param {number} ms */
  #x(ms) {
    return LEFT + (ms / this.#span) * this.#width;
  }

  /** @param {number} x */
  #point(x) {
    const { steps, stepMs } = this.#picture;
    /** @type {ArrivalStep | null} */
    let best = null;
    let nearest = 24;
    for (const step of steps) {
      const away = Math.abs(this.#x((step.step + 0.5) * stepMs) - x);
      if (away >= nearest) continue;
      nearest = away;
      best = step;
    }
    if (best) this.#readStep(best);
    else this.#read(null);
  }

  /** @param {ArrivalStep} step */
  #readStep({ step }) {
    this.#read((step + 0.5) * this.#picture.stepMs);
  }

  /** The step that is read, if something came in it. */
  get #found() {
    const { steps, stepMs } = this.#picture;
    const at = this.#at;
    return at === null ? undefined : steps.find(({ step }) => step === Math.floor(at / stepMs));
  }

  /** @param {number | null} at */
  #read(at) {
    if (this.#at === at) return;
    this.#at = at;
    this.#tell();
    nextFrame(this.#draw);
  }

  #tell() {
    const found = this.#found;
    const { stepMs } = this.#picture;
    setText(
      part(this, ".reading"),
      found
        ? `${time(found.step * stepMs)}: ${several(found.pieces, "piece")}, ${several(
            found.events,
            "event",
          )}, after ${time(found.gap_ms)}`
        : "",
    );
  }

  #draw = () => {
    const canvas = /** @type {HTMLCanvasElement} */ (part(this, "canvas"));
    const width = this.clientWidth;
    if (width === 0) return;
    const ratio = devicePixelRatio;
    const [across, down] = [Math.round(width * ratio), Math.round(HEIGHT * ratio)];
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
    }
    const ctx = canvas.getContext("2d");
    if (!ctx) return;
    this.#theme ??= readTheme(part(this, ".probe"));
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, HEIGHT);
    this.#drawGrid(ctx, this.#theme);
    this.#drawColumns(ctx, this.#theme, 1 / ratio);
    this.#drawEnd(ctx, this.#theme);
  };

  get #top() {
    const { steps, silentMs } = this.#picture;
    return gapTop(Math.max(silentMs, ...steps.map(({ gap_ms: gap }) => gap)));
  }

  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {Theme} theme
   */
  #drawGrid(ctx, theme) {
    ctx.font = `11px ${theme.wire}`;
    ctx.textBaseline = "middle";
    const top = this.#top;
    for (const ms of gridOf(top)) {
      const y = FLOOR - heightOf(ms, top, BARS);
      ctx.fillStyle = theme.line;
      ctx.fillRect(LEFT, Math.round(y), this.#width, 1);
      ctx.fillStyle = theme.quiet;
      ctx.textAlign = "right";
      ctx.fillText(gapWords(ms), LEFT - 8, y);
    }
    ctx.textAlign = "center";
    for (const { ms, words } of secondsOf(this.#span, this.#width)) {
      ctx.fillText(words, this.#x(ms), FLOOR + 12);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {Theme} theme
   * @param {number} hair
   */
  #drawColumns(ctx, theme, hair) {
    const { steps, stepMs, silentMs, usualMs, elapsedMs } = this.#picture;
    const top = this.#top;
    const step = Math.max(hair, 1);
    for (const { x, pieces, events, gap } of columns(steps, (at) => this.#x((at + 0.5) * stepMs))) {
      const high = events === 0 ? 4 : Math.min(TICK, 10 + 3 * Math.log2(Math.max(1, events)));
      ctx.fillStyle = events === 0 ? theme.quiet : theme.accent;
      ctx.fillRect(x, LANE + (TICK - high) / 2, step, high);
      if (pieces === 0) continue;
      const bar = heightOf(gap, top, BARS);
      ctx.fillStyle = isStall(gap, usualMs) ? theme.wait : theme.edge;
      ctx.fillRect(x - 0.5, FLOOR - bar, 2, bar);
    }
    // what has not come yet grows where it would stand
    if (silentMs > 0) {
      const bar = heightOf(silentMs, top, BARS);
      ctx.fillStyle = isStall(silentMs, usualMs) ? theme.wait : theme.line;
      ctx.fillRect(this.#x(elapsedMs) - 0.5, FLOOR - bar, 2, bar);
    }
    const read = this.#found;
    if (read) {
      ctx.fillStyle = theme.text;
      ctx.fillRect(Math.round(this.#x((read.step + 0.5) * stepMs)), 0, 1, FLOOR);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {Theme} theme
   */
  #drawEnd(ctx, theme) {
    const { end, elapsedMs } = this.#picture;
    if (end === null) return;
    ctx.fillStyle = { server: theme.accent, client: theme.quiet, cut: theme.fail }[end];
    ctx.fillRect(Math.round(this.#x(elapsedMs)) + 1, LANE + TICK / 2 - 3, 6, 6);
  }
}

customElements.define("arrival-plot", ArrivalPlot);
