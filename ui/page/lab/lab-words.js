/**
 * What the lab says, in words: verdicts and their number, who walks, and how far. Pure.
 *
 * @import { LabCase, LabReport, LabRequest, LabRun } from "../server.js"
 * @import { ListedCase, Profile } from "../server.js"
 */

import { count, several } from "../parts/format.js";

/**
 * What is known of a case: its verdict, that it is under way, or that nobody came to it yet.
 *
 * @typedef {Counted | "under way"} Mark
 */

/**
 * What is counted: what is under way is still open.
 *
 * @typedef {"right" | "wrong" | "allowed" | "needs your eyes" | "not reached" | "open"} Counted
 */

/** What is counted, in its order, and what its count is called. @type {[Counted, string][]} */
export const COUNTED = [
  ["right", "right"],
  ["wrong", "wrong"],
  ["allowed", "allowed"],
  ["needs your eyes", "for your eyes"],
  ["not reached", "not reached"],
  ["open", "open"],
];

/** The profiles, and what each is. @type {[Profile, string][]} */
export const PROFILES = [
  ["standard", "EventSource, as the standard has it"],
  ["resilient", "a client that is to survive outages"],
  ["llm", "a client of a language model"],
  ["mcp-2025-11-25", "a client of MCP, version 2025-11-25"],
  ["mcp-2026-07-28", "a client of MCP, version 2026-07-28"],
];

/**
 * Whether an EventSource can be held against a case. Others are of clients that send messages.
 *
 * @param {Pick<ListedCase, "profiles">} listed
 */
export const isOfEventSource = ({ profiles }) =>
  profiles.includes("standard") || profiles.includes("resilient");

/**
 * Whether one client at the lab's own address is enough for a case.
 *
 * @param {Pick<ListedCase, "second" | "clients">} listed
 */
export const isForOne = ({ second, clients }) => second === "unused" && clients < 2;

/**
 * Why this page cannot try a case, and what can; empty where it can.
 *
 * @param {Pick<ListedCase, "id" | "second" | "clients">} listed
 * @param {boolean} reachesSecond whether this page may connect to a second address
 */
export function notHereWords({ id, second, clients }, reachesSecond) {
  if (clients > 1) {
    return `It is about ${clients} connections at once: start so many clients with this URL.`;
  }
  if (second === "redirect") {
    return "It leads to a second address, and needs a client that sends Authorization or a cookie.";
  }
  if (second !== "url" || reachesSecond) return "";
  return id === "R9"
    ? "It begins at a second address, where a page in a browser may not go: connect a client there."
    : "It begins at a second address: let a page on another port of this machine connect there.";
}

/** What starts a client for each case of a profile. @param {Profile} profile */
export const commandLine = (profile) => {
  const named = profile === "standard" ? "" : ` --profile ${profile}`;
  return `sse lab${named} -- node client.mjs {url}`;
};

/** @param {unknown} text @returns {text is Profile} */
export const isProfile = (text) => PROFILES.some(([profile]) => profile === text);

/**
 * @param {Pick<LabCase, "verdict" | "count"> | undefined} seen
 * @returns {Mark}
 */
export function markOf(seen) {
  if (!seen) return "open";
  const kind = COUNTED.find(([mark]) => mark === seen.verdict?.kind)?.[0];
  return kind ?? (seen.count > 0 ? "under way" : "open");
}

/**
 * What a row says of its case: what the client did; where nothing is said of that, the rule.
 *
 * @param {Pick<ListedCase, "must">} listed
 * @param {Pick<LabCase, "verdict"> | undefined} seen
 * @returns {{ words: string, isRule: boolean }}
 */
export function rowWords({ must }, seen) {
  const words = seen?.verdict?.words ?? null;
  return words === null ? { words: must, isRule: true } : { words, isRule: false };
}

/**
 * How many cases have which mark.
 *
 * @param {readonly ListedCase[]} listed
 * @param {ReadonlyMap<string, LabCase>} seen
 * @returns {Record<Counted, number>}
 */
export function tallyOf(listed, seen) {
  const tally = /** @type {Record<Counted, number>} */ (
    Object.fromEntries(COUNTED.map(([mark]) => [mark, 0]))
  );
  for (const { id } of listed) {
    const mark = markOf(seen.get(id));
    tally[mark === "under way" ? "open" : mark] += 1;
  }
  return tally;
}

/** @param {Record<Counted, number>} tally */
export const tallyWords = (tally) =>
  COUNTED.filter(([mark]) => tally[mark] > 0)
    .map(([mark, words]) => `${count(tally[mark])} ${words}`)
    .join(", ");

/** Times in words differ from run to run, and mean nothing by that. @param {string | null} words */
const withoutTimes = (words) => (words ?? "").replace(/\d+(\.\d+)? (ms|s)\b/g, "…");

