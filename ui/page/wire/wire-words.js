/**
 * The words for a wire: how much of it is kept, what was before that, and why it is empty. Pure.
 *
 * @import { ReceivedView, RecordedView, RequestView, RowView } from "../server.js"
 * @import { WireLog } from "./wire-log.js"
 */

import { hadAll } from "../parts/words.js";
import { count, several } from "../parts/format.js";
import { fieldValue, targetText } from "./request-text.js";

/**
 * The part of a wire's log that words are made of.
 *
 * @typedef {"rows" | "pieces" | "bytes" | "taken" | "on" | "answered" | "beganLate" | "isFull"} Key
 * @typedef {Pick<WireLog, Key>} Kept
 */

/**
 * How much of a wire is kept, and how much is not: `12 pieces, 1,234 bytes kept, 120 bytes not
 * kept`. The sum is the number of bytes that the kernel took, as the server reports it.
 *
 * @param {Kept} wire
 */
export function keptWords({ pieces, bytes, taken }) {
  const kept = `${several(pieces, "piece")}, ${several(bytes, "byte")} kept`;
  return taken > bytes ? `${kept}, ${several(taken - bytes, "byte")} not kept` : kept;
}

/**
 * What was sent before the first kept piece; empty when that begins with the first byte.
 *
 * @param {Kept} wire
 */
export function beforeWords({ rows, beganLate, isFull }) {
  const before = rows[0]?.offset ?? 0;
  if (before === 0) return "";
  if (isFull) return `the first ${several(before, "byte")} are no longer kept`;
  const since = beganLate
    ? "kept since you opened this view"
    : "kept since this view was first opened";
  return `${since}: ${several(before, "byte")} were sent before`;
}

/** @param {number} bytes */
export const lostHereWords = (bytes) => `${several(bytes, "byte")} missing here`;

/** @param {number} id of a connection that the table cannot show now */
export const hiddenRowWords = (id) =>
  `#${id} is not among the rows of the table: change its order or clear its filter`;

export const unknownIdTitle =
  "The last event id is unknown: it was sent before the bytes that are kept";

const NO_BYTES = "so there are no bytes to show.";

/**
 * Why a wire shows nothing.
 *
 * @param {RowView} row
 * @param {boolean} removed it is no longer in the table
 * @param {Kept} wire
 */
export function noWireWords(row, removed, { answered, taken, on }) {
  if (hadAll(row)) return `The server answered 204 (nothing left to send), ${NO_BYTES}`;
  if (row.state === "refused") return `The server refused the request, ${NO_BYTES}`;
  if (removed) {
    return "The connection is no longer in the table, and its bytes are not kept: choose another.";
  }
  if (!answered) return "";
  if (taken === 0) {
    return row.state === "open"
      ? "Nothing has been sent yet."
      : "Nothing was sent before the connection ended.";
  }
  if (on) {
    const before = `${several(taken, "byte")} were sent before you opened this view`;
    return `Bytes are kept from now on: ${before}.`;
  }
  const sent = `The ${several(taken, "byte")} that were sent are not kept`;
  return `${sent}: open this view while a connection is open to keep its bytes.`;
}

/** @param {string} filter */
export const noPieceWords = (filter) =>
  `No piece matches “${filter.trim()}”: use words that one piece and its events contain.`;

/**
 * A request in one line, which may be cut: what matters most is first.
 *
 * @param {ReceivedView} request
 */
export function requestSummary(request) {
  const brought = fieldValue(request, "last-event-id");
  const origin = fieldValue(request, "origin");
  return [
    ...(brought === "" ? [] : [`Last-Event-ID ${brought}`]),
    ...(origin === "" ? [] : [`Origin ${origin}`]),
    `${request.method} ${targetText(request)}`,
  ].join(", ");
}

/**
 * What there is to say of a request's body and of how it is shown; empty if it is shown whole.
 *
 * @param {ReceivedView} request
 */
export function bodyWords({ body, body_length, body_cut, fields, exact }) {
  const words = [];
  const names = new Set(fields.map(({ name }) => String(name).toLowerCase()));
  if (body === null && (names.has("content-length") || names.has("transfer-encoding"))) {
    words.push("The server answered without reading the body.");
  }
  if (body_cut) {
    words.push(`The body has ${several(body_length, "byte")}: the first ${count(KEPT)} are kept.`);
  }
  if (!exact) {
    words.push("It arrived together with another request, so its names are in lower case.");
  }
  return words.join(" ");
}

/**
 * The other leg of a request that was handed on, and how long its steps took.
 *
 * @param {RequestView["upstream"] | undefined} leg
 */
export function legWords(leg) {
  if (!leg) return "";
  const { url, status, connect_ms, head_ms, problem } = leg;
  const steps = [
    connect_ms === null ? "" : `connected after ${connect_ms} ms`,
    status === null ? "" : `answered ${status} after ${head_ms ?? 0} ms`,
  ].filter(Boolean);
  const words = `Handed on to ${url}: ${steps.join(", ") || "never connected"}.`;
  return problem ? `${words} ${problem}` : words;
}

/** Bytes of a request's body that the server keeps at most. */
const KEPT = 64 * 1024;

/** @param {RequestView | null} view null before the server has answered */
export const noRequestWords = (view) =>
  view === null ? "" : "The request is no longer kept: newer requests have replaced it.";

/**
 * What the button does that records a connection.
 *
 * @param {RowView} row
 * @param {boolean} isOn
 */
export function recordTitle({ ended }, isOn) {
  if (isOn) return "Save the recording; it ends";
  if (ended) return "Save what is kept as a recording; secrets are kept back";
  return "Record this connection; press again to save it";
}

/**
 * What a recording begins with.
 *
 * @param {RecordedView | null} recorded
 */
export function recordedWords(recorded) {
  if (!recorded) return "The connection ended too long ago: nothing is kept.";
  if (!recorded.on) return "The connection has ended: press again to save what is kept.";
  if (recorded.missed === 0) return "recording, from its first byte on";
  return `recording; the ${several(recorded.missed, "byte")} before are no longer kept`;
}
