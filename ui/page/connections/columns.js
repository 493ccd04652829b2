/**
 * The columns of the table of connections: what each says of a row, and what it can be sorted by. Pure. Which
 * of them are there at which width is the style sheet's.
 *
 * @import { Sort } from "../server.js"
 * @import { Look, Row } from "../types.js"
 */

import { backRank, backWords, blockedTitle, clientWords, fateWords, headline, verdictWords } from "../parts/words.js";
import { count, dateAndTime, rate, timeOfDay } from "../parts/format.js";

/**
 * @typedef {object} Column
 * @property {string} col
 * @property {string} head
 * @property {Sort} [sort] where the server can sort by it
 * @property {string} [about] when the head alone does not say all
 * @property {(row: Row, own: boolean) => string} text
 * @property {(row: Row) => string} [title] when the text alone does not say all
 * @property {(row: Row) => string} [rank] what the style sheet tells its colour by
 */

/** @type {readonly Column[]} */
export const COLUMNS = [
  {
    col: "state",
    head: "state",
    sort: "state",
    text: fateWords,
    title: (row) =>
      [
        row.blocked ? blockedTitle : fateWords(row),
        row.ended ? dateAndTime(row.ended.at_ms) : "",
        row.origin && !fateWords(row).includes(row.origin) ? `from ${row.origin}` : "",
      ]
        .filter(Boolean)
        .join(", "),
  },
  { col: "peer", head: "peer", sort: "peer", text: ({ peer }) => peer },
  {
    col: "program",
    head: "program",
    sort: "program",
    text: ({ program }) => program,
    title: ({ program, origin }) => (origin ? `${program}, from ${origin}` : ""),
  },
  {
    col: "stream",
    head: "stream",
    sort: "stream",
    text: ({ stream, method }) => (method === "GET" ? stream : `${method} ${stream}`),
  },
  {
    col: "client",
    head: "client",
    sort: "client",
    about: "The name that the client gave itself with client=",
    text: clientWords,
    title: ({ client }) => client ?? "",
  },
  { col: "since", head: "since", sort: "since", text: ({ since_ms }) => timeOfDay(since_ms), title: ({ since_ms }) => dateAndTime(since_ms) },
  {
    col: "brought",
    head: "brought id",
    sort: "brought",
    about: "The last event id that the client came with",
    text: ({ brought }) => brought ?? "",
    title: ({ brought }) => (brought === null ? "" : `came with Last-Event-ID ${brought}`),
  },
  {
    col: "back",
    head: "came back",
    sort: "verdict",
    about: "After how long the client came back, and what it missed meanwhile",
    text: (row) => backWords(headline(row)),
    title: ({ verdict, afterwards }) => [verdict, afterwards].map(verdictWords).filter(Boolean).join("; then "),
    rank: (row) => backRank(headline(row)),
  },
  { col: "last-id", head: "last id", sort: "last_id", about: "The id of the last event that it was sent", text: ({ last_id }) => last_id ?? "" },
  { col: "events", head: "events", sort: "events", about: "Events that the kernel took for it", text: ({ events }) => count(events) },
  { col: "rate", head: "events/s", sort: "rate", text: (row) => (row.state === "open" ? rate(row.rate) : "") },
  { col: "bytes", head: "bytes", sort: "bytes", about: "Bytes that the kernel took for it, head and framing included", text: ({ bytes }) => count(bytes) },
  {
    col: "byte-rate",
    head: "bytes/s",
    sort: "byte_rate",
    text: ({ state, byte_rate }) => (state !== "open" || byte_rate === null ? "" : count(Math.round(byte_rate))),
  },
  {
    col: "behind",
    head: "behind",
    sort: "behind",
    about: "Events of its topic that it has yet to be sent",
    text: ({ behind }) => (behind === null ? "" : count(behind)),
  },
  { col: "http", head: "HTTP", sort: "http", about: "The client's version of HTTP: 1.1 is framed in chunks, 1.0 is bare", text: ({ http }) => http },
];

/**
 * What the table is sorted by, where its head is not there to say so: `sorted by client ↑`.
 *
 * @param {Pick<Look, "sort" | "descending">} look
 */
export function sortedWords({ sort, descending }) {
  return `sorted by ${COLUMNS.find((column) => column.sort === sort)?.head} ${descending ? "↓" : "↑"}`;
}
