/**
 * The words for states, the same everywhere on the page. Pure, and the only place that spells them.
 *
 * @import { FaultView, FileProblem, Phase, RowView, StreamsFile, Tally } from "../server.js"
 * @import { Verdict } from "../server.js"
 * @import { StreamState } from "../types.js"
 */

import { count, duration, longTime, several, timeOfDay } from "./format.js";

/** @type {Record<Phase | "unreachable", string>} */
export const PHASE_WORDS = {
  stopped: "Stopped",
  starting: "Starting…",
  running: "Running",
  stopping: "Stopping…",
  failed: "Could not start",
  unreachable: "Not reachable",
};

/** @param {number} armed how many faults are armed */
export const armedWords = (armed) => `${several(armed, "fault")} armed`;

/** @param {Pick<FaultView, "fault">} fault */
export const isOfPort = ({ fault }) => /^(refuse|knock)\b/.test(fault);

/**
 * What a fault that strikes whoever connects does, with the seconds that are left. Nothing of any
 * other fault.
 *
 * @param {FaultView} fault
 * @param {number} passed the milliseconds since it was reported
 */
export function portFaultWords(fault, passed) {
  const { begins_in_ms, left_ms, tries } = fault;
  const left = Math.ceil(((left_ms ?? 0) - passed) / 1000);
  if (!isOfPort(fault) || begins_in_ms > passed || left <= 0) return "";
  const does = fault.fault.startsWith("refuse") ? "Refuses connections" : "Resets new connections";
  return [does, ...(tries ? [tries] : []), `${left} s left`].join(", ");
}

/** @type {Record<StreamState, string>} */
export const STREAM_WORDS = {
  idle: "not connected",
  connecting: "connecting",
  open: "open",
  ended: "ended by the server",
  stopped: "stopped by you",
  lost: "connection lost",
  refused: "refused",
};

/** The browser closed the stream, and the server's table does not say why. */
export const GAVE_UP = "closed by the browser";

/** Why a stream ends whose panel is removed. */
export const TAKEN_OUT = "removed from the list of streams";
export const CLOSED = "closed";
export const TOPIC_ENDED = "topic ended";

/** @param {number | null} retryMs null where the browser chooses the time */
export function lostWords(retryMs) {
  return retryMs === null
    ? "connection lost (retrying)"
    : `connection lost (retrying in ${duration(retryMs)})`;
}

/** @param {number | string} status */
export function refusedWords(status) {
  return `refused (${status})`;
}

/**
 * What an outage cost, in words made from the server's verdict: `server away 4.3 s, resumed after
 * id 7, nothing lost`.
 *
 * @param {Pick<RowView, "id" | "brought" | "ended" | "verdict">[]} rows of one client
 * @returns {string} empty where the server does not know that it came back
 */
export function outageWords(rows) {
  const row = rows.toSorted((a, b) => b.id - a.id)[0];
  const verdict = row?.verdict;
  if (!verdict || verdict.away_ms === null) return "";
  const before = rows.find(({ id }) => id === verdict.other);
  const who = before?.ended?.why === "stopped" ? "server away" : "away";
  const { lost, repeated } = verdict;
  return [
    `${who} ${duration(verdict.away_ms)}`,
    row.brought === null ? "came back without an id" : `resumed after id ${row.brought}`,
    lost ? `${count(lost)} lost` : "",
    repeated ? `${count(repeated)} again` : "",
    lost === 0 && !repeated ? "nothing lost" : "",
  ].filter(Boolean).join(", ");
}

/** @param {string} base */
export function movedWords(base) {
  return `connecting (server moved to ${new URL(base).host})`;
}

/** The server's reason for a refusal that can be fixed by allowing the origin. */
export const ORIGIN_NOT_ALLOWED = "origin not allowed";

/** A page opened as a file has no origin that could be allowed. */
export const NO_ORIGIN = "a page opened as a file has no origin: serve it from localhost";
/** What to do about it, for a row. */
export const NO_ORIGIN_WAY = "serve the file from localhost";

/** @param {Pick<RowView, "state" | "origin" | "ended">} row */
export const hadNoOrigin = ({ state, origin, ended }) =>
  state === "refused" && origin === "null" && ended?.why === ORIGIN_NOT_ALLOWED;

/**
 * The origin that was refused and can be allowed, if there is one.
 *
 * @param {Pick<RowView, "state" | "origin" | "ended">} row
 */
export const refusedOrigin = ({ state, origin, ended }) =>
  state === "refused" && origin !== "null" && ended?.why === ORIGIN_NOT_ALLOWED ? origin : null;

/**
 * Where the list of streams comes from; the file's path follows.
 *
 * @param {StreamsFile} file
 * @param {boolean} canEdit
 */
