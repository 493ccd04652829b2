/**
 * The lines that connect a person's own program to a stream, with the real port. Pure.
 *
 * They are pasted into unknown shells and pages. Whatever a path contains, a line must run only
 * what it shows.
 *
 * @import { Status } from "../server.js"
 */

/**
 * The address of a stream, now or once the server runs.
 *
 * @param {Status | undefined} status
 * @param {string} path
 */
export function streamAddress(status, path) {
  return `${status?.url ?? `http://localhost:${status?.port ?? 8000}`}${path}`;
}

/**
 * An address for a shell. Between single quotes sh, bash, zsh, fish and PowerShell take all
 * characters literally except the quote itself, in PowerShell also typographic quotes, and in fish
 * the backslash. These are percent-encoded, which names the same resource.
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
  // -g: otherwise curl reads brackets and braces as lists of addresses
  return `curl -N${/[[\]{}]/.test(address) ? " -g" : ""} ${quoted(address)}`;
}

/** @param {string} address */
export function publishLine(address) {
  return `curl -d 'hello' ${quoted(address)}`;
}

/** A name for the client: its verdicts are certain, because the server knows its connections. */
const TAG = "my-app";

/** What the listeners of the lines do with an event. */
const LOG = "console.log(event.lastEventId, event.data)";

/** @typedef {"eventsource" | "fetch" | "react" | "curl"} SnippetName */
/** @typedef {{ name: SnippetName, label: string, text: string }} Snippet */

/**
 * The lines with which a client reads a stream, one kind each. EventSource reconnects by itself,
 * which is right where it can resume; a finite stream without ids would start over for ever, so it
 * is read with fetch.
 *
 * @param {string} address
 * @param {{ events: string[], ids?: boolean, endless?: boolean, isTopic?: boolean }} stream a topic
 *   has ids and is endless
 * @returns {Snippet[]}
 */
export function clientSnippets(address, { events, ids = true, endless = true, isTopic = false }) {
  const tagged = `${address}?client=${TAG}`;
  const literal = JSON.stringify(tagged);
  const resumes = ids || endless;
  // a POST to a topic publishes
  const fetching = fetchLines(literal, isTopic ? "GET" : "POST");
  const source = eventSourceLines(literal, events);
  /** @type {(Snippet | null)[]} */
  const snippets = [
    resumes ? { name: "eventsource", label: "EventSource", text: source } : null,
    { name: "fetch", label: isTopic ? "fetch" : "fetch POST", text: fetching },
    { name: "react", label: "React", text: reactLines(resumes ? source : fetching, resumes) },
    { name: "curl", label: "curl", text: curlLine(tagged) },
  ];
  return snippets.filter((snippet) => snippet !== null);
}

/**
 * @param {string} address as a literal
 * @param {string[]} events EventSource reports only events whose name has a listener
 */
function eventSourceLines(address, events) {
  const listeners = events.map((name) =>
    name === "message"
      ? `source.onmessage = (event) => ${LOG};`
      : `source.addEventListener(${JSON.stringify(name)}, (event) => ${LOG});`,
  );
  return [`const source = new EventSource(${address});`, ...listeners].join("\n");
}

/**
 * @param {string} address as a literal
 * @param {"GET" | "POST"} method
 */
function fetchLines(address, method) {
  const request = `{
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ prompt: "hello" }),
}`;
  return `const response = await fetch(${address}${method === "POST" ? `, ${request}` : ""});
const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
let rest = "";
for (let read = await reader.read(); !read.done; read = await reader.read()) {
  const blocks = (rest + read.value).split(/\\r\\n\\r\\n|\\n\\n|\\r\\r/);
  rest = blocks.pop();
  for (const block of blocks) console.log(block);
}`;
}

/**
 * The same in an effect, which must end what it began: React runs each effect twice in development.
 *
 * @param {string} lines
 * @param {boolean} isEventSource
 */
function reactLines(lines, isEventSource) {
  /** @param {string} text @param {string} by */
  const indented = (text, by) => text.replace(/^(?=.)/gm, by);
  if (isEventSource) {
    return `useEffect(() => {
${indented(lines, "  ")}
  return () => source.close();
}, []);`;
  }
  const read = lines.replace('method: "POST",', 'method: "POST",\n  signal,');
  return `useEffect(() => {
  const stop = new AbortController();
  const read = async (signal) => {
${indented(read, "    ")}
  };
  read(stop.signal).catch((reason) => stop.signal.aborted || console.error(reason));
  return () => stop.abort();
}, []);`;
}
