/**
 * The lab as the app's window reads it.
 *
 * @import { LabCaseSent, LabRun, ListedCase, Profile } from "../server.js"
 * @import { LabReader, TauriGlobal } from "../types.js"
 */

/** @implements {LabReader} */
export class TauriLab {
  reachesSecond = true;
  #tauri;

  /** @param {TauriGlobal} tauri */
  constructor(tauri) {
    this.#tauri = tauri;
  }

  /** @returns {Promise<ListedCase[]>} */
  cases() {
    return this.#tauri.core.invoke("lab_cases");
  }

  /** @returns {Promise<string[]>} */
  runs() {
    return this.#tauri.core.invoke("lab_runs");
  }

  /**
   * @param {string} name
   * @param {Profile} profile
   * @returns {Promise<LabRun | null>}
   */
  run(name, profile) {
    return this.#tauri.core.invoke("lab_run", { name, profile });
  }

  /**
   * @param {string} name
   * @param {string} id
   * @param {Profile} profile
   * @returns {Promise<LabCaseSent | null>}
   */
  case(name, id, profile) {
    return this.#tauri.core.invoke("lab_case", { name, case: id, profile });
  }

  /**
   * @param {string} name
   * @returns {Promise<void>}
   */
  forget(name) {
    return this.#tauri.core.invoke("lab_forget", { name });
  }

  /**
   * @param {string} name
   * @returns {Promise<string>}
   */
  second(name) {
    return this.#tauri.core.invoke("lab_second", { name });
  }
}