export function fileWords({ exists, revision }, canEdit) {
  // a file that always had a mistake was never served
  if (exists && revision === 0) return "The shipped streams, because of a mistake in";
  if (exists) return "Streams from";
  // it was served once, and still is
  if (revision > 0) return "Streams as last read from";
  return canEdit
    ? "The shipped streams. Edit copies them to"
    : "The shipped streams. Put your own in";
}

/** @param {FileProblem} problem */
export function fileProblemWords({ line, sentence, instead }) {
  return `${line === null ? "" : `Line ${line}: `}${sentence} ${instead}`;
}

/** In brackets, when the page itself did not open a stream. */
export const NONE_FREE = "no free connection";

export const SIX_TAKEN =
  "The browser's six connections to this host are in use: disconnect a stream or close a tab.";

/** The server answers, but has not received the page's request. */
export const NOT_SEEN =
  "The browser has not sent this request to the server: close another tab of this host.";

/**
 * The server does not answer: since when is known, but not why.
 *
 * @param {string} host
 * @param {number} since when it last answered, in milliseconds of the wall clock
 * @param {boolean} isFull this page has as many streams open as its browser allows
 */
export function silentWords(host, since, isFull) {
  const silent = `No answer from ${host} since ${timeOfDay(since)}`;
  return isFull
    ? `${silent}: disconnect a stream or close a tab, because the browser has only six connections.`
    : `${silent}: check whether its process is suspended or busy; this page keeps asking.`;
}

/**
 * The state of a stream that may still be open, while the server does not answer.
 *
 * @param {number} heardAt when something last arrived, in milliseconds of the wall clock
 */
export const silentStreamWords = (heardAt) => `no answer since ${timeOfDay(heardAt)}`;

/**
 * A stream was redefined, and may have sent events with new names before this page listened for
 * them.
 *
 * @param {string[]} names
 */
export const unheardWords = (names) =>
  `Events named ${names.join(", ")} may be missing here, because the stream has new event names: ` +
  "disconnect and connect again to get all of them.";

/** An open connection that has no place in its topic yet. */
const WAITS = "waiting for the engine";

/** An open connection whose socket is full. */
export const BLOCKED = "waiting for the client";

export const blockedTitle =
  "The socket is full: the client reads more slowly than the stream sends";

/**
 * Whose connection it is: the client's own name, or that it is this page.
 *
 * @param {RowView} row
 * @param {boolean} own
 */
export const clientWords = ({ client }, own) => (own ? "this page" : (client ?? ""));

/**
 * How many connections there are and were. Every row of the table is counted in one of the last
 * three.
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
 * Whether a client that had received a whole stream came back and was answered 204: neither a
 * failure nor a stream.
 *
 * @param {Pick<RowView, "status" | "ended">} row
 */
export const hadAll = ({ status, ended }) => status === 204 && (ended?.complete ?? false);

/**
 * Whether there was a stream: not for a refused request, nor for one answered 204.
 *
 * @param {RowView} row
 */
export const hasStream = (row) => row.state !== "refused" && !hadAll(row);

/**
 * The state of a connection: `open`, `by the client: closed`, `refused (503): too many streams`,
 * `nothing left to send (204)`, `forwarded (404)`.
 *
 * @param {RowView} row
 */
export function fateWords(row) {
  if (row.state === "open") {
    if (row.waits) return WAITS;
    return row.blocked ? BLOCKED : "open";
  }
  if (row.ended && hadAll(row)) return `${row.ended.why} (${row.status})`;
  if (row.state === "refused") {
    const why = faultWords(row.ended?.fault) || row.ended?.why;
    if (!why) return refusedWords(row.status);
    if (hadNoOrigin(row)) return `${refusedWords(row.status)}: ${NO_ORIGIN}`;
    const origin = why === ORIGIN_NOT_ALLOWED && row.origin ? `, ${row.origin}` : "";
    return `${refusedWords(row.status)}: ${why}${origin}`;
  }
  if (!row.ended) return "ended";
  // the answer was the upstream's, whatever it says
  if (row.ended.why === "forwarded") return `forwarded (${row.status})`;
  const fault = faultWords(row.ended.fault);
  return fault ? `by ${fault}` : `by the ${row.ended.by}: ${row.ended.why}`;
}

/**
 * How long the client's leg of a forwarded request has lasted: `for 12 s` while it is open, `after
 * 12.4 s` at its end. Empty for any other row.
 *
 * @param {Pick<RowView, "state" | "legs">} row
 */
export function lastedWords({ state, legs }) {
  const ms = legs?.client_ms ?? null;
  if (ms === null) return "";
  const time = ms < 60_000 ? duration(ms) : longTime(Math.floor(ms / 1000) * 1000);
  return state === "open" ? `for ${time}` : `after ${time}`;
}

/**
 * What an upstream answered, and after how long: `200 in 341 ms`.
 *
 * @param {RowView["legs"]} legs
 */
