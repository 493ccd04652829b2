/**
 * The lines that connect somebody's own program to a stream, with the real port. Pure.
 *
 * @import { Status } from "./types.js"
 */

/**
 * Where a stream is, or will be once the server runs.
 *
 * @param {Status | undefined} status
 * @param {string} path
 */
export function streamAddress(status, path) {
  return `${status?.url ?? `http://localhost:${status?.port ?? 8000}`}${path}`;
}

/** @param {string} address */
export function curlLine(address) {
  return `curl -N ${address}`;
}

/** @param {string} address */
export function publishLine(address) {
  return `curl -d 'hello' ${address}`;
}

/**
 * @param {string} address
 * @param {string[]} events EventSource hears only the names that are listened for
 */
export function eventSourceLines(address, events) {
  const listeners = events.map((name) =>
    name === "message"
      ? "source.onmessage = (event) => console.log(event.lastEventId, event.data);"
      : `source.addEventListener(${JSON.stringify(name)}, (event) => console.log(event.lastEventId, event.data));`,
  );
  return [`const source = new EventSource(${JSON.stringify(address)});`, ...listeners].join("\n");
}
