/**
 * A topic, as a panel's feed.
 *
 * @import { TopicInfo } from "../server.js"
 * @import { Feed, Hint, ServerHere, Standing } from "../types.js"
 */

import { NO_ANSWER, underWay } from "../panel/hints.js";
import { publishLine } from "../parts/snippets.js";
import { topicPath } from "../host/paths.js";
import { topicSummary, ttlWords } from "./topic-words.js";

/** The last event id that asks a topic for everything that it keeps. */
const EARLIEST = "earliest";

/**
 * @param {string} name
 * @param {TopicInfo | undefined} topic undefined while the server has none of this name
 * @returns {Feed}
 */
export function topicFeed(name, topic) {
  return {
    path: topicPath(name),
    title: name,
    label: `Topic ${name}`,
    summary: topicSummary(topic),
    about: ttlWords(topic?.ttl_ms),
    retry_ms: topic?.retry_ms ?? 1000,
    events: topic?.events ?? ["message", "gap"],
    from: EARLIEST,
    names_in_data: true,
    unpaced: false,
    line: publishLine,
    hint: topicHint,
  };
}

/** @type {Record<ServerHere, string>} */
const TOPIC_NEXT = {
  ready: "Press Connect to subscribe here.",
  stopped: "Start the server, then connect.",
  unreachable: NO_ANSWER,
};

/**
 * @param {Standing} standing
 * @param {ServerHere} server
 * @returns {Hint}
 */
function topicHint(standing, server) {
  if (standing.state === "open") {
    const words = "No event has arrived yet. Publish below, or from a terminal:";
    return { words, withLine: true };
  }
  return (
    underWay(standing) ?? {
      words: `${TOPIC_NEXT[server]} To publish from a terminal:`,
      withLine: true,
    }
  );
}
