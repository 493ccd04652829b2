/**
 * The share of a place that the part above a bar gets, in percent. Pure.
 */

/** What the table needs for its bar, its header and a row or two. */
const LEAST_ABOVE = 128;
/** What a wire needs for its header, its footer and a few lines, with the bar between. */
const LEAST_BELOW = 184;

const STEP = 2;
const PAGE = 10;

/**
 * @param {number} height of the place
 * @returns {{ least: number, most: number }}
 */
export function bounds(height) {
  if (height < LEAST_ABOVE + LEAST_BELOW) return { least: 50, most: 50 };
  return { least: (LEAST_ABOVE / height) * 100, most: 100 - (LEAST_BELOW / height) * 100 };
}

/** What the timeline needs for its words, two lanes and its axis. */
const LEAST_TIMELINE = 120;

/**
 * The same for the timeline above the table, which leaves room for a few rows.
 *
 * @param {number} height of the place
 */
export function timelineBounds(height) {
  if (height < LEAST_TIMELINE + LEAST_ABOVE) return { least: 40, most: 40 };
  const most = 100 - (LEAST_ABOVE / height) * 100;
  return { least: Math.min(most, (LEAST_TIMELINE / height) * 100), most };
}

/**
 * @param {number} share
 * @param {{ least: number, most: number }} bounds
 */
export const clamped = (share, { least, most }) => Math.min(most, Math.max(least, share));

/**
 * Where a key moves the bar; null for any other key.
 *
 * @param {string} key
 * @param {number} share
 * @param {{ least: number, most: number }} bounds
 */
export function afterKey(key, share, { least, most }) {
  /** @type {Record<string, number>} */
  const to = {
    ArrowUp: share - STEP,
    ArrowDown: share + STEP,
    PageUp: share - PAGE,
    PageDown: share + PAGE,
    Home: least,
    End: most,
  };
  return key in to ? clamped(to[key], { least, most }) : null;
}
