/**
 * Lines of the wire as nodes. The style sheet draws signs for invisible characters: the text in the
 * document is unchanged, so that a copied selection has the same bytes.
 *
 * @import { WireLine, WireText } from "../server.js"
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
    // the line end after a chunk's data is shown at the end of the data, not on a line of its own
    if (kind === "chunk" && value === "" && nodes.length > 0) {
      nodes[nodes.length - 1].dataset.joined = "";
    }
    if (name !== "") nodes.push(newSpan("name", wirePieces(name)));
    if (value !== "") nodes.push(newSpan(kind, wirePieces(value)));
    if (end === "") continue;
    const ending = newSpan("end", pieces(end));
    // a lone CR also ends a line, but no browser breaks there
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
 * A text of the wire in an element of its own.
 *
 * @param {string} className
 * @param {WireText} text
 */
export const textSpan = (className, text) => newSpan(className, wirePieces(text));

/**
 * A text of the wire, with the same signs.
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
