/**
 * The words for states, the same everywhere on the page. Pure, and the only place where they are
 * spelled.
 *
 * @import { FileProblem, Phase, RowView, StreamsFile, Tally, Verdict } from "../server.js"
 * @import { StreamState } from "../types.js"
 */

import { count, duration, timeOfDay } from "./format.js";

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
export const GAVE_UP = "closed by the browser";

/** Why a stream ends whose panel goes. */
export const TAKEN_OUT = "removed from the list of streams";
export const CLOSED = "closed";

/** @param {number | null} retryMs null where the stream leaves the time to the browser */
export function lostWords(retryMs) {
  return retryMs === null
    ? "connection lost (retrying)"
    : `connection lost (retrying in ${duration(retryMs)})`;
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

/** A page that was opened as a file is of no origin that could be allowed. */
export const NO_ORIGIN = "a page opened as a file has no origin: serve it from localhost";
/** The way out of it, for a row. */
export const NO_ORIGIN_WAY = "serve the file from localhost";

/** @param {Pick<RowView, "state" | "origin" | "ended">} row */
export const hadNoOrigin = ({ state, origin, ended }) =>
  state === "refused" && origin === "null" && ended?.why === ORIGIN_NOT_ALLOWED;

/**
 * The origin that was refused and can be allowed, if one was.
 *
 * @param {Pick<RowView, "state" | "origin" | "ended">} row
 */
export const refusedOrigin = ({ state, origin, ended }) =>
  state === "refused" && origin !== "null" && ended?.why === ORIGIN_NOT_ALLOWED ? origin : null;

/**
 * Where the list of streams comes from; the path follows.
 *
 * @param {StreamsFile} file
 * @param {boolean} canEdit
 */
export function fileWords({ exists, revision }, canEdit) {
  // a file that was wrong from the beginning was never served
  if (exists && revision === 0) return "The shipped streams, because of a mistake in";
  if (exists) return "Streams from";
  // it was served once, and is served on
  if (revision > 0) return "Streams as last read from";
  return canEdit
    ? "The shipped streams. Edit copies them to"
    : "The shipped streams. Put your own in";
}

/** @param {FileProblem} problem */
export function fileProblemWords({ line, sentence, instead }) {
  return `${line === null ? "" : `Line ${line}: `}${sentence} ${instead}`;
}

/** In brackets, where the page itself did not open a stream. */
export const NONE_FREE = "no free connection";

export const SIX_TAKEN =
  "The browser's six connections to this host are in use: stop a stream or close another tab.";

/** The server answers, and knows nothing of a request that was made. */
export const NOT_SEEN =
  "The browser has not sent this request to the server: close another tab of this host.";

/**
 * Why a question has no answer: since when is known, and why is not.
 *
 * @param {string} host
 * @param {number} since when it answered last, in milliseconds of the wall clock
 * @param {boolean} isFull this page has as many streams under way as its browser leaves it
 */
export function silentWords(host, since, isFull) {
  const silent = `No answer from ${host} since ${timeOfDay(since)}`;
  return isFull
    ? `${silent}: stop a stream or close another tab, because the browser has only six connections.`
    : `${silent}: check whether its process is suspended or busy; this page keeps asking.`;
}

/**
 * A stream that is open, as far as anybody knows, at a server that does not answer.
 *
 * @param {number} heardAt when it was heard last, in milliseconds of the wall clock
 */
export const silentStreamWords = (heardAt) => `no answer since ${timeOfDay(heardAt)}`;

/**
 * A stream was defined anew, and came under its new names before this page listened for them.
 *
 * @param {string[]} names
 */
export const unheardWords = (names) =>
  `Events named ${names.join(", ")} may be missing here, because the stream has new event names: ` +
  "press Stop, then Start, to get all of them.";

/** An open connection whose socket takes no more now. */
export const BLOCKED = "waiting for the client";

export const blockedTitle =
  "The socket is full: the client reads more slowly than the stream sends";

/**
 * Whose connection it is, as far as it says: its tag, or that it is this page's own.
 *
 * @param {RowView} row
 * @param {boolean} own
 */
export const clientWords = ({ client }, own) => (own ? "this page" : (client ?? ""));

/**
 * How many there are and were; every row of the table is in one of the last three.
 *
 * @param {Tally} tally
 */
export const tallyWords = ({ open, opened, complete, refused }) =>
  [
    `${count(open)} open`,
    `${count(opened)} opened`,
    ...(complete > 0 ? [`${count(complete)} answered 204`] : []),
    `${count(refused)} refused`,
  ].join(", ");

/**
 * How many rows the filter leaves: `12 of 10,000`.
 *
 * @param {{ matching: number, all: number }} slice
 */
export const matchingWords = ({ matching, all }) => `${count(matching)} of ${count(all)}`;

/** @param {string} filter */
export const noMatchWords = (filter) =>
  `No connection matches “${filter.trim()}”: ` +
  "use words from one connection's peer, program, stream, client, state or brought id.";

/**
 * A client that has had all of a stream and comes back is told so with 204: no failure, and no
 * stream either.
 *
 * @param {Pick<RowView, "status" | "ended">} row
 */
export const hadAll = ({ status, ended }) => status === 204 && (ended?.complete ?? false);

/**
 * Whether there was a stream: not for those that were refused, nor for those that had had all of
 * it.
 *
 * @param {RowView} row
 */
export const hasStream = (row) => row.state !== "refused" && !hadAll(row);

/**
 * What became of a connection: `open`, `by the client: closed`, `refused (503): too many streams`,
 * `nothing left to send (204)`.
 *
 * @param {RowView} row
 */
export function fateWords(row) {
  if (row.state === "open") return row.blocked ? BLOCKED : "open";
  if (row.ended && hadAll(row)) return `${row.ended.why} (${row.status})`;
  if (row.state === "refused") {
    const why = row.ended?.why;
    if (!why) return refusedWords(row.status);
    if (hadNoOrigin(row)) return `${refusedWords(row.status)}: ${NO_ORIGIN}`;
    const origin = why === ORIGIN_NOT_ALLOWED && row.origin ? `, ${row.origin}` : "";
    return `${refusedWords(row.status)}: ${why}${origin}`;
  }
  return row.ended ? `by the ${row.ended.by}: ${row.ended.why}` : "ended";
}

/**
 * Of what is said of a client, that which matters most: that it is missing, what its return cost
 * it, that it was refused, what else is wrong, and then whatever is said.
 *
 * @param {RowView} row
 */
export function headline({ verdict, afterwards }) {
  if (afterwards?.kind === "missing" || (afterwards?.kind === "refused" && !verdict?.lost)) {
    return afterwards;
  }
  if (afterwards?.bad && !verdict?.bad) return afterwards;
  return verdict ?? afterwards;
}

/**
 * Whether a client came back, for a cell, as the server says it: `1.02 s, nothing lost`, `1.02 s,
 * 38 again`, `not yet`.
 *
 * @param {Verdict | null} verdict
 */
export const backWords = (verdict) => verdict?.brief ?? "";

/**
 * What is said of a client and what to change in it, in full.
 *
 * @param {Verdict | null} verdict
 */
export function verdictWords(verdict) {
  if (!verdict) return "";
  return verdict.advice === null ? verdict.words : `${verdict.words}. ${verdict.advice}`;
}

/**
 * How well a client came back: its word is beside it wherever it gives something a colour.
 *
 * @param {Verdict | null} verdict
 * @returns {"lost" | "repeated" | "whole" | "refused" | "missing" | ""}
 */
export function backRank(verdict) {
  if (verdict?.kind === "missing" || verdict?.kind === "refused") return verdict.kind;
  // it was told to stay away, which is a refusal
  if (verdict?.despite) return "refused";
  if (verdict?.kind === "beside") return verdict.bad ? "repeated" : "";
  if (verdict?.kind !== "back") return "";
  if (verdict.lost) return "lost";
  if (verdict.repeated) return "repeated";
  if (verdict.bad) return "refused";
  return verdict.lost === 0 ? "whole" : "";
}

/**
 * What became of a connection, in a sentence of its own: `ended by the client: closed at
 * 10:41:02.113`.
 *
 * @param {RowView} row
 */
export function endWords(row) {
  if (row.state !== "ended" || !row.ended || hadAll(row)) return fateWords(row);
  return `ended ${fateWords(row)} at ${timeOfDay(row.ended.at_ms)}`;
}

const NOT_IN_TABLE = "no longer in the table";

/** Nobody answers: what is said was so when somebody last did. */
export const AS_LAST_REPORTED = "as last reported";

/**
 * What became of a connection, where it is not in the table any more: of one that was open, nobody
 * knows how it ended.
 *
 * @param {RowView} row
 * @param {boolean} gone
 * @param {boolean} [stale] nobody answers; an end is one all the same
 */
export function standingWords(row, gone, stale = false) {
  if (!gone) {
    return stale && row.state === "open" ? `${endWords(row)}, ${AS_LAST_REPORTED}` : endWords(row);
  }
  return row.state === "open" ? NOT_IN_TABLE : `${endWords(row)}, ${NOT_IN_TABLE}`;
}

/**
 * What a press on the number of the other connection of a verdict does.
 *
 * @param {Verdict["kind"]} kind
 */
export function otherTitle(kind) {
  if (kind === "refused") return "Show the request that was refused";
  if (kind === "beside") return "Show the other open connection";
  return kind === "returned"
    ? "Show the connection that continues this one"
    : "Show the connection that this one continues";
}
