/**
 * The picture of a case as a scene: when requests came, when their answers ended, and the waits
 * between. Pure; case-line.js draws it.
 *
 * @import { LabCase, LabSent } from "../server.js"
 */

import { time } from "./lab-words.js";

/**
 * @typedef {object} Span an answer
 * @property {number} from
 * @property {number} to
 * @property {string | null} by who ended it; null while it goes on, or where there is none
 * @property {boolean} hasAnswer
 * @property {string} words of the request
 * @property {number[]} ticks when its pieces were sent
 * @property {number} row 0, and below it those that were open beside another
 */

/** @typedef {{ from: number, to: number, words: string }} Wait */

/**
 * @typedef {object} Scene in milliseconds since the first request
 * @property {Span[]} spans
 * @property {Wait[]} waits from an end to the return
 * @property {number | null} gone from when on nobody came back
 * @property {number} end
 */

/** Rows for answers that were open at once. */
const MOST_ROWS = 3;
/** Ticks of one answer: a picture has no room for more. */
const MOST_TICKS = 400;

/**
 * @param {Pick<LabCase, "requests" | "since" | "verdict">} seen
 * @param {readonly LabSent[]} sent
 * @returns {Scene}
 */
export function sceneOf({ requests, since, verdict }, sent) {
  /** The end of the last answer in each row. @type {number[]} */
  const rows = [];
  const last = requests.length - 1;
  const spans = requests.map(({ at, ended, by, id }, index) => {
    const pieces = sent[index]?.pieces ?? [];
    const ticks = pieces.slice(0, MOST_TICKS).map(({ at_ms }) => at_ms - (since ?? 0));
    const hasAnswer = ended !== null || (index < last || verdict === null);
    const to = Math.max(at, ended ?? at, ...ticks);
    let row = rows.findIndex((end) => end <= at);
    if (row < 0) row = Math.min(rows.length, MOST_ROWS - 1);
    rows[row] = Math.max(rows[row] ?? 0, ended === null && hasAnswer ? Infinity : to);
    const words = id === null ? `${index + 1}` : `${index + 1}  id ${id}`;
    return { from: at, to, by, hasAnswer, words, ticks, row };
  });
  const waits = requests.slice(1).flatMap(({ at }, index) => {
    const { ended } = requests[index];
    return ended === null || at < ended ? [] : [{ from: ended, to: at, words: time(at - ended) }];
  });
  const gone = requests[last]?.ended ?? null;
  const end = Math.max(1, ...spans.map(({ to }) => to));
  return { spans, waits, gone, end: gone === null ? end : end * 1.25 };
}

/**
 * The same in words, for who sees no picture.
 *
 * @param {Scene} scene
 */
export function sceneWords({ spans, waits, gone }) {
  const steps = spans.flatMap(({ from, to, by, hasAnswer }, index) => {
    const end = by === null ? "" : `, ended by the ${by} after ${time(to - from)}`;
    const wait = waits.find((one) => one.to === from && index > 0);
    const came = index === 0 ? "A request" : wait ? `back after ${wait.words}` : "another request";
    return [hasAnswer ? `${came}${end}` : came];
  });
  return `${[...steps, ...(gone === null ? [] : ["not back"])].join("; ")}.`;
}

/**
 * Round times for an axis, so that their words do not touch.
 *
 * @param {number} end
 * @param {number} width in pixels
 * @returns {{ ms: number, words: string }[]}
 */
export function axisOf(end, width) {
  const room = Math.max(1, Math.floor(width / 90));
  const steps = [1, 10, 100, 1000, 10_000, 100_000].flatMap((ms) => [ms, ms * 2, ms * 5]);
  const step = steps.find((ms) => end / ms <= room) ?? end;
  const times = [];
  for (let ms = 0; ms <= end && times.length <= room; ms += step) {
    times.push({ ms, words: time(ms) });
  }
  return times;
}

/**
 * Which of some labels have room, the first first.
 *
 * @template {{ x: number, width: number }} T its middle and its width
 * @param {readonly T[]} labels
 * @param {number} gap
 * @returns {T[]}
 */
export function withRoom(labels, gap) {
  /** @type {T[]} */
  const shown = [];
  for (const label of labels) {
    const meets = shown.some(
      ({ x, width }) => Math.abs(x - label.x) < (width + label.width) / 2 + gap,
    );
    if (!meets) shown.push(label);
  }
  return shown;
}
