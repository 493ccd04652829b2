/**
 * A stream of the server's list, as a panel's feed.
 *
 * @import { StreamInfo } from "../server.js"
 * @import { Feed, Hint, ServerHere, Standing } from "../types.js"
 */

import { NO_ANSWER, underWay } from "../panel/hints.js";
import { curlLine } from "../parts/snippets.js";

/**
 * @param {StreamInfo} info
 * @returns {Feed}
 */
export function streamFeed(info) {
  return {
    ...info,
    label: info.title,
    about: "",
    from: "",
    names_in_data: false,
    line: curlLine,
    hint: streamHint,
  };
}

/** @type {Record<ServerHere, string>} */
const STREAM_NEXT = {
  ready: "Press Connect to read this stream here.",
  stopped: "Start the server, then connect.",
  unreachable: NO_ANSWER,
};

/**
 * @param {Standing} standing
 * @param {ServerHere} server
 * @returns {Hint}
 */
function streamHint(standing, server) {
  if (standing.state === "open") return { words: "No event has arrived yet.", withLine: false };
  return underWay(standing) ?? { words: `${STREAM_NEXT[server]} In a terminal:`, withLine: true };
}
