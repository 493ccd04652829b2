/**
 * The words for what is armed. Pure.
 *
 * @import { CheckedFault, FaultView } from "../server.js"
 */

import { count, several } from "../parts/format.js";

/**
 * Whom a fault strikes: `/prices, client t1, room w3`.
 *
 * @param {FaultView} fault
 */
export function whomWords({ stream, client, room }) {
  const whom = [
    stream ?? "",
    client === null ? "" : `client ${client}`,
    room === null ? "" : `room ${room}`,
  ].filter(Boolean);
  return whom.length === 0 ? "everyone" : whom.join(", ");
}

/** @type {Record<FaultView["from"], string>} */
const FROM = { hand: "by hand", file: "from the file", act: "on what is open" };

/** @param {FaultView} fault */
export const fromWords = ({ from }) => FROM[from];

/** @param {FaultView} fault */
export function struckWords({ fired, tries }) {
  if (tries) return tries;
  if (fired === 0) return "not yet";
  return fired === 1 ? "once" : `${count(fired)} times`;
}

/**
 * When and whom a fault struck last: `last 3 s ago: /endless, client c2`. Nothing before the first
 * time.
 *
 * @param {FaultView} fault
 * @param {number} now milliseconds since 1970, on the server's clock, which is this one's
 */
export function lastWords({ last }, now) {
  if (!last) return "";
  const { at_ms, stream, client, connection } = last;
  const who = client === null ? `#${connection}` : `client ${client}`;
  const when = `last ${ago(now - at_ms)} ago`;
  return stream === null ? when : `${when}: ${stream}, ${who}`;
}

/** @param {number} ms of the past: each unit counts once it is over */
function ago(ms) {
  const whole = Math.max(0, Math.floor(ms / 1000));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
}

/**
 * When a fault is over, some time after it was reported.
 *
 * @param {FaultView} fault
 * @param {number} passed milliseconds since then
 * @returns {{ words: string, left: number | null }} the milliseconds that are left
 */
export function endsWords({ begins_in_ms, left_ms }, passed) {
  const begins = begins_in_ms - passed;
  if (begins > 0) return { words: `begins in ${seconds(begins)}`, left: null };
  if (left_ms === null) return { words: "when healed", left: null };
  const left = Math.max(0, left_ms - passed);
  return { words: `in ${seconds(left)}`, left };
}

/** @param {number} ms */
const seconds = (ms) => {
  const whole = Math.ceil(ms / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
};

/**
 * What comes of arming a fault that was read.
 *
 * @param {CheckedFault} checked
 */
export function checkedWords({ fault, faults }) {
  if (faults.length === 1 && faults[0] === fault) {
    return "Strikes requests that begin from then on.";
  }
  return `Arms ${several(faults.length, "fault")}: ${faults.join(" and ")}.`;
}
