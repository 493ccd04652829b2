/**
 * The columns of the table of connections, in one list: the text of each, how it is sorted, and how
 * wide it is. Header, rows and style sheet are made from it. Pure.
 *
 * @import { Sort } from "../server.js"
 * @import { Row, TableQuery } from "../types.js"
 */

import {
  backRank,
  backWords,
  blockedTitle,
  clientWords,
  fateWords,
  headline,
  lastedWords,
  upstreamRank,
  upstreamTitle,
  upstreamWords,
  verdictWords,
} from "../parts/words.js";
import { count, dateAndTime, rate, timeOfDay } from "../parts/format.js";

/**
 * @typedef {object} Column
 * @property {string} col
 * @property {string} head
 * @property {Sort} [sort] the server's name for sorting by it
 * @property {boolean} [moves] rows sorted by it move with every event or as time passes
 * @property {boolean} [largestFirst] the first press puts the largest on top, as for all columns
 *   that move
 * @property {string} [about] an explanation of the header
 * @property {"words" | "figure" | "id" | "path"} [kind] what the style sheet sets it as
 * @property {number} width in pixels
 * @property {number} [narrow] its width in a narrow table
 * @property {number} [grows] its share of the width that is left; its width is fixed without one
 * @property {boolean} [forwarded] only a table with a request that was forwarded has it
 * @property {number} [goes] its turn to be hidden in a narrow table, lowest first; it is never
 *   hidden without one
 * @property {(row: Row, own: boolean) => string} text
 * @property {(row: Row) => string} [title] the tooltip, where the text is not enough
 * @property {(row: Row) => string} [rank] what the style sheet chooses its colour by
 */

/**
 * The turn, among those of `goes`, at which columns take their narrow width. Columns that say
 * little about a client's health are hidden before that; its name and how it came back are hidden
 * last.
 */
export const NARROWS = 10;

