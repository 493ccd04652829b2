/**
 * Where the page runs. There is one interface (`Host` in types.d.ts) with two implementations, and
 * no other module asks which of them it has.
 *
 * @import { Host } from "../types.js"
 */

import { TauriHost } from "./tauri.js";
import { news } from "./tauri-news.js";
import { WebHost } from "./web.js";

/** @returns {Host} */
export function findHost() {
  const tauri = window.__TAURI__;
  return tauri && news ? new TauriHost(tauri, news) : new WebHost();
}
