/**
 * Which events of a list have all words of a filter. Pure.
 *
 * @import { Arrival } from "../types.js"
 */

/**
 * @param {string} text the words, in any case
 * @returns {((arrival: Arrival) => boolean) | null} null where there is no word, so all events stay
 */
export function arrivalFilter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  return ({ id, event, data, notice, outage }) => {
    // what was lost must not be hidden
    if (notice !== null || outage !== null) return true;
    const all = `${id}\n${event}\n${data}`.toLowerCase();
    return words.every((word) => all.includes(word));
  };
}
