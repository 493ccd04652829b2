/**
 * Hints in an empty list. Streams and topics share them. Pure.
 *
 * @import { Emptied, Hint, Standing } from "../types.js"
 */

/** The server may still run. The status bar shows since when it does not answer. */
export const NO_ANSWER = "The server does not answer: see the bar at the top.";

/**
 * The hint of a list that a person emptied, which must not say that no event has arrived.
 *
 * @param {Standing} standing
 * @param {Emptied} emptied
 * @returns {Hint | null} null where the feed's own hint fits better
 */
export function emptiedHint({ state, final }, emptied) {
  if (state === "idle") return null;
  if (emptied === "paused") {
    return { words: "Paused: Space shows what has arrived since.", withLine: false };
  }
  if (emptied === "filtered") {
    return { words: "No event has all these words: Esc in the filter clears it.", withLine: false };
  }
  if (emptied === null || final || state === "connecting") return null;
  return { words: "Cleared: new events appear here.", withLine: false };
}

/**
 * The hint of an empty list while its stream is connecting or reconnecting.
 *
 * @param {Standing} standing
 * @returns {Hint | null} null in any other state
 */
export function underWay({ state, final }) {
  if (state === "connecting") {
    return { words: "Waiting for the server to answer.", withLine: false };
  }
  if (state === "lost" && !final) {
    return { words: "No event arrived before the connection was lost.", withLine: false };
  }
  return null;
}
