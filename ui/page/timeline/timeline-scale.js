/**
 * Time on the timeline: which part of it is shown, where a moment stands, and where the axis has
 * its ticks. Pure: the time of now is handed in.
 *
 * A moment's column is counted from 1970 in whole pixels, and so is the left edge. While time
 * moves, the picture therefore moves by whole pixels, and no tick trembles between two of them.
 */

/** What is shown at first. */
export const FIRST_SPAN_MS = 120_000;
export const LEAST_SPAN_MS = 1000;
export const MOST_SPAN_MS = 600_000;

/** How much a key or a notch of the wheel zooms. */
export const ZOOM = 1.5;

/** With reduced motion, time moves by this part of what is shown. */
const STEPS = 60;

/**
 * The part of time that is shown.
 *
 * @typedef {object} Shown
 * @property {number} span how long it is, in milliseconds
 * @property {number | null} end its right edge; null while it follows now
 */

/** @type {Readonly<Shown>} */
export const FIRST_SHOWN = { span: FIRST_SPAN_MS, end: null };

/** @param {number} span */
const bounded = (span) => Math.min(MOST_SPAN_MS, Math.max(LEAST_SPAN_MS, span));

/**
 * Keeps the right edge between what is still known and now. At now, it follows.
 *
 * @param {number} span
 * @param {number} end
 * @param {number} now
 * @returns {Shown}
 */
function placed(span, end, now) {
  const length = bounded(span);
  if (end >= now) return { span: length, end: null };
  return { span: length, end: Math.max(end, now - MOST_SPAN_MS + Math.min(length, MOST_SPAN_MS)) };
}

/**
 * The right edge.
 *
 * @param {Shown} shown
 * @param {number} now
 */
export const endOf = ({ end }, now) => end ?? now;

/**
 * Shows more or less, and keeps one moment where it is. What follows now goes on following, unless
 * that moment is named.
 *
 * @param {Shown} shown
 * @param {number} factor above 1 shows less
 * @param {number | null} about
 * @param {number} now
 * @returns {Shown}
 */
export function zoomed(shown, factor, about, now) {
  const span = bounded(shown.span / factor);
  if (about === null) return { ...shown, span };
  const end = endOf(shown, now);
  return placed(span, about + ((end - about) * span) / shown.span, now);
}

/**
 * Moves by a part of what is shown; below 0 to what is older.
 *
 * @param {Shown} shown
 * @param {number} part
 * @param {number} now
 */
export const panned = (shown, part, now) =>
  placed(shown.span, endOf(shown, now) + part * shown.span, now);

/**
 * Exactly the time between two moments, in either order.
 *
 * @param {number} one
 * @param {number} other
 * @param {number} now
 */
export function between(one, other, now) {
  const span = bounded(Math.abs(other - one));
  return placed(span, (one + other) / 2 + span / 2, now);
}

/**
 * The oldest that is known.
 *
 * @param {Shown} shown
 * @param {number} now
 */
export const atBeginning = ({ span }, now) => placed(span, now - MOST_SPAN_MS + span, now);

/**
 * Moves as little as it takes to have a moment in view.
 *
 * @param {Shown} shown
 * @param {number} at
 * @param {number} now
 * @returns {Shown}
 */
export function revealing(shown, at, now) {
  const end = endOf(shown, now);
  const margin = shown.span * 0.05;
  if (at > end) return placed(shown.span, at + margin, now);
  if (at < end - shown.span) return placed(shown.span, at - margin + shown.span, now);
  return shown;
}

/**
 * Where moments stand between two edges of a picture.
 *
 * @typedef {object} Scale
 * @property {number} left the left edge, in pixels
 * @property {number} right the right edge
 * @property {number} msPerPx
 * @property {number} from the moment at the left edge
 * @property {number} to the moment at the right edge
 * @property {number} origin the left edge's column since 1970
 */

/**
 * @param {Shown} shown
 * @param {number} now
 * @param {{ left: number, right: number, calm?: boolean }} room `calm` moves time in steps
 * @returns {Scale}
 */
export function scaleOf(shown, now, { left, right, calm = false }) {
  const width = Math.max(1, right - left);
  const msPerPx = shown.span / width;
  // while it follows, the edge moves by whole pixels, or by steps
  const stride = shown.end !== null ? 0 : calm ? shown.span / STEPS : msPerPx;
  const end = endOf(shown, now);
  const edge = stride === 0 ? end : Math.ceil(end / stride) * stride;
  const origin = Math.round(edge / msPerPx) - width;
  return {
    left,
    right,
    msPerPx,
    from: origin * msPerPx,
    to: (origin + width) * msPerPx,
    origin,
  };
}

/**
 * Where a moment stands.
 *
 * @param {Scale} scale
 * @param {number} at
 */
export const xOf = ({ left, msPerPx, origin }, at) => left + at / msPerPx - origin;

/**
 * The column of pixels that a moment is in.
 *
 * @param {Scale} scale
 * @param {number} at
 */
export const columnOf = ({ left, msPerPx, origin }, at) =>
  left + Math.floor(at / msPerPx) - origin;

/**
 * The moment of a place.
 *
 * @param {Scale} scale
 * @param {number} x
 */
export const timeOf = ({ left, msPerPx, origin }, x) => (x - left + origin) * msPerPx;

/** Lengths between two ticks: 1, 2 and 5 of each power of ten, and what a clock has. */
const STRIDES = [
  1, 2, 5, 10, 20, 50, 100, 200, 500,
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
];

/** @param {number} value */
const two = (value) => String(value).padStart(2, "0");

/**
 * The ticks of the axis, at whole times of the local clock: the first one, and each whole minute,
 * has the whole time, the others only what changes.
 *
 * @param {Scale} scale
 * @param {number} room for one label, in pixels
 * @returns {{ at: number, x: number, words: string, whole: boolean }[]}
 */
export function axisTicks(scale, room) {
  const least = room * scale.msPerPx;
  const stride = STRIDES.find((one) => one >= least) ?? MOST_SPAN_MS;
  // local time may differ from that of 1970 by half hours
  const shift = new Date(scale.from).getTimezoneOffset() * 60_000;
  const first = Math.ceil((scale.from - shift) / stride);
  /** @type {{ at: number, x: number, words: string, whole: boolean }[]} */
  const ticks = [];
  for (let n = first; n * stride + shift <= scale.to + scale.msPerPx / 2; n += 1) {
    const at = n * stride + shift;
    const date = new Date(at);
    const minute = `${two(date.getHours())}:${two(date.getMinutes())}`;
    const begins = date.getSeconds() === 0 && date.getMilliseconds() === 0;
    const whole = ticks.length === 0 || begins;
    const digits = stride % 1000 === 0 ? 0 : stride % 100 === 0 ? 1 : stride % 10 === 0 ? 2 : 3;
    const part = String(date.getMilliseconds()).padStart(3, "0").slice(0, digits);
    const second = `${two(date.getSeconds())}${digits === 0 ? "" : `.${part}`}`;
    const words = whole ? `${minute}:${second}` : stride >= 60_000 ? minute : `:${second}`;
    ticks.push({ at, x: xOf(scale, at), words, whole });
  }
  return ticks;
}

/**
 * How long the part is that is shown, in words: `2 min`, `45 s`, `1.5 s`.
 *
 * @param {Shown} shown
 */
export function spanWords({ span }) {
  if (span < 9950) return `${Number((span / 1000).toFixed(1))} s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 120) return `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}
