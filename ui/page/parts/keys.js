/**
 * Keys: how lists are walked, and how accelerators are written. Start, Stop and the rest of the
 * server's keys belong to the native menu, so the page only names them and never listens for them.
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
 * Where a key leads in a list, if anywhere.
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
  // without a cursor, going up enters a list at its end and going down at its beginning
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
 * Where the focus goes when what has it goes away: to the next that stays, or to the last one
 * before it.
 *
 * @template T
 * @param {T[]} list as it was
 * @param {number} from the index of what goes
 * @param {(item: T) => boolean} stays
 * @returns {T | undefined}
 */
export function nextStaying(list, from, stays) {
  return list.slice(from).find(stays) ?? list.slice(0, from).findLast(stays);
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
  return `${label} (${action.accelerator.replace("CmdOrCtrl", mac ? "⌘" : "Ctrl")})`;
}

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
