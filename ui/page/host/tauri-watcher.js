/**
 * The app's watch of any URL, over Tauri's IPC. It runs in the app, so no page's origin and no
 * other server's CORS has a say.
 *
 * @import { JoinedView, WatchCursor, WatchForm, WatchView } from "../server.js"
 * @import { TauriGlobal, Watcher } from "../types.js"
 */

/** @implements {Watcher} */
export class TauriWatcher {
  #tauri;

  /** @param {TauriGlobal} tauri */
  constructor(tauri) {
    this.#tauri = tauri;
  }

  /** @returns {Promise<WatchForm>} */
  form() {
    return this.#tauri.core.invoke("watch_form");
  }

  /**
   * @param {string} line
   * @returns {Promise<WatchForm>}
   */
  fromCurl(line) {
    return this.#tauri.core.invoke("watch_curl", { line });
  }

  /**
   * @param {WatchForm} form
   * @param {boolean} records
   * @returns {Promise<void>}
   */
  begin(form, records) {
    return this.#tauri.core.invoke("begin_watch", { form, records });
  }

  /** @returns {Promise<void>} */
  stop() {
    return this.#tauri.core.invoke("stop_watch");
  }

  /** @returns {Promise<void>} */
  record() {
    return this.#tauri.core.invoke("record_watch");
  }

  /** @returns {Promise<void>} */
  stopRecording() {
    return this.#tauri.core.invoke("stop_recording_watch");
  }

  /**
   * @param {WatchCursor} cursor
   * @returns {Promise<WatchView>}
   */
  read(cursor) {
    return this.#tauri.core.invoke("watched", { cursor });
  }

  /** @returns {Promise<JoinedView>} */
  joined() {
    return this.#tauri.core.invoke("joined");
  }

  /** @returns {Promise<void>} */
  askAgain() {
    return this.#tauri.core.invoke("watch_again");
  }

  /**
   * @param {string} rule
   * @returns {Promise<string>}
   */
  rule(rule) {
    return this.#tauri.core.invoke("rule", { rule });
  }
}