/**
 * Whether two runs came to different ends in a case. While one of them is open it is not known.
 *
 * @param {Pick<LabCase, "verdict"> | undefined} one
 * @param {Pick<LabCase, "verdict"> | undefined} other
 */
export function differs(one, other) {
  if (!one?.verdict || !other?.verdict) return false;
  return (
    one.verdict.kind !== other.verdict.kind ||
    withoutTimes(one.verdict.words) !== withoutTimes(other.verdict.words)
  );
}

/**
 * Whether a row has all words of a filter.
 *
 * @param {string[]} texts of the row
 * @param {string} filter
 */
export function matches(texts, filter) {
  const all = texts.join("\n").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

/**
 * How far a run is: `case 7 of 34`, `through`, `2 cases`.
 *
 * @param {LabRun | null} run
 * @param {number} inTour how many cases the tour has
 */
export function standingWords(run, inTour) {
  if (!run) return "nobody has come by this name";
  const begun = run.cases.filter((seen) => seen.count > 0);
  const requests = several(run.requests, "request");
  if (!run.is_tour) return `${several(begun.length, "case")}, ${requests}`;
  const walked = begun.filter((seen) => seen.in_tour).length;
  if (!run.is_over) return `case ${walked} of ${inTour}, ${requests}`;
  return walked < inTour
    ? `stopped after case ${walked} of ${inTour}, ${requests}`
    : `through, ${requests}`;
}

/** Whether a name can be that of a client, as the server reads names. @param {string} name */
export const isName = (name) => /^[A-Za-z0-9._-]{1,64}$/.test(name);

/** What is said of another name. */
export const BAD_NAME = "Use letters, digits, dots, hyphens and underscores, 64 at most.";

/**
 * What this page's own EventSource walks as: the name of the browser, and its main version.
 *
 * @param {string} agent the browser's User-Agent
 * @param {boolean} inWindow whether the page is in the app's window
 */
export function ownName(agent, inWindow) {
  const found = /** @type {[string, RegExp][]} */ ([
    ["firefox", /Firefox\/(\d+)/],
    ["edge", /Edg\/(\d+)/],
    ["chromium", /Chrom(?:e|ium)\/(\d+)/],
    [inWindow ? "webview" : "safari", /Version\/(\d+)[.\d]* .*Safari\//],
  ]).flatMap(([name, pattern]) => {
    const version = pattern.exec(agent)?.[1];
    return version ? [`${name}-${version}`] : [];
  });
  return found[0] ?? (inWindow ? "webview" : "browser");
}

/**
 * The names that this page tries a case by, one after the other: a run keeps what it has of a case.
 *
 * @param {string} own what this page walks as
 * @param {number} nth from 1 on
 */
export const tryName = (own, nth) => (nth === 1 ? own : `${own}-try-${nth}`);

/** What ended an answer. @type {Record<string, string>} */
const ENDERS = { case: "ended by the case", client: "left by the client", stop: "server stopped" };

/**
 * What became of a request: `200, ended by the case after 12 ms`.
 *
 * @param {LabRequest} request
 * @param {boolean} isLast it is the last one, and the case has its verdict
 */
export function fateWords({ at, status, ended, by }, isLast) {
  if (ended === null) return isLast ? "answered by the next case" : "under way";
  const how = `${ENDERS[by ?? ""] ?? "ended"} after ${time(ended - at)}`;
  return status === null ? `no answer, ${how}` : `${status}, ${how}`;
}

/**
 * What a report says that a client did: `message`, `an event`, `an error`, `told to close`.
 *
 * @param {Pick<LabReport, "kind" | "name">} report
 */
export function reportWords({ kind, name }) {
  if (kind === "closed") return "told to close";
  return kind === "error" ? "an error" : name || "an event";
}

/**
 * How much was sent: `312 bytes`, `5,242,880 bytes, of which 65,536 are shown`.
 *
 * @param {number} total
 * @param {number} shown
 */
export const sizeWords = (total, shown) =>
  shown < total
    ? `${several(total, "byte")}, of which ${count(shown)} are shown`
    : several(total, "byte");

/**
 * A length of time: in milliseconds below a second, else in seconds with two digits.
 *
 * @param {number} ms
 */
export const time = (ms) =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(2))} s`;

/**
 * The fields of a request that differ from those of the request before it, and how many do not.
 *
 * @param {LabRequest["fields"]} fields
 * @param {LabRequest["fields"] | undefined} before
 * @returns {{ fields: LabRequest["fields"], same: number }}
 */
export function newFields(fields, before) {
  if (!before) return { fields, same: 0 };
  const had = new Set(before.map(([name, value]) => `${name}: ${value}`));
  const own = fields.filter(([name, value]) => !had.has(`${name}: ${value}`));
  return { fields: own, same: fields.length - own.length };
}
