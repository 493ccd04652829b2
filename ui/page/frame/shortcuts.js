/**
 * The keys that work everywhere on the page. In the window the native menu has most of them too,
 * and reports a choice under the same name.
 *
 * @typedef {"streams" | "connections" | "faults" | "watch" | "lab" | "find" | "keys"} Command
 */

import { hasModifier } from "../parts/keys.js";

/** With Ctrl or ⌘. @type {Record<string, Command>} */
const WITH_CONTROL = {
  1: "streams", 2: "connections", 3: "faults", 4: "watch", 5: "lab", f: "find",
};
/** Alone, and never in a field, where they are text. @type {Record<string, Command>} */
const ALONE = { "/": "find", "?": "keys" };

/**
 * The command of a key, if it has one.
 *
 * @param {KeyboardEvent} event
 * @param {boolean} inField whether the key would be typed into a field
 * @returns {Command | undefined}
 */
export function commandOf(event, inField) {
  if (event.isComposing) return undefined;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    return WITH_CONTROL[event.key];
  }
  return inField || hasModifier(event) ? undefined : ALONE[event.key];
}

/** @param {EventTarget | null} target */
const isField = (target) =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

/**
 * Listens for the keys from now on.
 *
 * @param {(command: Command) => void} perform
 */
export function listen(perform) {
  document.addEventListener("keydown", (event) => {
    // an element that uses the key itself has said so, and a dialog has all keys to itself
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const command = commandOf(event, isField(event.target));
    if (!command) return;
    event.preventDefault();
    perform(command);
  });
}
