/**
 * The words of a watch: figures, sizes, and what there is to say where nothing is shown. Pure.
 *
 * @import { ExchangeView, FindingView, WatchFigures, WatchRecording } from "../server.js"
 * @import { WatchView } from "../server.js"
 */

import { count, several } from "../parts/format.js";

/**
 * A time in three digits: `502 ms`, `1.67 s`, `31.6 s`, `2 min 05 s`.
 *
 * @param {number} ms
 */
export function time(ms) {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 100) return `${minutes} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** @param {number} value */
const twoDigits = (value) => String(value).padStart(2, "0");

/**
 * The words of a recording: those of its button, and a line about it.
 *
 * @param {WatchRecording | null} recording
 */
export function recordingWords(recording) {
  if (!recording?.is_on) {
    return {
      button: "Record",
      title: "Write what comes to a file in your downloads, byte by byte; secrets are kept back",
      line: recording ? recording.words : "",
    };
  }
  return {
    button: "Stop recording",
    title: "Close the file; the watch goes on",
    line: `Recording to ${recording.words}: ${time(recording.lasts_ms)}, ` +
      several(recording.bytes, "byte"),
  };
}

/** A time without a piece that is a stall where it is longer, and so many times the usual gap. */
const STALL_MS = 1000;
const STALL_TIMES = 4;

/**
 * Whether a time without a piece stands out.
 *
 * @param {number} ms
 * @param {number | null} usualMs
 */
export const isStall = (ms, usualMs) =>
  ms >= STALL_MS && ms >= STALL_TIMES * (usualMs ?? 0);

/** What is counted, in words. */
const COUNTED = { token: "tokens", piece: "pieces of the answer", event: "events" };

/**
 * The three figures: what each is, and its value; an empty one is not known.
 *
 * @param {WatchFigures} figures
 * @param {number | null} usualMs
 * @returns {{ value: string, words: string, stands: boolean }[]}
 */
export function figureWords({ of, first_ms: first, rate, stall_ms: stall }, usualMs) {
  const one = of === "event" ? "event" : "token";
  return [
    { value: first === null ? "" : time(first), words: `to the first ${one}`, stands: false },
    {
      value: rate === null ? "" : `${rate < 99.95 ? rate.toFixed(1) : count(Math.round(rate))} /s`,
      words: COUNTED[/** @type {keyof typeof COUNTED} */ (of)] ?? of,
      stands: false,
    },
    {
      value: stall === null ? "" : time(stall),
      words: of === "event" ? "longest gap" : "longest stall",
      stands: stall !== null && isStall(stall, usualMs),
    },
  ];
}

/**
 * How the answer came: `HTTP/1.1 200 · TLS 1.3 · gzip`.
 *
 * @param {ExchangeView | null} exchange
 */
export const wayWords = (exchange) =>
  exchange === null
    ? ""
    : [
        `${exchange.http} ${exchange.status}`,
        exchange.media_type,
        exchange.tls ?? "",
        exchange.encoding ?? "",
      ]
        .filter(Boolean)
        .join(" · ");

/**
 * What there was: `148 events, 18,204 bytes`.
 *
 * @param {WatchView} view
 */
export function sizeWords({ bytes, wire_bytes: wire, comments, last_id: id, retry_ms: retry }) {
  const words = [several(bytes, "byte")];
  if (wire !== bytes) words.push(`${several(wire, "byte")} on the wire`);
  if (comments > 0) words.push(several(comments, "comment"));
  if (retry !== null) words.push(`retry ${time(retry)}`);
  if (id !== null && id !== "") words.push(`last id ${id}`);
  return words.join(", ");
}

/**
 * Why the list is empty.
 *
 * @param {WatchView} view
 */
export function emptyWords({ state, exchange, bytes }) {
  if (state === "asking") return "Waiting for the answer.";
  if (exchange === null) return "There was no answer: see above.";
  if (!exchange.has_events) return "That is no stream of events: the wire has what came.";
  if (state === "open") return bytes === 0 ? "Nothing has come yet." : "No event is whole yet.";
  return "No event came.";
}

/** How bad a finding is, in words. */
export const LEVELS = {
  broken: "broken",
  risky: "risky",
  note: "worth knowing",
  fine: "fine",
};

/**
 * Where a finding was seen: `byte 18,204, 31.6 s after the request`.
 *
 * @param {FindingView} finding
 */
export function evidenceWords({ at_ms: at, byte }) {
  const words = [];
  if (byte !== null) words.push(`byte ${count(byte)}`);
  if (at !== null) words.push(`${time(at)} after the request began`);
  return words.join(", ");
}

/**
 * The text of a rule in docs/DIAGNOSIS.md, in paragraphs and points without their marks.
 *
 * @param {string} text
 * @returns {{ isPoint: boolean, words: string }[]} without its heading
 */
export function ruleParagraphs(text) {
  const plain = (/** @type {string} */ words) =>
    words
      .replace(/\s*\n\s*/g, " ")
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/\*\*|`/g, "");
  return text
    .split("\n")
    .slice(1)
    .join("\n")
    .split(/\n\n|\n(?=\* )/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => ({ isPoint: part.startsWith("* "), words: plain(part.replace(/^\* /, "")) }));
}
