/**
 * What an event of a topic carries beside its data: its own name, and what was lost before it.
 * Pure.
 */

import { several } from "../parts/format.js";

/**
 * An event of a topic that was asked for with `names=data`: EventSource hands over only events
 * whose name is listened for, and a publisher can use any name at any time. So all come under one,
 * each with its own as the first line of its data.
 *
 * @param {string} text the data as it came
 * @returns {{ event: string, data: string }}
 */
export function namedEvent(text) {
  const end = text.indexOf("\n");
  return end < 0
    ? { event: text, data: "" }
    : { event: text.slice(0, end), data: text.slice(end + 1) };
}

/**
 * What a `gap` event says: the server tells of the events that a client has missed, in the stream
 * itself.
 *
 * @param {string} event
 * @param {string} data
 * @returns {string | null} null when it is an event like any other
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
