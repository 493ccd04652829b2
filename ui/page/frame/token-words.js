/** What a token is, and what it is for. It knows no DOM. */

/**
 * Whether a text can be a token: the server's own rule.
 *
 * @param {string} text
 */
export const isToken = (text) => /^[A-Za-z0-9._~+/-]+=*$/.test(text) && text.length >= 16;

/**
 * What a token is for, in words.
 *
 * @param {{ publish: boolean, subscribe: boolean }} needs
 */
export const useWords = ({ subscribe }) =>
  subscribe
    ? "This server wants a token to read and to publish. " +
      "The browser keeps it in a cookie until it is closed. An empty field takes it away."
    : "This server wants a token to publish. " +
      "The browser keeps it in a cookie until it is closed. An empty field takes it away.";
