/**
 * The state that the page knows, in parts, and the listeners of each part. The host writes, the
 * elements read. Every part is what the server or the app last reported.
 *
 * @import { Everything, StateView } from "./server.js"
 * @import { Parts } from "./types.js"
 */

export class Store {
  /** @type {Partial<Parts>} */
  #parts = {};
  /** @type {Map<keyof Parts, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Parts} K
   * @param {K} part
   * @returns {Parts[K] | undefined} undefined until it was first set
   */
  get(part) {
    return /** @type {Partial<Parts>} */ (this.#parts)[part];
  }

  /**
   * Calls back with the part now, if it is known, and at each change.
   *
   * @template {keyof Parts} K
   * @param {K} part
   * @param {(value: Parts[K]) => void} listener
   * @param {AbortSignal} [signal] ends it
   */
  on(part, listener, signal) {
    const listeners = this.#listeners.get(part) ?? new Set();
    this.#listeners.set(part, listeners.add(listener));
    signal?.addEventListener("abort", () => listeners.delete(listener));
    const value = this.get(part);
    if (value !== undefined) listener(/** @type {Parts[K]} */ (value));
  }

  /**
   * An equal value is no change: polling must not redraw the page twice a second.
   *
   * @template {keyof Parts} K
   * @param {K} part
   * @param {Parts[K]} value
   */
  set(part, value) {
    if (JSON.stringify(this.#parts[part]) === JSON.stringify(value)) return;
    this.#parts[part] = value;
    for (const listener of this.#listeners.get(part) ?? []) listener(value);
  }

  /**
   * Takes a whole state apart, without the parts that are known to be newer.
   *
   * @param {StateView | Everything} state
   * @param {Set<keyof Parts>} [newer]
   */
  setState(state, newer = new Set()) {
    /**
     * @type {Omit<
     *   Parts, "actions" | "edited" | "unreachable" | "watched" | "judged" | "whole"
     * >}
     */
    const parts = {
      about: { name: state.name, version: state.version },
      status: state.status,
      streams: state.streams,
      streams_file: state.streams_file,
      topics: state.topics,
      connections: state.connections,
      faults: state.faults,
      tokens: state.tokens,
      engine: state.engine ?? null,
      // only the shell has one
      notice: "notice" in state ? state.notice : null,
    };
    for (const part of /** @type {(keyof typeof parts)[]} */ (Object.keys(parts))) {
      if (!newer.has(part)) this.set(part, parts[part]);
    }
    this.set("whole", true);
  }
}
