/**
 * What a connection or a stream is broken with, and what of that is still armed. Pure.
 *
 * @import { FaultView, RowView } from "../server.js"
 * @import { MenuChoice } from "../parts/drop-menu.js"
 * @import { BreakTarget } from "../types.js"
 */

import { spelled } from "../parts/fault-text.js";

/** What a press does to what is open, with the words of its button and of its tooltip. */
export const ACTS = /** @type {const} */ ([
  ["cut", "Cut", "the stream ends without its last chunk"],
  ["cut,half", "Cut half", "the stream is cut in the middle of the next event"],
  ["reset", "Reset", "the connection ends with RST"],
  ["silence", "Silence", "nothing more is sent"],
  ["hang", "Hang", "nothing more is sent, and it is not noticed that the client leaves"],
  ["dribble=200B/s", "Slow", "200 bytes a second are sent"],
]);

/** What the next request can be answered with in place of a stream. */
const ANSWERS = /** @type {const} */ ([
  ["status=503", "Answer next with 503"],
  ["status=429,retry-after=2", "Answer next with 429, retry after 2 s"],
  ["status=204", "Answer next with 204"],
]);

/**
 * A connection as what is to be broken.
 *
 * @param {RowView} row
 * @returns {BreakTarget}
 */
export const ofRow = (row) => ({
  name: `#${row.id}`,
  stream: row.stream,
  client: row.client,
  room: row.room,
  connections: [row.id],
  isOpen: row.state === "open",
  struck: strikesOf(row).map((fault) => fault.id),
  steps: stepsOf([row]),
});

/**
 * What the next step of each of these connections sends, where it goes step by step.
 *
 * @param {Pick<RowView, "step">[]} rows
 */
export const stepsOf = (rows) => rows.flatMap(({ step }) => (step ? [step.event] : []));

/**
 * What the button for a step says: which event it sends, where that is the same for all.
 *
 * @param {(number | null)[]} steps
 */
export function stepWords(steps) {
  const [first, ...others] = new Set(steps);
  if (first === undefined || others.length > 0) return "Step";
  return first === null ? "Step: to the end" : `Step: event ${first}`;
}

/**
 * The faults that struck a row, and those that are folded into it: each once, the newest last.
 *
 * @param {Pick<RowView, "faults" | "folded_faults">} row
 */
export function strikesOf({ faults, folded_faults: folded }) {
  if (folded.length === 0) return faults;
  const others = folded.filter(({ id }) => faults.every((fault) => fault.id !== id));
  return [...others, ...faults].sort((a, b) => a.id - b.id);
}

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
    steps: stepsOf(rows),
  };
}

/**
 * A client of a stream as what is to be broken: those of its connections that are open.
 *
 * @param {object} lane
 * @param {string} lane.stream
 * @param {string | null} lane.client
 * @param {number[]} lane.open the ids of connections
 * @param {number[]} lane.struck the numbers of faults
 * @returns {BreakTarget}
 */
export const ofLane = ({ stream, client, open, struck }) => ({
  name: `${client ?? open.join()} on ${stream}`,
  stream,
  client,
  room: null,
  connections: open,
  isOneClient: true,
  isOpen: open.length > 0,
  struck,
});

/**
 * All connections of a stream as what is to be broken.
 *
 * @param {string} stream
 * @param {number} open
 * @param {(number | null)[]} [steps] what the next steps send
 * @returns {BreakTarget}
 */
export const ofStream = (stream, open, steps = []) => ({
  name: stream,
  stream,
  client: null,
  room: null,
  isOpen: open > 0,
  struck: [],
  steps,
});

/**
 * Whether a test, or a fault for the next request, can name who is meant. Several connections are
 * told apart by their numbers only, which neither of the two has: it would strike others too.
 *
 * @param {BreakTarget} target
 */
export const canBeNamed = ({ connections, isOneClient }) =>
  isOneClient === true || connections === undefined || connections.length === 1;

/**
 * The lines of the menu for a target: what is undone first, then what is done now, then the answers
 * to the next request.
 *
 * @param {BreakTarget} target
 * @param {FaultView[]} armed because of it
 * @returns {MenuChoice[]}
 */
export function menuActs(target, armed) {
  const undone = armed.map(({ id, fault }) => `fault ${id}: ${fault}`).join(", ");
  const isNamed = canBeNamed(target);
  return [
    ...(armed.length > 0 ? [{ id: "undo", label: "Undo", note: undone }] : []),
    ...ACTS.map(([fault, label]) => ({ id: `now ${fault}`, label, disabled: !target.isOpen })),
    ...ANSWERS.map(([answer, label]) => ({ id: `next ${answer}`, label, disabled: !isNamed })),
    { id: "other", label: "Another fault …" },
  ];
}

/**
 * The fault that answers the next request of a client for this stream, or of anybody where the
 * client has no name.
 *
 * @param {BreakTarget} target
 * @param {string} answer
 */
export const answeredNext = ({ stream, client, room }, answer) =>
  [
    answer,
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
 * @param {ReadonlyMap<number, BreakTarget>} own for whom faults were armed here
 */
export function armedHere(faults, target, own) {
  const { name, stream, connections, struck } = target;
  const isOwn = (/** @type {BreakTarget | undefined} */ other) =>
    other !== undefined &&
    (other.name === name ||
      (other.connections?.some((id) => connections?.includes(id) ?? false) ?? false));
  return faults.filter(
    (fault) =>
      isOwn(own.get(fault.id)) ||
      struck.includes(fault.id) ||
      (connections === undefined && fault.stream === stream),
  );
}
