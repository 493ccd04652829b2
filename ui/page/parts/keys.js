/**
 * Keys that move in lists, and how accelerators are written. The keys for Start, Stop and the rest
 * belong to the native menu: the page names them and never listens for them.
 *
 * @import { Action } from "../server.js"
 */

/** @typedef {"previous" | "next" | "page-up" | "page-down" | "first" | "last"} Step */

/** @type {Record<string, Step>} */
const STEPS = {
  ArrowUp: "previous",
  k: "previous",
  ArrowDown: "next",
  j: "next",
  PageUp: "page-up",
  PageDown: "page-down",
  Home: "first",
  End: "last",
};

/**
 * The step that a key makes in a list, if it makes one.
 *
 * @param {KeyboardEvent} event
 * @returns {Step | undefined}
 */
export function listStep(event) {
  return hasModifier(event) ? undefined : STEPS[event.key];
}

/** @param {KeyboardEvent} event */
export function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/**
 * The index that a step leads to.
 *
 * @param {Step} step
 * @param {number} from -1 when the list has no cursor yet
 * @param {number} size
 * @param {number} page
 */
export function stepIndex(step, from, size, page) {
  const last = size - 1;
  // without a cursor, a step up enters the list at its end, a step down at its beginning
  const base = from >= 0 ? from : step === "next" || step === "page-down" ? -1 : size;
  const to = {
    previous: base - 1,
    next: base + 1,
    "page-up": base - page,
    "page-down": base + page,
    first: 0,
    last,
  }[step];
  return Math.min(last, Math.max(0, to));
}

/**
 * `Stop (Ctrl+Shift+X)` for a tooltip.
 *
 * @param {string} label
 * @param {Action | undefined} action
 * @param {boolean} mac
 */
export function withAccelerator(label, action, mac) {
  if (!action?.accelerator) return label;
  return `${label} (${shownKeys(action.accelerator, mac)})`;
}

/**
 * Keys as a person reads them: `Ctrl+1`, or `⌘+1` on a Mac.
 *
 * @param {string} accelerator in the notation of the menu
 * @param {boolean} mac
 */
export const shownKeys = (accelerator, mac) =>
  accelerator.replace("CmdOrCtrl", mac ? "⌘" : "Ctrl").replace("Plus", "+");

/**
 * The accelerator as `aria-keyshortcuts` wants it.
 *
 * @param {Action | undefined} action
 * @param {boolean} mac
 */
export function ariaShortcut(action, mac) {
  return action?.accelerator?.replace("CmdOrCtrl", mac ? "Meta" : "Control") ?? null;
}

export const onMac = /** @returns {boolean} */ () => navigator.platform.startsWith("Mac");
