/**
 * What a connection or a stream is broken with, and what of that is still armed. Pure.
 *
 * @import { FaultView, RowView } from "../server.js"
 * @import { BreakTarget } from "../types.js"
 */

import { spelled } from "../parts/fault-text.js";

/**
 * A connection as what is to be broken.
 *
 * @param {RowView} row
 * @returns {BreakTarget}
 */
export const ofRow = ({ id, stream, client, room, state, faults }) => ({
  name: `#${id}`,
  stream,
  client,
  room,
  connections: [id],
  isOpen: state === "open",
  struck: faults.map((fault) => fault.id),
});

/**
 * Several connections as what is to be broken. What they have in common says nothing of others that
 * have it too.
 *
 * @param {RowView[]} rows
 * @returns {BreakTarget}
 */
export function ofRows(rows) {
  /** @template T @param {T[]} all @returns {T | null} */
  const common = (all) => (new Set(all).size === 1 ? (all[0] ?? null) : null);
  return {
    name: rows.map(({ id }) => `#${id}`).join(),
    stream: common(rows.map(({ stream }) => stream)),
    client: common(rows.map(({ client }) => client)),
    room: common(rows.map(({ room }) => room)),
    connections: rows.map(({ id }) => id),
    isOpen: rows.some(({ state }) => state === "open"),
    struck: rows.flatMap(({ faults }) => faults.map(({ id }) => id)),
  };
}

/**
 * All connections of a stream as what is to be broken.
 *
 * @param {string} stream
 * @param {number} open
 * @returns {BreakTarget}
 */
export const ofStream = (stream, open) => ({
  name: stream,
  stream,
  client: null,
  room: null,
  isOpen: open > 0,
  struck: [],
});

/**
 * Whether a test, or a fault for the next request, can name who is meant. Several connections are
 * told apart by their numbers only, which neither of the two has: it would strike others too.
 *
 * @param {BreakTarget} target
 */
export const canBeNamed = ({ connections }) =>
  connections === undefined || connections.length === 1;

/**
 * The fault that answers the next request of a client for this stream, or of anybody where the
 * client has no name.
 *
 * @param {BreakTarget} target
 */
export const nextRefused = ({ stream, client, room }) =>
  [
    "status=503",
    "times=1",
    ...(stream === null ? [] : [`stream=${spelled(stream)}`]),
    ...(client === null ? [] : [`client=${spelled(client)}`]),
    ...(room === null ? [] : [`room=${spelled(room)}`]),
  ].join();

/**
 * The faults that are armed because of this target: what struck it, what was armed for it, and of a
 * whole stream what names the stream.
 *
 * @param {FaultView[]} faults
 * @param {BreakTarget} target
 * @param {number[]} own the numbers of what was armed here
 */
export const armedHere = (faults, { stream, connections, struck }, own) =>
  faults.filter(
    (fault) =>
      own.includes(fault.id) ||
      struck.includes(fault.id) ||
      (connections === undefined && fault.stream === stream),
  );
