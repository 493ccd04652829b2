/**
 * What a person set on this page, such as the width of a column, kept for the next time. Where the
 * browser keeps nothing it lasts as long as the page.
 */

const PREFIX = "sse-workbench.";

/**
 * @param {string} name
 * @returns {unknown} undefined where nothing readable is kept
 */
export function remembered(name) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // it lasts as long as the page
  }
}
