/**
 * Lays JSON out for the eye. Every token stays exactly as it was sent, such as a number with more
 * digits than JavaScript keeps: only the white space between the tokens is another. Pure.
 */

/** @typedef {"key" | "string" | "number" | "word" | "sign"} TokenKind */
/** @typedef {{ text: string, kind: TokenKind | null }} Token */

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gy;
const INDENT = "  ";

/**
 * The text in lines, as tokens and the white space between them.
 *
 * @param {string} text
 * @returns {Token[] | null} null where the text is no JSON object or array
 */
export function jsonLayout(text) {
  if (!/^\s*[{[]/.test(text)) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = tokensOf(text);
  /** @type {Token[]} */
  const out = [];
  let depth = 0;
  const newLine = () => out.push({ text: `\n${INDENT.repeat(depth)}`, kind: null });
  tokens.forEach(({ text: token, kind }, index) => {
    const before = tokens[index - 1]?.text;
    const next = tokens[index + 1]?.text;
    if (token === "}" || token === "]") {
      depth -= 1;
      // an empty one stays on its line
      if (before !== "{" && before !== "[") newLine();
    }
    out.push({ text: token, kind: kind === "string" && next === ":" ? "key" : kind });
    if (token === ":") out.push({ text: " ", kind: null });
    if (token === "{" || token === "[") {
      depth += 1;
      if (next !== "}" && next !== "]") newLine();
    }
    if (token === ",") newLine();
  });
  return out;
}

/**
 * @param {string} text valid JSON
 * @returns {Token[]}
 */
function tokensOf(text) {
  /** @type {Token[]} */
  const tokens = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at])) {
      at += 1;
      continue;
    }
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0] ?? text[at];
    tokens.push({ text: token, kind: kindOf(token) });
    at += token.length;
  }
  return tokens;
}

/**
 * @param {string} token
 * @returns {TokenKind}
 */
function kindOf(token) {
  if (token.startsWith('"')) return "string";
  if (/^[-\d]/.test(token)) return "number";
  return /^[a-z]/.test(token) ? "word" : "sign";
}