/** @type {readonly Column[]} */
export const COLUMNS = [
  {
    col: "id",
    head: "#",
    about: "The number of the connection: the log, the wire and other verdicts name it so",
    kind: "figure",
    width: 52,
    goes: 8,
    text: ({ id }) => `#${id}`,
  },
  {
    col: "client",
    head: "client",
    sort: "client",
    about: "The name that the client sends as client=",
    width: 140,
    narrow: 100,
    grows: 1,
    text: clientWords,
    title: ({ client }) => client ?? "",
  },
  {
    col: "stream",
    head: "stream",
    sort: "stream",
    kind: "path",
    width: 100,
    narrow: 76,
    grows: 0.5,
    text: ({ stream, method }) => (method === "GET" ? stream : `${method} ${stream}`),
  },
  {
    col: "state",
    head: "state",
    sort: "state",
    kind: "words",
    // wide enough for how it ended
    width: 168,
    narrow: 104,
    grows: 1,
    text: fateWords,
    title: (row) =>
      [
        row.blocked ? blockedTitle : fateWords(row),
        lastedWords(row),
        row.ended ? dateAndTime(row.ended.at_ms) : "",
        row.origin && !fateWords(row).includes(row.origin) ? `from ${row.origin}` : "",
      ]
        .filter(Boolean)
        .join(", "),
  },
  {
    col: "upstream",
    head: "upstream",
    sort: "upstream",
    about: "Where the request was forwarded to, and how long until the head of the answer came",
    kind: "words",
    // its name has a line of its own
    width: 124,
    narrow: 104,
    grows: 0.5,
    goes: 11,
    forwarded: true,
    text: ({ legs }) => upstreamWords(legs),
    title: ({ legs }) => upstreamTitle(legs),
    rank: ({ legs }) => upstreamRank(legs),
  },
  {
    col: "back",
    head: "verdict",
    sort: "verdict",
    moves: true,
    about: "How long the client took to come back, and what it missed",
    kind: "words",
    // the first to get room: a verdict is never cut, and has two lines where one is not enough
    width: 184,
    narrow: 144,
    grows: 4,
    goes: 13,
    text: (row) => backWords(headline(row)),
    title: ({ verdict, afterwards }) =>
      [verdict, afterwards].map(verdictWords).filter(Boolean).join("; then "),
    rank: (row) => backRank(headline(row)),
  },
  {
    col: "program",
    head: "program",
    sort: "program",
    kind: "words",
    width: 112,
    narrow: 72,
    grows: 1,
    goes: 9,
    text: ({ program }) => program,
    title: ({ program, origin }) => (origin ? `${program}, from ${origin}` : ""),
  },
  { col: "peer", head: "peer", sort: "peer", width: 128, goes: 5, text: ({ peer }) => peer },
  {
    col: "since",
    head: "since",
    sort: "since",
    largestFirst: true,
    width: 100,
    goes: 7,
    text: ({ since_ms }) => timeOfDay(since_ms),
    title: ({ since_ms }) => dateAndTime(since_ms),
  },
  {
    col: "brought",
    head: "brought id",
    sort: "brought",
    about: "The last event id that the client sent when it connected",
    kind: "id",
    width: 76,
    goes: 2,
    text: ({ brought }) => brought ?? "",
    title: ({ brought }) => (brought === null ? "" : `sent Last-Event-ID ${brought}`),
  },
  {
    col: "last-id",
    head: "last id",
    sort: "last_id",
    moves: true,
    about: "The id of the last event that the client was sent",
    kind: "id",
    width: 76,
    goes: 4,
    text: ({ last_id }) => last_id ?? "",
  },
  {
    col: "events",
    head: "events",
    sort: "events",
    moves: true,
    about: "Events that the kernel accepted for this client",
    kind: "figure",
    width: 76,
    narrow: 64,
    goes: 12,
    text: ({ events }) => count(events),
  },
  {
    col: "rate",
    head: "events/s",
    sort: "rate",
    moves: true,
    kind: "figure",
    width: 80,
    goes: 8,
    text: (row) => (row.state === "open" ? rate(row.rate) : ""),
  },
  {
    col: "bytes",
    head: "bytes",
    sort: "bytes",
    moves: true,
    about: "Bytes that the kernel accepted for this client, including head and framing",
    kind: "figure",
    width: 96,
    goes: 3,
    text: ({ bytes }) => count(bytes),
  },
  {
    col: "byte-rate",
    head: "bytes/s",
    sort: "byte_rate",
    moves: true,
    kind: "figure",
    width: 96,
    goes: 1,
    text: ({ state, byte_rate }) =>
      state !== "open" || byte_rate === null ? "" : count(Math.round(byte_rate)),
  },
  {
    col: "behind",
    head: "behind",
    sort: "behind",
    moves: true,
    about: "Events of its topic that have not been sent to this client yet",
    kind: "figure",
    width: 68,
    goes: 6,
    text: ({ behind }) => (behind === null ? "" : count(behind)),
  },
  {
    col: "http",
    head: "HTTP",
    sort: "http",
    about: "The client's HTTP version: a 1.1 response is chunked, a 1.0 response is not",
    kind: "figure",
    width: 48,
    goes: 1,
    text: ({ http }) => http,
  },
];

/** @param {Sort} sort */
const sortedBy = (sort) => COLUMNS.find((column) => column.sort === sort);

/**
 * Whether rows that are sorted by this move by themselves.
 *
 * @param {Sort} sort
 */
export const moves = (sort) => sortedBy(sort)?.moves ?? false;

/**
 * The order after a press on a column's header: first its natural order, then the reverse.
 *
 * @param {{ sort: Sort, descending: boolean }} query
 * @param {Sort} sort
 */
export function turned(query, sort) {
  const largestFirst = moves(sort) || Boolean(sortedBy(sort)?.largestFirst);
  return { sort, descending: query.sort === sort ? !query.descending : largestFirst };
}

/**
 * What the table is sorted by, for when that column is hidden: `sorted by client ↑`.
 *
 * @param {Pick<TableQuery, "sort" | "descending">} query
 */
export function sortedWords({ sort, descending }) {
  return `sorted by ${sortedBy(sort)?.head} ${descending ? "↓" : "↑"}`;
}
