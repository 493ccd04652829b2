/**
 * The scales of the picture of arrivals: time from left to right, and gaps on a logarithmic scale.
 * Pure.
 *
 * @import { ArrivalStep } from "../server.js"
 */

/** The shortest gap that has a height, in milliseconds. */
const SHORTEST = 3;

/** Room for one of the words of the axis, in pixels. */
const WORDS = 90;

/** Steps of the axis, in seconds. */
const NICE = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400,
];

/**
 * The longest gap that there is room for: 1 s at least, and from there on in halves of a decade, so
 * that the scale stands still while a gap grows.
 *
 * @param {number} longest in milliseconds
 */
export const gapTop = (longest) =>
  10 ** (Math.ceil(2 * Math.log10(Math.max(1000, longest / 1.3))) / 2);

/**
 * How high the bar of a gap is.
 *
 * @param {number} ms
 * @param {number} top the longest gap that there is room for
 * @param {number} height of that
 */
export function heightOf(ms, top, height) {
  const [from, to] = [Math.log10(SHORTEST), Math.log10(top * 1.3)];
  const at = (Math.log10(Math.max(ms, SHORTEST)) - from) / (to - from);
  return Math.max(1, Math.min(1, at) * height);
}

/**
 * The gaps that have a line: decades from 10 ms on, three of them at most.
 *
 * @param {number} top
 */
export function gridOf(top) {
  const all = [];
  for (let ms = 10; ms <= top; ms *= 10) all.push(ms);
  return all.slice(-3);
}

/**
 * The times that have words.
 *
 * @param {number} span in milliseconds
 * @param {number} width in pixels
 * @returns {{ ms: number, words: string }[]}
 */
export function secondsOf(span, width) {
  const most = Math.max(1, Math.floor(width / WORDS));
  const seconds = span / 1000;
  const days = Math.ceil(seconds / 86_400 / most);
  const step = NICE.find((nice) => seconds / nice <= most) ?? 86_400 * days;
  const times = [];
  for (let at = 0; at * step <= seconds; at += 1) {
    times.push({ ms: at * step * 1000, words: axisWords(at * step) });
  }
  return times;
}

/**
 * The words of a line of the grid: `10 ms`, `1 s`, `10 s`, `100 s`.
 *
 * @param {number} ms
 */
export const gapWords = (ms) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);

/** @param {number} seconds */
function axisWords(seconds) {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 3600) {
    const rest = Math.round(seconds % 60);
    return rest === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
  }
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

/**
 * The steps that share a pixel, together.
 *
 * @param {readonly ArrivalStep[]} steps
 * @param {(step: number) => number} place
 * @returns {{ x: number, pieces: number, events: number, gap: number }[]}
 */
export function columns(steps, place) {
  /** @type {{ x: number, pieces: number, events: number, gap: number }[]} */
  const columns = [];
  for (const { step, pieces, events, gap_ms: gap } of steps) {
    const x = Math.round(place(step));
    const last = columns.at(-1);
    if (last?.x === x) {
      last.pieces += pieces;
      last.events += events;
      last.gap = Math.max(last.gap, gap);
    } else {
      columns.push({ x, pieces, events, gap });
    }
  }
  return columns;
}
