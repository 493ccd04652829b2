/**
 * The lines that connect somebody's own program to a stream, with the real port. Pure.
 *
 * They are pasted into shells and pages that nobody knows: whatever a path holds, a line runs what
 * it says and no more.
 *
 * @import { Status } from "../server.js"
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

/**
 * An address for a shell. Between single quotes sh, bash, zsh, fish and PowerShell take all signs
 * as they stand but the quote itself, for which PowerShell also takes its typographic kin, and in
 * fish the backslash. An address can do without them: percent-encoded they are the same resource.
 *
 * @param {string} address
 */
export function quoted(address) {
  const plain = address.replace(/[^!-~]|['\\]/gu, (sign) =>
    Array.from(
      new TextEncoder().encode(sign),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""),
  );
  return `'${plain}'`;
}

/** @param {string} address */
export function curlLine(address) {
  // -g: curl takes brackets and braces for lists of addresses
  return `curl -N${/[[\]{}]/.test(address) ? " -g" : ""} ${quoted(address)}`;
}

/** @param {string} address */
export function publishLine(address) {
  return `curl -d 'hello' ${quoted(address)}`;
}

/** A name that says whose connection it is: verdicts of a client that gives one are sure. */
const TAG = "my-app";

/** What the listeners of the lines do with an event. */
const LOG = "console.log(event.lastEventId, event.data)";

/**
 * What a page reads the stream with. EventSource comes back by itself, which is right where it can
 * go on; a stream without ids that ends would begin anew for ever.
 *
 * @param {string} address
 * @param {{ events: string[], ids?: boolean, endless?: boolean }} stream a topic has ids, and no
 *   end
 */
export function pageLines(address, { events, ids = true, endless = true }) {
  const tagged = JSON.stringify(`${address}?client=${TAG}`);
  return ids || endless ? eventSourceLines(tagged, events) : fetchLines(tagged);
}

/**
 * @param {string} address as a literal
 * @param {string[]} events EventSource hears only the names that are listened for
 */
function eventSourceLines(address, events) {
  const listeners = events.map((name) =>
    name === "message"
      ? `source.onmessage = (event) => ${LOG};`
      : `source.addEventListener(${JSON.stringify(name)}, (event) => ${LOG});`,
  );
  return [`const source = new EventSource(${address});`, ...listeners].join("\n");
}

/** @param {string} address as a literal */
function fetchLines(address) {
  return `const response = await fetch(${address}, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ prompt: "hello" }),
});
const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
let rest = "";
for (let read = await reader.read(); !read.done; read = await reader.read()) {
  const blocks = (rest + read.value).split(/\\r\\n\\r\\n|\\n\\n|\\r\\r/);
  rest = blocks.pop();
  for (const block of blocks) console.log(block);
}`;
}
