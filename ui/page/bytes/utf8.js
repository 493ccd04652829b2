/**
 * UTF-8 for the eye: characters where the bytes are some, and the bytes themselves as signs where they are not, or
 * where a piece of the wire ends within one. No document, no clock.
 *
 * @import { WirePiece } from "../types.js"
 */

import { pieces } from "./text.js";

const ASCII = /^[\x00-\x7f]*$/;
/** No controls either: nothing to see to. */
const PLAIN = /^[\x20-\x7e]*$/;

export class WireUtf8 {
  /** The bytes of a character of which the last piece had only the beginning. */
  #begun = "";

  /** Bytes are missing before the next ones. */
  restart() {
    this.#begun = "";
  }

  /**
   * The text of what is read is that of the characters. One that is split is the text of its last byte's sign, so that
   * what is copied across two pieces is whole; a byte that is part of none is U+FFFD, as a client reads it.
   *
   * @param {string} bytes a character for each byte
   * @param {boolean} last nothing of this piece follows: what is not whole may be yet
   * @returns {WirePiece[]}
   */
  read(bytes, last) {
    if (this.#begun === "" && PLAIN.test(bytes)) return bytes === "" ? [] : [{ text: bytes, sign: null }];
    /** @type {WirePiece[]} */
    const found = [];
    let at = this.#goOn(bytes, last, found);
    let text = "";
    while (at < bytes.length) {
      const { length, whole } = sequence(bytes, at);
      if (whole) {
        text += decoded(bytes.slice(at, at + length));
        at += length;
        continue;
      }
      found.push(...pieces(text));
      text = "";
      const begun = last && at + length === bytes.length && isBeginning(bytes.slice(at));
      if (begun) this.#begun = bytes.slice(at);
      found.push(...signs(bytes.slice(at, at + length), begun ? "" : "\ufffd"));
      at += length;
    }
    found.push(...pieces(text));
    return found;
  }

  /**
   * The rest of the character that has begun.
   *
   * @param {string} bytes
   * @param {boolean} last
   * @param {WirePiece[]} found
   * @returns {number} how many bytes belong to it
   */
  #goOn(bytes, last, found) {
    const begun = this.#begun;
    if (begun === "" || bytes === "") return 0;
    this.#begun = "";
    const { length, whole } = sequence(begun + bytes, 0);
    const taken = length - begun.length;
    if (taken <= 0) return 0;
    const more = bytes.slice(0, taken);
    if (whole) {
      found.push(...signs(more, ""));
      found[found.length - 1].text = decoded(begun + more);
    } else {
      const goesOn = last && taken === bytes.length && isBeginning(begun + more);
      if (goesOn) this.#begun = begun + more;
      found.push(...signs(more, goesOn ? "" : "\ufffd"));
    }
    return taken;
  }
}

/**
 * All bytes as a text, as a client would read them.
 *
 * @param {string} bytes
 */
export function decoded(bytes) {
  if (ASCII.test(bytes)) return bytes;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/**
 * Each byte as its two hexadecimal digits.
 *
 * @param {string} bytes
 * @param {string} text what they are to whoever copies them: that of the first one
 * @returns {WirePiece[]}
 */
function signs(bytes, text) {
  return Array.from(bytes, (byte, index) => ({
    text: index === 0 ? text : "",
    sign: byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"),
  }));
}

/**
 * The longest beginning of a character at a place, at least one byte (Unicode 3.9, table 3-7).
 *
 * @param {string} bytes
 * @param {number} at
 */
function sequence(bytes, at) {
  const first = bytes.charCodeAt(at);
  const needed = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  let length = 1;
  while (length < needed && continues(first, length, bytes.charCodeAt(at + length))) length += 1;
  return { length, whole: length === needed };
}

/**
 * @param {number} first
 * @param {number} index of the byte in its character
 * @param {number} byte NaN where there is none
 */
function continues(first, index, byte) {
  // no longer forms, no surrogates, nothing beyond U+10FFFF
  const low = index > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = index > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return byte >= low && byte <= high;
}

/** @param {string} bytes that are no whole character */
function isBeginning(bytes) {
  const first = bytes.charCodeAt(0);
  return first >= 0xc2 && first < 0xf5 && sequence(bytes, 0).length === bytes.length;
}
