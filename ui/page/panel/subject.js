/**
 * What a panel shows: a stream of the server's list, or a topic. They differ in their words and in where a run
 * begins; nothing behind a panel asks which of them it has.
 *
 * @import { Emptied, Hint, ServerHere, Standing, StreamInfo, Subject, TopicInfo } from "../types.js"
 */

import { curlLine, publishLine } from "../parts/client-lines.js";
import { topicPath } from "../host/paths.js";
import { topicSummary } from "../topics/topics.js";

/** The last event id that asks a topic for everything that it keeps. */
const EARLIEST = "earliest";

/**
 * @param {StreamInfo} info
 * @returns {Subject}
 */
export function streamSubject(info) {
  return { ...info, label: info.title, from: "", names_in_data: false, line: curlLine, hint: streamHint };
}

/**
 * @param {string} name
 * @param {TopicInfo | undefined} topic undefined while the server has none of this name
 * @returns {Subject}
 */
export function topicSubject(name, topic) {
  return {
    path: topicPath(name),
    // it is its own title: beside it there has to be room for the figures
    title: topicPath(name),
    label: `Topic ${name}`,
    summary: topicSummary(topic),
    retry_ms: topic?.retry_ms ?? 1000,
    events: topic?.events ?? ["message", "gap"],
    from: EARLIEST,
    names_in_data: true,
    unpaced: false,
    line: publishLine,
    hint: topicHint,
  };
}

/** It may run all the same: the bar knows what keeps its answers away. */
const NO_ANSWER = "The server does not answer: the bar at the top says what to do.";

/** @type {Record<ServerHere, string>} */
const STREAM_NEXT = {
  ready: "Start opens this stream here.",
  stopped: "Start the server, then start this stream.",
  unreachable: NO_ANSWER,
};

/** @type {Record<ServerHere, string>} */
const TOPIC_NEXT = {
  ready: "Start subscribes here.",
  stopped: "Start the server, then start this topic.",
  unreachable: NO_ANSWER,
};

/**
 * @param {Standing} standing
 * @param {ServerHere} server
 * @returns {Hint}
 */
function streamHint(standing, server) {
  if (standing.state === "open") return { words: "Nothing has arrived yet.", withLine: false };
  return underWay(standing) ?? { words: `${STREAM_NEXT[server]} In a terminal:`, withLine: true };
}

/**
 * @param {Standing} standing
 * @param {ServerHere} server
 * @returns {Hint}
 */
function topicHint(standing, server) {
  if (standing.state === "open") return { words: "Nothing has arrived yet. Publish below, or in a terminal:", withLine: true };
  return underWay(standing) ?? { words: `${TOPIC_NEXT[server]} To publish in a terminal:`, withLine: true };
}

/**
 * What a list says that the person has emptied: of events that came, nobody says that none has.
 *
 * @param {Standing} standing
 * @param {Emptied} emptied
 * @returns {Hint | null} null where the subject has something better to say
 */
export function emptiedHint({ state, final }, emptied) {
  if (state === "idle") return null;
  if (emptied === "paused") return { words: "Paused: Resume shows what has arrived since.", withLine: false };
  if (emptied === null || final || state === "connecting") return null;
  return { words: "Cleared: what arrives from now on comes here.", withLine: false };
}

/**
 * @param {Standing} standing
 * @returns {Hint | null}
 */
function underWay({ state, final }) {
  if (state === "connecting") return { words: "Waiting for the server to answer.", withLine: false };
  if (state === "lost" && !final) return { words: "Nothing arrived before the connection was lost.", withLine: false };
  return null;
}
