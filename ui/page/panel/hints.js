/**
 * What a panel shows is a stream of the server's list, or a topic. They differ in their words and
 * in where a run begins; nothing behind a panel asks which of them it has, and what both say stands
 * here.
 *
 * @import { Emptied, Hint, Standing } from "../types.js"
 */

/** It may run all the same: the bar knows what keeps its answers away. */
export const NO_ANSWER = "The server does not answer: see the bar at the top.";

/**
 * What a list says that the person has emptied: of events that came, nobody says that none has.
 *
 * @param {Standing} standing
 * @param {Emptied} emptied
 * @returns {Hint | null} null where the feed has something better to say
 */
export function emptiedHint({ state, final }, emptied) {
  if (state === "idle") return null;
  if (emptied === "paused") {
    return { words: "Paused: press Resume to show what has arrived since.", withLine: false };
  }
  if (emptied === null || final || state === "connecting") return null;
  return { words: "Cleared: new events appear here.", withLine: false };
}

/**
 * What an empty list says while its stream is under way and not open.
 *
 * @param {Standing} standing
 * @returns {Hint | null} null where it is not, or is open
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
