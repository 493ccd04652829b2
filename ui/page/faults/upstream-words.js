/** What is typed and shown of the room of an upstream. */

/**
 * Where a room is, as a path; the whole port for the room without a name.
 *
 * @param {string | null} room
 */
export const roomPath = (room) => (room === null ? "/" : `/@${room}/`);

/**
 * The room that was typed; null is the one without a name.
 *
 * @param {string} text
 */
export function typedRoom(text) {
  const room = text.trim().replace(/^\/?@/, "").replace(/\/$/, "");
  return room === "" ? null : room;
}
