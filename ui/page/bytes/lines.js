/**
 * Lines of the wire as nodes. Signs for what cannot be seen are drawn by the style sheet: the text
 * in the document is what was given, so that whoever selects and copies gets the same bytes.
 *
 * @import { WireLine } from "../server.js"
 * @import { WirePiece } from "../types.js"
 */

import { drawable, pieces, wirePieces } from "./text.js";

/**
 * @param {readonly WireLine[]} lines
 * @returns {Node[]}
 */
export function linesNodes(lines) {
  /** @type {HTMLElement[]} */
  const nodes = [];
  for (const { kind, name, value, end } of lines) {
    // what stands behind a chunk is no line of its own to the eye: it follows the end of the
    // chunk's data
    if (kind === "chunk" && value === "" && nodes.length > 0) {
      nodes[nodes.length - 1].dataset.joined = "";
    }
    if (name !== "") nodes.push(newSpan("name", wirePieces(name)));
    if (value !== "") nodes.push(newSpan(kind, wirePieces(value)));
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
