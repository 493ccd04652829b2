/**
 * Topics in words: their names, their counts, the result of a publish, and when they end. Pure.
 *
 * @import { Published, TopicInfo } from "../server.js"
 */

import { count, longTime, several } from "../parts/format.js";

/** The server's own sentence, so that a refused name reads the same everywhere. */
export const NO_NAME =
  "That is not the name of a topic: give 1 to 64 letters, digits, dots, hyphens, underscores or " +
  "tildes, with a letter or digit first.";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;

/**
 * The topic's name in the text of the field: the name itself, or a pasted path or address.
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
  if (!topic) return "not created yet";
  const subscribers = several(topic.subscribers, "subscriber");
  return `${subscribers}, ${count(topic.published)} published, ${count(topic.kept)} kept`;
}

/** @param {Published} published */
export function publishedWords({ id, subscribers }) {
  return `Published, id ${id}, to ${several(subscribers, "subscriber")}`;
}

/**
 * When a topic ends by itself.
 *
 * @param {number | null | undefined} ttlMs
 */
export const ttlWords = (ttlMs) =>
  ttlMs
    ? `A topic without subscribers and publishes ends after ${longTime(ttlMs)}.`
    : "Topics stay until somebody ends them.";

/**
 * Asks before a topic is ended, and says what that does.
 *
 * @param {{ name: string, kept: number, subscribers: number }} topic
 */
export const endingWords = ({ name, kept, subscribers }) =>
  `End ${name}? This deletes ${several(kept, "kept event")} ` +
  `and disconnects ${several(subscribers, "subscriber")}.`;
