/**
 * The words for states, the same everywhere on the page. Pure, and the only place where they are spelled.
 *
 * @import { FileProblem, Phase, Row, StreamState, StreamsFile } from "./types.js"
 */

import { count, duration } from "./format.js";

/** @type {Record<Phase | "unreachable", string>} */
export const PHASE_WORDS = {
  stopped: "Stopped",
  starting: "Starting…",
  running: "Running",
  stopping: "Stopping…",
  failed: "Could not start",
  unreachable: "Not reachable",
};

/** @type {Record<StreamState, string>} */
export const STREAM_WORDS = {
  idle: "not started",
  connecting: "connecting",
  open: "open",
  ended: "ended by the server",
  stopped: "stopped by you",
  lost: "connection lost",
  refused: "refused",
};

/** The browser gave the stream up, and the server's accounts do not say why. */
export const GONE = "gone";

/** @param {number | null} retryMs null where the stream leaves the time to the browser */
export function lostWords(retryMs) {
  return retryMs === null ? "connection lost (retrying)" : `connection lost (retrying in ${duration(retryMs)})`;
}

/** @param {number | string} status */
export function refusedWords(status) {
  return `refused (${status})`;
}

/** @param {string} base */
export function movedWords(base) {
  return `connecting (server moved to ${new URL(base).host})`;
}

/** The server's reason for a refusal that the person can lift. */
export const ORIGIN_NOT_ALLOWED = "origin not allowed";

/**
 * Where the list of streams comes from; the path follows.
 *
 * @param {StreamsFile} file
 * @param {boolean} canEdit
 */
export function fileWords({ exists }, canEdit) {
  if (exists) return "Streams from";
  return canEdit ? "The shipped streams. Edit writes them to" : "The shipped streams. Yours go into";
}

/** @param {FileProblem} problem */
export function fileProblemWords({ line, sentence, instead }) {
  return `${line === null ? "" : `Line ${line}: `}${sentence} ${instead}`;
}

export const SIX_TAKEN = "Browsers allow six connections to one host: close another tab or stream.";

/** An open connection whose socket takes no more now. */
export const BLOCKED = "waiting for the client";

export const blockedTitle = "The socket takes no more: the client reads slower than the stream sends";

/**
 * Whose connection it is, as far as it says: its tag, or that it is this page's own.
 *
 * @param {Row} row
 * @param {boolean} own
 */
export const clientWords = ({ client }, own) => (own ? "this page" : (client ?? ""));

/**
 * How many rows the filter leaves: `12 of 10,000`.
 *
 * @param {{ matching: number, all: number }} slice
 */
export const matchingWords = ({ matching, all }) => `${count(matching)} of ${count(all)}`;

/** @param {string} filter */
export const noMatchWords = (filter) => 
  `No connection matches “${filter.trim()}”: each of its words must be in the peer, program, stream, client or state.`;

/**
 * What became of a connection: `open`, `by the client: closed`, `refused (503): too many streams`.
 *
 * @param {Row} row
 */
export function fateWords(row) {
  if (row.state === "open") return row.blocked ? BLOCKED : "open";
  if (row.state === "refused") {
    const why = row.ended?.why;
    if (why && row.ended?.complete) return `${why} (${row.status})`;
    if (!why) return refusedWords(row.status);
    return `${refusedWords(row.status)}: ${why}${why === ORIGIN_NOT_ALLOWED && row.origin ? `, ${row.origin}` : ""}`;
  }
  return row.ended ? `by the ${row.ended.by}: ${row.ended.why}` : "ended";
}
