/**
 * Reads what the server adds to the data of a topic's event: the event's name, or a gap before it.
 * Pure.
 */

import { several } from "../parts/format.js";

/**
 * Reads an event of a topic that was requested with `names=data`. EventSource delivers only events
 * whose name has a listener, and a publisher can use any name at any time. So all events have one
 * name, and their own is the first line of their data.
 *
 * @param {string} text the data as it arrived
 * @returns {{ event: string, data: string }}
 */
export function namedEvent(text) {
  const end = text.indexOf("\n");
  return end < 0
    ? { event: text, data: "" }
    : { event: text.slice(0, end), data: text.slice(end + 1) };
}

/**
 * The words for a `gap` event, by which the server reports lost events in the stream itself.
 *
 * @param {string} event
 * @param {string} data
 * @returns {string | null} null for any other event
 */
export function gapWords(event, data) {
  if (event !== "gap") return null;
  const { from, to, lost } = readGap(data) ?? {};
  if (typeof from !== "string" || !(to === null || typeof to === "string")) return null;
  const where = to === null ? `after ${from}` : `between ${from} and ${to}`;
  if (typeof lost === "number") return `${several(lost, "event")} lost ${where}`;
  return lost === null ? `Events may have been lost ${where}` : null;
}

/**
 * @param {string} data
 * @returns {Record<string, unknown> | null}
 */
function readGap(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
