/**
 * What the app tells its window. index.html names this module before the rest of the page and it
 * imports nothing, so that the app is asked while the rest is fetched.
 *
 * @import { Action, Everything } from "../server.js"
 * @import { TauriGlobal, Told } from "../types.js"
 */

/** @type {Told[]} what was told before somebody heard it */
const early = [];
/** @type {(told: Told) => void} */
let hear = (told) => {
  early.push(told);
};

/** @type {Promise<[Everything, Action[]]> | null} the first answers; nothing in a browser */
export const firstState = window.__TAURI__ ? ask(window.__TAURI__) : null;

/**
 * Hears all that was told and is told, one after the other.
 *
 * @param {(told: Told) => void} listener
 */
export function hearNews(listener) {
  hear = listener;
  for (const told of early.splice(0)) listener(told);
}

/**
 * @param {TauriGlobal} tauri
 * @returns {Promise<[Everything, Action[]]>}
 */
async function ask({ core, event }) {
  // first of all, so that nothing is missed that changes behind the answers
  await event.listen("told", (/** @type {{ payload: Told }} */ { payload }) => hear(payload));
  return Promise.all([core.invoke("state"), core.invoke("actions")]);
}
