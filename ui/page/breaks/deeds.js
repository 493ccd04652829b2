/**
 * What is broken from this page, and undone again: the one way to it for bars, rows and lanes. It
 * remembers which faults it armed for whom, because the server's list of faults does not say which
 * connections an act was for.
 *
 * @import { ArmedFaults, FaultView } from "../server.js"
 * @import { Deed } from "../parts/as-test.js"
 * @import { BreakTarget, Host } from "../types.js"
 * @import { Store } from "../store.js"
 */

import { answeredNext, armedHere, canBeNamed } from "./break-words.js";

/** So many are remembered; the oldest are forgotten first. */
const MOST = 200;

export class Deeds {
  #host;
  #store;
  /** What was done to a target last, by its name. @type {Map<string, Deed>} */
  #done = new Map();
  /** For whom each fault was armed. @type {Map<number, BreakTarget>} */
  #armed = new Map();

  /**
   * @param {Host} host
   * @param {Store} store
   */
  constructor(host, store) {
    this.#host = host;
    this.#store = store;
  }

  /** What was done to a target last; null where nothing was. @param {BreakTarget} target */
  done({ name }) {
    return this.#done.get(name) ?? null;
  }

  /**
   * The faults that are armed because of a target.
   *
   * @param {BreakTarget} target
   * @returns {FaultView[]}
   */
  armed(target) {
    return armedHere(this.#store.get("faults") ?? [], target, this.#armed);
  }

  /**
   * Breaks what is open. Rejects with a sentence that gives the reason.
   *
   * @param {BreakTarget} target
   * @param {string} fault
   * @returns {Promise<number[]>} the numbers of the faults
   */
  async strike(target, fault) {
    const { stream, client, room, connections } = target;
    if (!target.isOpen) throw new Error("Nothing is open here that could be broken.");
    const { ids } = await this.#host.breakOpen({
      do: fault,
      ...(connections ? { connections } : { stream: stream ?? undefined }),
      ...(room === null ? {} : { room }),
    });
    return this.#keep(target, { fault, now: true, stream, client, room }, ids);
  }

  /**
   * Lets replays that go step by step send their next event. Rejects with a sentence that gives the
   * reason.
   *
   * @param {BreakTarget} target
   */
  async step({ stream, room, connections }) {
    await this.#host.breakOpen({
      do: "step",
      ...(connections ? { connections } : { stream: stream ?? undefined }),
      ...(room === null ? {} : { room }),
    });
  }

  /**
   * Answers the next request of a target in place of a stream. Rejects with a sentence that gives
   * the reason.
   *
   * @param {BreakTarget} target
   * @param {string} answer
   * @returns {Promise<number[]>} the numbers of the faults
   */
  async answerNext(target, answer) {
    const fault = answeredNext(target, answer);
    const { ids } = await this.#host.arm(fault);
    return this.#keep(target, { fault, now: false, room: target.room }, ids);
  }

  /**
   * Heals what is armed because of a target. Rejects with a sentence that gives the reason.
   *
   * @param {BreakTarget} target
   */
  async undo(target) {
    for (const { id } of this.armed(target)) await this.#host.heal(id);
  }

  /**
   * @param {BreakTarget} target
   * @param {Deed} deed
   * @param {ArmedFaults["ids"]} ids
   */
  #keep(target, deed, ids) {
    if (canBeNamed(target)) this.#done.set(target.name, deed);
    for (const id of ids) this.#armed.set(id, target);
    for (const map of [this.#done, this.#armed]) {
      for (const key of map.keys()) {
        if (map.size <= MOST) break;
        /** @type {Map<unknown, unknown>} */ (map).delete(key);
      }
    }
    return ids;
  }
}
