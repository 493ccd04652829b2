/**
 * Where the page runs. One interface (`Host` in types.d.ts), two implementations; nothing else on
 * the page asks which of them it is.
 *
 * @import { Host } from "../types.js"
 */

import { TauriHost } from "./tauri.js";
import { WebHost } from "./web.js";

/** @returns {Host} */
export function findHost() {
  return window.__TAURI__ ? new TauriHost(window.__TAURI__) : new WebHost();
}
