/**
 * The page's one live region. It announces states ("Endless stream: open"), never single events.
 */

import { part } from "./dom.js";

/** @param {string} text */
export function announce(text) {
  part(document, "#announcer").textContent = text;
}
