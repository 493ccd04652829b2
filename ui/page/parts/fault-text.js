/**
 * The canonical text of a fault, as the server prints it, taken apart and put together again. What
 * a person types is read by the server alone. Pure.
 *
 * @typedef {object} FaultParts
 * @property {string} word
 * @property {string | null} value as it is spelled, with its quotes; null without one
 * @property {[string, string | null][]} keys and their values, likewise
 */

/**
 * @param {string} text canonical
 * @returns {FaultParts}
 */
export function splitFault(text) {
  /** @type {[string, string | null][]} */
  const items = [];
  let at = 0;
  while (at < text.length) {
    const name = /^[^,=]*/.exec(text.slice(at))?.[0] ?? "";
    at += name.length;
    /** @type {string | null} */
    let value = null;
    if (text[at] === "=") {
      const rest = text.slice(at + 1);
      value = (/^"(?:\\.|[^"\\])*"/s.exec(rest) ?? /^[^,]*/.exec(rest))?.[0] ?? "";
      at += 1 + value.length;
    }
    items.push([name, value]);
    // the comma
    at += 1;
  }
  const [[word, value], ...keys] = items.length > 0 ? items : [["", null]];
  return { word: word ?? "", value: value ?? null, keys };
}

/** @param {FaultParts} parts */
export const joinFault = ({ word, value, keys }) =>
  [[word, value], ...keys]
    .map(([name, text]) => (text === null ? name : `${name}=${text}`))
    .join();

/**
 * A text as the value of a key: in quotes where it would be read as something else.
 *
 * @param {string} text
 */
export function spelled(text) {
  const isPlain = text !== "" && !text.includes(",") && !/^[ "]| $/.test(text);
  return isPlain ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * The text that a value stands for.
 *
 * @param {string} value
 */
export const meant = (value) =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, "$1") : value;
