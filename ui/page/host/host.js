/**
 * Where the page runs. One interface (`Host` in types.d.ts), two implementations; nothing else on the page
 * asks which of them it is.
 *
 * @import { Host } from "../types.js"
 */

import { TauriHost } from "./host-tauri.js";
import { WebHost } from "./host-web.js";

/** @returns {Host} */
export function findHost() {
  return window.__TAURI__ ? new TauriHost(window.__TAURI__) : new WebHost();
}

/**
 * The sentence in whatever was thrown or rejected: the shell rejects with text, the browser with an Error.
 *
 * @param {unknown} reason
 */
export function sentence(reason) {
  return reason instanceof Error ? reason.message : String(reason);
}
