/** What a token is, and what it is for. It knows no DOM. */

/**
 * Whether a text can be a token: the server's own rule.
 *
 * @param {string} text
 */
export const isToken = (text) => /^[A-Za-z0-9._~+/-]+=*$/.test(text) && text.length >= 16;

/** What the token is for. */
export const USE =
  "This server wants a token: the page needs one that may publish. " +
  "The browser keeps it in a cookie until you close the browser. " +
  "To remove it, leave the field empty.";
