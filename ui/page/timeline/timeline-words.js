/**
 * What the timeline says in words: in all, and of what is under the pointer or the cursor. Pure.
 *
 * @import { Lane, TimelineData } from "./timeline-data.js"
 * @import { Found } from "./timeline-hit.js"
 * @import { ArmedSpan } from "../server.js"
 */

import { count, duration, several, timeOfDay } from "../parts/format.js";
import { laneName } from "./timeline-labels.js";

/**
 * All of it in a sentence: `4 clients, 1 away now`.
 *
 * @param {Pick<TimelineData, "lanes" | "away" | "armed" | "leftOut">} data
 */
export function summaryWords({ lanes, away, armed, leftOut }) {
  const gone = lanes.filter(({ isAway }) => isAway).length;
  const words = [several(lanes.length, "client")];
  if (gone > 0) words.push(`${count(gone)} away now`);
  if (away.some(({ to_ms }) => to_ms === null)) words.push("the server is stopped");
  else if (away.length > 0) words.push(`the server was away ${times(away.length)}`);
  const inForce = armed.filter(({ to_ms }) => to_ms === null).length;
  if (inForce > 0) words.push(`${several(inForce, "fault")} armed`);
  if (leftOut > 0) words.push(`${count(leftOut)} more clients have no lane`);
  return words.join(", ");
}

/** @param {number} number */
const times = (number) => (number === 1 ? "once" : `${count(number)} times`);

/**
 * The whole timeline's name for those who do not see it.
 *
 * @param {string} summary
 */
export const timelineLabel = (summary) =>
  `Timeline: ${summary}. The table below says the same in words.`;

/**
 * A lane, for those who choose it by keys: `dashboard on /endless, open, 1.02 s, nothing lost`.
 *
 * @param {Lane} lane
 * @param {ReadonlySet<string>} own
 * @param {readonly ArmedSpan[]} [armed] what is armed for it now
 */
export function laneWords(lane, own, armed = []) {
  const { open, bars, knocks, stream } = lane;
  const last = bars.at(-1);
  const state = open > 1 ? `${count(open)} open at once` : open === 1 ? "open" : endWord(lane);
  const verdict = last?.afterwards ?? last?.verdict;
  const refused = knocks.filter(({ status }) => status !== 204).length;
  return [
    `${laneName(lane, own)} on ${stream}`,
    state,
    ...(verdict ? [verdict.words] : []),
    ...(refused > 0 ? [`refused ${times(refused)}`] : []),
    ...armed.map(armedWords),
  ].join(", ");
}

/** @param {Lane} lane */
const endWord = ({ bars, isAway }) =>
  bars.length === 0 ? "never connected" : isAway ? "away" : "ended";

/**
 * What was found, in parts: when, whose, what.
 *
 * @param {Found} found
 * @param {ReadonlySet<string>} own
 * @param {readonly ArmedSpan[]} [armed] what was armed there
 * @returns {{ time: string, name: string, words: string }}
 */
export function foundWords(found, own, armed = []) {
  // of a step, no more is known than a tenth of a second
  const isStep = (found.kind === "event" || found.kind === "comment") && !found.exact;
  const time = isStep ? timeOfDay(found.at).slice(0, -2) : timeOfDay(found.at);
  const lane = "lane" in found ? found.lane : null;
  const name = lane ? laneName(lane, own) : "";
  const words = [whatWords(found), ...armed.map(armedWords)].filter((part) => part !== "");
  return { time, name, words: words.join(", ") };
}

/** @param {ArmedSpan} span */
const armedWords = ({ fault, text }) => `fault ${fault} armed: ${text}`;

/** @param {Found} found */
function whatWords(found) {
  switch (found.kind) {
    case "event":
    case "comment":
      return eventWords(found);
    case "knock": {
      const { status, why } = found.knock;
      const often = found.count > 1 ? `${count(found.count)} × ` : "";
      const { fault } = found.knock;
      const cause = fault === null ? why : `fault ${fault}`;
      return status === 204 ? `${often}204: ${cause}` : `${often}refused (${status}): ${cause}`;
    }
    case "return":
      return found.bar.verdict?.words ?? "";
    case "end": {
      const { bar } = found;
      const after = bar.afterwards?.words;
      const fault = bar.why === "fault" ? bar.flags.at(-1)?.fault : undefined;
      const cause = fault === undefined ? bar.why : `fault ${fault}`;
      return `#${bar.connection} ended by the ${bar.by}: ${cause}${after ? `, ${after}` : ""}`;
    }
    case "flag":
      return `#${found.bar.connection} struck by fault ${found.fault}`;
    case "open": {
      const { connection, verdict, from } = found.bar;
      const after = verdict ? `, ${verdict.words}` : "";
      const uncounted = found.counted ? "" : ", its events were not counted then";
      return `#${connection} open since ${timeOfDay(from)}${uncounted}${after}`;
    }
    case "away": {
      const { from, to } = found;
      return to === null
        ? `server away since ${timeOfDay(from)}`
        : `server away ${duration(to - from)}`;
    }
    default:
      return "";
  }
}

/** @param {Extract<Found, { kind: "event" | "comment" }>} found */
function eventWords({ kind, bar, count: number, tick }) {
  const on = `#${bar.connection}`;
  if (number > 1 || !tick) return `${on} ${several(number, kind)}`;
  const id = tick.id === null || tick.id === "" ? "" : ` id ${tick.id}`;
  const name = tick.event === null || tick.event === "message" ? "" : ` ${tick.event}`;
  return `${on} ${kind}${name}${id}, ${several(tick.size, "byte")}`;
}
