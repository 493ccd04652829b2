/**
 * Numbers, times and text as the page writes them. Pure, and the same in every locale, so that two
 * people who compare their windows see the same text.
 */

/** How many characters of an event's data its row shows. */
export const PREVIEW_LENGTH = 1000;

/**
 * @param {number} value
 * @param {number} width
 */
const padded = (value, width) => String(value).padStart(width, "0");

/**
 * The local time of day with milliseconds: `10:41:02.113`.
 *
 * @param {number} ms
 */
export function timeOfDay(ms) {
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const clock = parts.map((value) => padded(value, 2)).join(":");
  return `${clock}.${padded(date.getMilliseconds(), 3)}`;
}

/**
 * The local date and time of day, for rows that may be older than today.
 *
 * @param {number} ms
 */
export function dateAndTime(ms) {
  const date = new Date(ms);
  const day = `${padded(date.getMonth() + 1, 2)}-${padded(date.getDate(), 2)}`;
  return `${date.getFullYear()}-${day} ${timeOfDay(ms)}`;
}

/**
 * The time since the previous event, never wider than eight characters: `+12ms`, `+1.00s`, `+2m
 * 05s`.
 *
 * @param {number | null} ms
 */
export function gap(ms) {
  if (ms === null) return "";
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `+${whole}ms`;
  // 59,995 ms would round up to 60.00 s
  if (whole < 59_995) return `+${(whole / 1000).toFixed(2)}s`;
  const seconds = Math.round(whole / 1000);
  if (seconds < 3600) return `+${Math.floor(seconds / 60)}m ${padded(seconds % 60, 2)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 6000) return `+${Math.floor(minutes / 60)}h ${padded(minutes % 60, 2)}m`;
  return `+${Math.floor(minutes / 60)}h`;
}

/**
 * A whole number in groups of three: `12,345`.
 *
 * @param {number} value
 */
export function count(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/**
 * A rate a second: `0`, `2.0`, `9.9`, `10`, `12,345`; empty when it is unknown.
 *
 * @param {number | null} value
 */
export function rate(value) {
  if (value === null) return "";
  if (value === 0) return "0";
  // 9.96 would round up to 10.0
  return value < 9.95 ? value.toFixed(1) : count(Math.round(value));
}

/**
 * A number of things: `1 event`, `1,200 events`.
 *
 * @param {number} number
 * @param {string} noun
 */
export function several(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * The beginning of a text; never cuts a character of two code units in half.
 *
 * @param {string} text
 * @param {number} length
 */
export function cut(text, length) {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? length - 1 : length);
}

/**
 * Data on one line, cut at {@link PREVIEW_LENGTH} characters. Line ends become a sign.
 *
 * @param {string} data
 */
export function preview(data) {
  return data.length <= PREVIEW_LENGTH ? oneLine(data) : `${oneLine(cut(data, PREVIEW_LENGTH))}…`;
}

/** @param {string} text */
const oneLine = (text) => text.replace(/\r\n|\r|\n/g, "↵");

/**
 * A length of time for a sentence: `1 s`, `1.5 s`, `250 ms`.
 *
 * @param {number} ms
 */
export function duration(ms) {
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}

/**
 * A length of time from the settings: `1 h`, `1 h 30 min`, `10 s`, `250 ms`.
 *
 * @param {number} ms
 */
export function longTime(ms) {
  /** @type {[number, string][]} */
  const units = [[3_600_000, "h"], [60_000, "min"], [1000, "s"], [1, "ms"]];
  let left = Math.round(ms);
  const words = units.flatMap(([size, unit]) => {
    const whole = Math.floor(left / size);
    left -= whole * size;
    return whole > 0 ? [`${count(whole)} ${unit}`] : [];
  });
  return words.join(" ") || "0 s";
}
