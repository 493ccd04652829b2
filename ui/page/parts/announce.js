/**
 * The one live region. It says states ("Endless stream: open"), never single events.
 */

import { part } from "./dom.js";

/** @param {string} text */
export function announce(text) {
  part(document, "#announcer").textContent = text;
}
