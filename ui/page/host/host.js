/**
 * Where the page runs. There is one interface (`Host` in types.d.ts) with two implementations, and
 * no other module asks which of them it has.
 *
 * @import { Host } from "../types.js"
 */

import { TauriHost } from "./tauri.js";
import { WebHost } from "./web.js";

/** @returns {Host} */
export function findHost() {
  return window.__TAURI__ ? new TauriHost(window.__TAURI__) : new WebHost();
}
