/**
 * Topics in words: their names, what is counted of them, what became of a publish, what a gap means. Pure.
 *
 * @import { Published, TopicInfo } from "../types.js"
 */

import { count, longTime, several } from "../parts/format.js";

/** The server's own sentence, so that it reads the same wherever a name was refused. */
export const NO_NAME =
  "That is not the name of a topic: give 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first.";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;

/**
 * The name in what was typed: a name, or the path or address of a topic as one would paste it.
 *
 * @param {string} text
 * @returns {string | null} null when no topic can be called that
 */
export function readName(text) {
  const name = text.trim().replace(/^.*\/topics\//, "");
  return NAME.test(name) ? name : null;
}

/** @param {TopicInfo | undefined} topic undefined while the server has none of this name */
export function topicSummary(topic) {
  if (!topic) return "not begun yet";
  return `${several(topic.subscribers, "subscriber")}, ${count(topic.published)} published, ${count(topic.kept)} kept`;
}

/** @param {Published} published */
export function publishedWords({ id, subscribers }) {
  return `Published, id ${id}, to ${several(subscribers, "subscriber")}`;
}

/**
 * An event of a topic that was asked for with `names=data`: EventSource hands over only events whose name is listened
 * for, and a publisher can use any name at any time. So all come under one, each with its own as the first line of its data.
 *
 * @param {string} text the data as it came
 * @returns {{ event: string, data: string }}
 */
export function namedEvent(text) {
  const end = text.indexOf("\n");
  return end < 0 ? { event: text, data: "" } : { event: text.slice(0, end), data: text.slice(end + 1) };
}

/**
 * What a `gap` event says: the server tells of the events that a client has missed, in the stream itself.
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

/**
 * When a topic goes by itself.
 *
 * @param {number | null | undefined} ttlMs
 */
export const ttlWords = (ttlMs) =>
  ttlMs ? `A topic that nobody reads and nobody feeds ends after ${longTime(ttlMs)}.` : "Topics stay until somebody ends them.";

/**
 * What ending a topic does, before it is done.
 *
 * @param {{ name: string, kept: number, subscribers: number }} topic
 */
export const endingWords = ({ name, kept, subscribers }) =>
  `End ${name}: ${several(kept, "event")} that ${kept === 1 ? "is" : "are"} kept will be gone, and ${several(subscribers, "subscriber")} disconnected.`;
