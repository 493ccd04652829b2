/**
 * What the app tells its window. index.html names this module before the rest of the page, and it
 * imports nothing: so the app is asked while the rest is fetched.
 *
 * @import { Action, Everything } from "../server.js"
 * @import { TauriGlobal, Told } from "../types.js"
 */

export class TauriNews {
  /** @type {Promise<[Everything, Action[]]>} the state when the window was opened */
  first;
  /** @type {Told[]} what was told before anybody heard it */
  #early = [];
  /** @type {((told: Told) => void) | null} */
  #hear = null;

  /** @param {TauriGlobal} tauri */
  constructor(tauri) {
    this.first = this.#ask(tauri);
    // whoever awaits it says what is wrong
    this.first.catch(() => {});
  }

  /**
   * Has all that was told and is told heard, one after the other.
   *
   * @param {(told: Told) => void} hear
   */
  follow(hear) {
    this.#hear = hear;
    for (const told of this.#early.splice(0)) hear(told);
  }

  /**
   * @param {TauriGlobal} tauri
   * @returns {Promise<[Everything, Action[]]>}
   */
  async #ask({ core, event }) {
    /** @param {{ payload: Told }} event */
    const tell = ({ payload }) => {
      if (this.#hear) this.#hear(payload);
      else this.#early.push(payload);
    };
    // first of all, so that no change behind the answers is missed
    await event.listen("told", tell);
    return Promise.all([core.invoke("state"), core.invoke("actions")]);
  }
}

/** @type {TauriNews | null} in the app's window */
export const news = window.__TAURI__ ? new TauriNews(window.__TAURI__) : null;
