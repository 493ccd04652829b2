/**
 * Lines of the wire as nodes. Signs for what cannot be seen are drawn by the style sheet: the text in the document is
 * what was given, so that whoever selects and copies gets the same bytes.
 *
 * @import { WireLine, WirePiece } from "../types.js"
 */

import { drawable, pieces } from "./text.js";

/** @typedef {{ name: WirePiece[], value: WirePiece[] }} Parts a line's name and value, taken apart for the eye */

/**
 * @param {WireLine[]} lines
 * @returns {Node[]}
 */
export const linesNodes = (lines) => drawnNodes(lines.map((line) => ({ line, parts: { name: pieces(line.name), value: pieces(line.value) } })));

/**
 * @param {{ line: WireLine, parts: Parts }[]} lines
 * @returns {Node[]}
 */
export function drawnNodes(lines) {
  /** @type {HTMLElement[]} */
  const nodes = [];
  for (const { line, parts } of lines) {
    const { kind, name, value, end } = line;
    // what stands behind a chunk is no line of its own to the eye: it follows the end of the chunk's data
    if (kind === "chunk" && value === "" && nodes.length > 0) nodes[nodes.length - 1].dataset.joined = "";
    if (name !== "") nodes.push(newSpan("name", parts.name));
    if (value !== "") nodes.push(newSpan(kind, parts.value));
    if (end === "") continue;
    const ending = newSpan("end", pieces(end));
    // a lone CR ends a line as well, but no browser draws it so
    if (end === "\r") ending.dataset.breaks = "";
    nodes.push(ending);
  }
  return nodes;
}

/**
 * @param {string} className
 * @param {WirePiece[]} parts
 */
function newSpan(className, parts) {
  const span = document.createElement("span");
  span.className = className;
  span.append(...drawable(parts).map(pieceNode));
  return span;
}

/**
 * A text that was on the wire, with the same signs.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export const textNodes = (text) => drawable(pieces(text)).map(pieceNode);

/** @param {WirePiece} piece */
function pieceNode({ text, sign }) {
  if (sign === null) return text;
  const span = document.createElement("span");
  span.textContent = text;
  span.dataset.sign = sign;
  return span;
}
