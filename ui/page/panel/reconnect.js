/**
 * What to do when an EventSource reports an error or the server moves. It only decides: it has no
 * EventSource and no clock. EventSource gives no reason for an error, so the reason comes from the
 * server's table of connections.
 *
 * @import { RowView, Status, Why } from "../server.js"
 * @import { Standing } from "../types.js"
 */

import { GAVE_UP, STREAM_WORDS, lostWords, refusedWords } from "../parts/words.js";

/**
 * The newest connection of an answer, to which an error belongs.
 *
 * @param {{ rows: RowView[] }} answer
 * @returns {RowView | null}
 */
export function newestRow({ rows }) {
  return rows.reduce(
    (/** @type {RowView | null} */ newest, row) => (newest && newest.id > row.id ? newest : row),
    null,
  );
}

/** @type {Standing} */
const ENDED = { state: "ended", words: STREAM_WORDS.ended, note: null, final: true };

/**
 * What an error means. After a final one the EventSource must be closed. Otherwise it must be left
 * alone, because it reconnects by itself, and only then with Last-Event-ID.
 *
 * @param {"closed" | "connecting"} readyState the state of the EventSource after the error
 * @param {RowView | null | undefined} row the newest connection of this client; null when the
 *   server has none, undefined when the server did not answer
 * @param {number | null} retryMs the stream's retry time, if it has one
 * @returns {Standing}
 */
export function afterError(readyState, row, retryMs) {
  if (row?.ended?.complete) return ENDED;
  if (readyState === "connecting") {
    return { state: "lost", words: lostWords(retryMs), note: null, final: false };
  }
  if (row?.state === "refused") {
    if (row.status === 204) return ENDED;
    return {
      state: "refused",
      words: refusedWords(row.status),
      note: refusalNote(row.ended?.why),
      final: true,
    };
  }
  const note =
    row === undefined
      ? "The browser gave up, and the server does not answer: press Connect to try again."
      : "The browser gave up, and the server recorded no reason: press Connect to try again.";
  return { state: "lost", words: GAVE_UP, note, final: true };
}

/**
 * What a person can do about a refusal. No EventSource tries again after one.
 *
 * @param {Why | undefined} why
 */
function refusalNote(why) {
  if (why === "no token" || why === "unknown token") {
    return `The server wants a token (${why}): press Token… and give one, then Connect.`;
  }
  return why ? `The server refused the connection (${why}): press Connect to try again.` : null;
}

/**
 * Whether a stream that is open on `base` must be reopened, because the server now runs elsewhere
 * and the old EventSource would try a dead port for ever.
 *
 * @param {string} base where the stream was opened
 * @param {string | null} now the server's address now, null while it does not run
 */
export function hasMoved(base, now) {
  return now !== null && now !== base;
}

/**
 * The address of a stream for one run.
 *
 * @param {string} base
 * @param {string} path
 * @param {object} run
 * @param {string} run.tag names this client in the server's table
 * @param {string} run.lastId the last event id, when a new EventSource continues an old one
 * @param {boolean} [run.namesInData] each event has its name as the first line of its data
 * @param {number | null} [run.everyUs] the time between two events, instead of the stream's own
 */
export function streamUrl(base, path, { tag, lastId, namesInData = false, everyUs = null }) {
  const url = new URL(path, base);
  url.searchParams.set("client", tag);
  if (lastId !== "") url.searchParams.set("lastEventId", lastId);
  if (namesInData) url.searchParams.set("names", "data");
  if (everyUs !== null) url.searchParams.set("every", `${everyUs}us`);
  return url.href;
}

/**
 * Whether a stream can be started, which needs a running server.
 *
 * @param {string | null} base
 * @param {Status | undefined} status
 */
export function canStart(base, status) {
  return base !== null && status?.phase === "running";
}
