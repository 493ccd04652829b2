/**
 * Creates nodes from markup, and finds elements in them. Markup is always a literal of the page. A
 * text from the server is set only with `textContent` and attributes, and never passes through
 * here.
 *
 * @import { App } from "../types.js"
 */

/**
 * @param {string} html
 * @returns {() => DocumentFragment} returns a new copy at each call
 */
export function markup(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return () => /** @type {DocumentFragment} */ (template.content.cloneNode(true));
}

/**
 * The part of an element that its markup is known to have.
 *
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {T}
 */
export function part(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page's markup lacks ${selector}`);
  return /** @type {T} */ (found);
}

/**
 * An element of index.html, with the page's host and store in its hands.
 *
 * @template {HTMLElement & { connect(app: App): void }} T
 * @param {new () => T} element
 * @param {string} selector
 * @param {App} app
 * @returns {T}
 */
export function connected(element, selector, app) {
  const found = part(document, selector);
  if (!(found instanceof element)) throw new Error(`${selector} is not what the page expects`);
  found.connect(app);
  return found;
}

/**
 * Writes only what differs, so that a redraw leaves selections and screen readers alone.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
