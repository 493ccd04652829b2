/**
 * A request as text: as bytes for a file, as a command for a shell, and the secrets that a person
 * has shown in it. Pure.
 *
 * @import { Hideable, ReceivedView, WireText } from "../server.js"
 */

import { quoted } from "../parts/snippets.js";

/** Header fields that curl makes itself, or that would make its output unreadable. */
const CURLS_OWN = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "transfer-encoding",
]);

/** What the name of a header field consists of (RFC 9110 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * A text as a client reads it.
 *
 * @param {WireText} text
 */
export const readable = (text) =>
  typeof text === "string"
    ? text
    : text.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("");

/**
 * The same text as bytes, one character each.
 *
 * @param {WireText} text
 */
const bytesOf = (text) =>
  [text]
    .flat()
    .map((piece) =>
      typeof piece === "string"
        ? utf8(piece)
        : String.fromCharCode(Number.parseInt(piece.byte, 16)),
    )
    .join("");

/** @param {string} text */
export const utf8 = (text) =>
  Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");

/** @param {Hideable} text */
export const isHidden = ({ value, secret }) => secret && value === null;

/** @param {Hideable} text */
export const hiddenWords = ({ length }) => `hidden, ${length} character${length === 1 ? "" : "s"}`;

/**
 * The value of a header field; empty if it is hidden or there is none.
 *
 * @param {ReceivedView} request
 * @param {string} name in lower case
 */
export function fieldValue(request, name) {
  const field = request.fields.find((field) => readable(field.name).toLowerCase() === name);
  return field?.value == null ? "" : readable(field.value);
}

/**
 * The request with those of its secrets that are shown.
 *
 * @param {ReceivedView} request without its secrets
 * @param {ReceivedView | null} whole the same with its secrets, once a person asked for them
 * @param {ReadonlySet<string>} shown the keys of the secrets that are shown
 * @returns {ReceivedView}
 */
export function withShown(request, whole, shown) {
  if (!whole || shown.size === 0) return request;
  return {
    ...request,
    target: request.target.map((part, index) =>
      shown.has(`target ${index}`) ? whole.target[index] : part,
    ),
    fields: request.fields.map((field, index) =>
      shown.has(`field ${index}`) ? whole.fields[index] : field,
    ),
  };
}

/** @param {ReceivedView} request */
export const hiddenCount = ({ target, fields }) => [...target, ...fields].filter(isHidden).length;

/** @param {ReceivedView} request */
export const targetText = ({ target }) =>
  target
    .map((part) => (part.value === null ? `{${hiddenWords(part)}}` : readable(part.value)))
    .join("");

/**
 * The request as bytes, one character each. A hidden secret is `{hidden, 32 characters}`.
 *
 * @param {ReceivedView} request
 */
export function requestBytes(request) {
  /** @param {Hideable} part */
  const shown = (part) => (part.value === null ? `{${hiddenWords(part)}}` : bytesOf(part.value));
  const { method, target, version, end, fields, body } = request;
  const first = [utf8(method), target.map(shown).join(""), utf8(version)].filter(Boolean);
  const lines = fields.map((field) => {
    const name = bytesOf(field.name);
    return `${name === "" ? "" : `${name}: `}${shown(field)}${field.end}`;
  });
  return `${first.join(" ")}${end}${lines.join("")}${end}${bytesOf(body ?? "")}`;
}

/**
 * Both sides of a connection for a file, one character for each byte, with a line before each side.
 *
 * @param {object} sides
 * @param {string} sides.request how the request is called: `#7, 10:41:02`
 * @param {ReceivedView | null} sides.received
 * @param {{ offset: number, bytes: string, lost: number } | null} sides.response null if there is
 *   none
 */
export function savedBytes({ request, received, response }) {
  const hidden = received ? hiddenCount(received) : 0;
  const notes = [
    ...(received ? [] : ["no longer kept"]),
    ...(hidden > 0 ? [`${hidden} secret${hidden === 1 ? "" : "s"} hidden`] : []),
    ...(received?.body_cut ? [`${received.body_length} bytes of body, cut`] : []),
  ];
  const sent = received ? requestBytes(received) : "";
  const parts = [`### Request ${[request, ...notes].join(", ")}\n`, sent];
  if (sent !== "" && !sent.endsWith("\n")) parts.push("\n");
  if (response) {
    const { offset, bytes, lost } = response;
    const missing = lost > 0 ? `, ${lost} bytes missing within` : "";
    parts.push(`### Response, ${bytes.length} bytes from byte ${offset} on${missing}\n`, bytes);
  }
  return [utf8(parts[0]), ...parts.slice(1)].join("");
}

/** @param {string} text */
const shellWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The name of a shell variable for a secret: `access_token` is `ACCESS_TOKEN`.
 *
 * @param {string} name
 */
const variable = (name) =>
  name
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^(?=\d)|^$/, "_");

/**
 * The address of the request as a word of a shell.
 *
 * @param {ReceivedView} request
 */
function address(request) {
  const { target } = request;
  const texts = target.map(({ value }) =>
    value === null
      ? null
      : [value]
          .flat()
          .map((piece) => (typeof piece === "string" ? piece : `%${piece.byte}`))
          .join(""),
  );
  const host = fieldValue(request, "host") || "localhost";
  if (!/^[a-z]+:\/\//i.test(texts[0] ?? "")) texts.unshift(`http://${host}`);
  let word = "";
  let plain = "";
  let name = "";
  for (const text of texts) {
    if (text === null) {
      word += `${quoted(plain)}"$${variable(name)}"`;
      plain = "";
    } else {
      plain += text;
      name = /([^?&;#=]*)=$/.exec(text)?.[1] ?? "SECRET";
    }
  }
  return plain === "" ? word : word + quoted(plain);
}

/**
 * A command for sh, bash and zsh that sends the same request with curl. Hidden secrets are
 * variables.
 *
 * @param {ReceivedView} request
 */
export function curlCommand(request) {
  const { method, version, fields, body, body_cut } = request;
  const url = address(request);
  const words = ["curl -N"];
  if (/[[\]{}]/.test(url)) words.push("-g");
  if (/\/\.\.?(\/|\?|'|$)/.test(url)) words.push("--path-as-is");
  if (version === "HTTP/1.0") words.push("--http1.0");
  const hasBody = body !== null && body !== "";
  if (method === "HEAD") words.push("-I");
  else if (method !== (hasBody ? "POST" : "GET")) words.push(`-X ${shellWord(method)}`);
  words.push(url);
  for (const field of fields) {
    const name = readable(field.name);
    if (!NAME.test(name) || CURLS_OWN.has(name.toLowerCase())) continue;
    if (field.value === null) words.push(`-H ${shellWord(`${name}: `)}"$${variable(name)}"`);
    else if (field.value === "") words.push(`-H ${shellWord(`${name};`)}`);
    else words.push(`-H ${shellWord(`${name}: ${readable(field.value)}`)}`);
  }
  if (hasBody) {
    // curl would say that it is a form
    if (!fields.some(({ name }) => readable(name).toLowerCase() === "content-type")) {
      words.push("-H 'Content-Type:'");
    }
    const isText = typeof body === "string" && !body.includes("\0") && !body_cut;
    words.push(isText ? `--data-raw ${shellWord(body)}` : "--data-binary @BODY");
  }
  return words.join(" \\\n  ");
}
