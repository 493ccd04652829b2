/**
 * Lines of the wire as nodes. Signs for what cannot be seen are drawn by the style sheet: the text in the document is
 * what was given, so that whoever selects and copies gets the same bytes.
 *
 * @import { WireLine, WirePiece } from "./types.js"
 */

import { pieces } from "./wire-text.js";

/**
 * @param {WireLine} line
 * @param {{ name: WirePiece[], value: WirePiece[] }} [parts] its name and value taken apart for the eye
 * @returns {Node[]}
 */
export function lineNodes({ kind, name, value, end }, parts = { name: pieces(name), value: pieces(value) }) {
  const nodes = name === "" ? [] : [newSpan("name", parts.name)];
  if (value !== "") nodes.push(newSpan(kind, parts.value));
  if (end === "") return nodes;
  // what stands behind a chunk is no line of its own to the eye
  const ending = newSpan(kind === "chunk" && value === "" ? "end behind" : "end", pieces(end));
  // a lone CR ends a line as well, but no browser draws it so
  if (end === "\r") ending.dataset.breaks = "";
  return [...nodes, ending];
}

/**
 * @param {string} className
 * @param {WirePiece[]} parts
 */
function newSpan(className, parts) {
  const span = document.createElement("span");
  span.className = className;
  span.append(...parts.map(pieceNode));
  return span;
}

/** @param {WirePiece} piece */
function pieceNode({ text, sign }) {
  if (sign === null) return text;
  const span = document.createElement("span");
  span.textContent = text;
  span.dataset.sign = sign;
  return span;
}
