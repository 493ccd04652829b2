/**
 * Splits text of the wire into readable pieces, invisible characters, and bytes that are no
 * characters. Pure. The pieces together are the unchanged text.
 *
 * @import { WireLine, WireText } from "../server.js"
 * @import { WirePiece } from "../types.js"
 */

import { count } from "../parts/format.js";

/** Controls, and invisible characters that change the direction or position of others. */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
/**
 * The ASCII controls in order, as the standard abbreviates them. Few fonts have Unicode's pictures
 * of them.
 */
const CONTROLS = [
  "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI",
  "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US",
].flatMap((names) => names.split(" "));
const PIECES = new RegExp(`(${UNSEEN.source})`);

/**
 * A text of the wire in pieces. Each byte that is no character is a piece.
 *
 * @param {WireText} text
 * @returns {WirePiece[]}
 */
export const wirePieces = (text) =>
  [text]
    .flat()
    .flatMap((piece) =>
      typeof piece === "string" ? pieces(piece) : { text: piece.text, sign: piece.byte },
    );

/**
 * Lines as a text, as a client reads it.
 *
 * @param {readonly WireLine[]} lines
 */
export const linesText = (lines) =>
  lines.map(({ name, value, end }) => readable(name) + readable(value) + end).join("");

/** @param {WireText} text */
const readable = (text) =>
  typeof text === "string"
    ? text
    : text.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("");

/**
 * A text in pieces: readable text, and between it single invisible characters with their signs.
 *
 * @param {string} text
 * @returns {WirePiece[]}
 */
export function pieces(text) {
  return text
    .split(PIECES)
    .filter((piece) => piece !== "")
    .map((piece) => ({
      text: piece,
      sign: piece.length === 1 && UNSEEN.test(piece) ? signOf(piece) : null,
    }));
}

/** So many signs in a row are drawn one by one; more become one sign with their number. */
const SIGNS_IN_A_ROW = 32;
/**
 * So many pieces of a line are drawn with signs, and the rest as one text: no browser lays out tens
 * of thousands of nodes in a frame.
 */
const PIECES_OF_A_LINE = 1000;

/**
 * The same pieces, bundled where they are too many to draw. Together they are still the text.
 *
 * @param {WirePiece[]} found
 * @returns {WirePiece[]}
 */
export function drawable(found) {
  if (found.length <= SIGNS_IN_A_ROW) return found;
  /** @type {WirePiece[]} */
  const drawn = [];
  for (let from = 0; from < found.length; ) {
    if (drawn.length === PIECES_OF_A_LINE) {
      drawn.push({ text: textOf(found.slice(from)), sign: null });
      break;
    }
    let to = from;
    while (to < found.length && found[to].sign !== null) to += 1;
    if (to - from > SIGNS_IN_A_ROW) {
      drawn.push(bundle(found.slice(from, to)));
      from = to;
    } else {
      drawn.push(found[from]);
      from += 1;
    }
  }
  return drawn;
}

/** @param {WirePiece[]} run of signs */
function bundle(run) {
  const alike = run.every(({ sign }) => sign === run[0].sign);
  return {
    text: textOf(run),
    sign: alike ? `${run[0].sign} × ${count(run.length)}` : `${count(run.length)} unseen`,
  };
}

/** @param {WirePiece[]} run */
const textOf = (run) => run.map(({ text }) => text).join("");

/** @param {string} character */
function signOf(character) {
  const code = character.charCodeAt(0);
  if (code === 0x7f) return "DEL";
  return CONTROLS[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