export function upstreamWords(legs) {
  if (!legs) return "";
  return legs.status === null ? "no answer" : `${legs.status} in ${duration(legs.head_ms ?? 0)}`;
}

/**
 * The same in full: `api.example.com: connected after 12 ms, answered 200 after 341 ms`.
 *
 * @param {RowView["legs"]} legs
 */
export function upstreamTitle(legs) {
  if (!legs) return "";
  const { upstream, status, connect_ms, head_ms } = legs;
  const steps = [
    connect_ms === null ? "never connected" : `connected after ${duration(connect_ms)}`,
    status === null ? "no answer" : `answered ${status} after ${duration(head_ms ?? 0)}`,
  ];
  return `${upstream}: ${steps.join(", ")}`;
}

/**
 * Whether an upstream failed. Wherever it gives a colour, its words are beside it.
 *
 * @param {RowView["legs"]} legs
 * @returns {"refused" | "repeated" | ""}
 */
export function upstreamRank(legs) {
  if (!legs || (legs.status !== null && legs.status < 400)) return "";
  return legs.status === null || legs.status >= 500 ? "refused" : "repeated";
}

/**
 * The faults that struck a row, for a cell: `3`, or `3 +1` where there are others before it.
 *
 * @param {RowView["faults"]} faults
 */
export function flagWords(faults) {
  const last = faults.at(-1);
  if (!last) return "";
  return faults.length === 1 ? String(last.id) : `${last.id} +${faults.length - 1}`;
}

/** @param {number | null | undefined} id of the fault that ended a connection, where one did */
const faultWords = (id) => (id ? `fault ${id}` : "");

/**
 * The most important of a client's two verdicts: that it is missing, what its return lost, that it
 * was refused, that several are open, another fault, and then any other.
 *
 * @param {RowView} row
 */
export function headline({ verdict, afterwards }) {
  if (afterwards?.kind === "missing" || (afterwards?.kind === "refused" && !verdict?.lost)) {
    return afterwards;
  }
  if (afterwards?.bad && !verdict?.bad) return afterwards;
  // two open at once is the fault that is going on; an earlier repetition may only be a restart
  if (afterwards?.kind === "beside" && afterwards.bad && !verdict?.lost) return afterwards;
  return verdict ?? afterwards;
}

/**
 * Whether a client came back, for a cell, in the server's words: `1.02 s, nothing lost`, `1.02 s,
 * 38 again`, `not yet`.
 *
 * @param {Verdict | null} verdict
 */
export const backWords = (verdict) => verdict?.brief ?? "";

/**
 * A verdict in full: what the client did, and what to change in it.
 *
 * @param {Verdict | null} verdict
 */
export function verdictWords(verdict) {
  if (!verdict) return "";
  return verdict.advice === null ? verdict.words : `${verdict.words}. ${verdict.advice}`;
}

/**
 * How well a client came back. Wherever it gives a colour, its words are beside it.
 *
 * @param {Verdict | null} verdict
 * @returns {"lost" | "repeated" | "whole" | "refused" | "missing" | ""}
 */
export function backRank(verdict) {
  if (verdict?.kind === "missing" || verdict?.kind === "refused") return verdict.kind;
  // it came back after a 204, which counts as a refusal
  if (verdict?.despite) return "refused";
  if (verdict?.kind === "beside") return verdict.bad ? "repeated" : "";
  if (verdict?.kind !== "back") return "";
  if (verdict.lost) return "lost";
  if (verdict.repeated) return "repeated";
  // of a forwarded stream it is not known what that cost
  if (verdict.bad) return verdict.back_with && !verdict.lost ? "repeated" : "refused";
  return verdict.lost === 0 ? "whole" : "";
}

/**
 * The end of a connection, as a sentence of its own: `ended by the client: closed at 10:41:02.113`.
 *
 * @param {RowView} row
 */
export function endWords(row) {
  const { state, ended } = row;
  if (state !== "ended" || !ended || hadAll(row) || ended.why === "forwarded") {
    return fateWords(row);
  }
  return `ended ${fateWords(row)} at ${timeOfDay(ended.at_ms)}`;
}

const NOT_IN_TABLE = "no longer in the table";

/** While the server does not answer, these are the figures of its last answer. */
export const AS_LAST_REPORTED = "as last reported";

/**
 * The state of a connection that may be no longer in the table: if it was open then, its end is
 * unknown.
 *
 * @param {RowView} row
 * @param {boolean} removed
 * @param {boolean} [stale] the server does not answer; an end stays an end
 */
export function standingWords(row, removed, stale = false) {
  if (!removed) {
    return stale && row.state === "open" ? `${endWords(row)}, ${AS_LAST_REPORTED}` : endWords(row);
  }
  return row.state === "open" ? NOT_IN_TABLE : `${endWords(row)}, ${NOT_IN_TABLE}`;
}

/**
 * What a press on the number of a verdict's other connection does.
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
