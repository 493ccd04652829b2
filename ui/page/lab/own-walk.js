/**
 * The walk of this page's own EventSource through the lab, so that one sees the browser judged that
 * one has open. It reports what comes, and the server judges.
 *
 * @import { ListedCase } from "../server.js"
 * @import { Host } from "../types.js"
 */

import { Eyes } from "./eyes.js";
import { openCase } from "./case-source.js";

/** All connections of the browser to this host are in use. */
const NONE_FREE =
  "The browser has no connection left for it: disconnect a stream in Streams, or close a tab.";

export class OwnWalk {
  #host;
  #underWay;
  /** @type {EventSource | null} */
  #source = null;
  /** The name that it walks by, or last did. */
  name = "";
  /** The id of the case that it walks, or last did; empty for the tour. */
  caseId = "";
  /** It began, or is over. */
  onchange = () => {};
  /** It was over before an answer began. */
  onrefused = () => {};

  /**
   * @param {Host} host
   * @param {Set<object>} underWay all clients of the page that have a run
   */
  constructor(host, underWay) {
    this.#host = host;
    this.#underWay = underWay;
  }

  get isOn() {
    return this.#source !== null;
  }

  /** Throws a sentence where no connection is free. */
  mayBegin() {
    const others = this.#underWay.size - (this.#underWay.has(this) ? 1 : 0);
    if (others >= this.#host.streamsAtMost) throw new Error(NONE_FREE);
  }

  /**
   * Begins a walk in place of the one before. Throws a sentence where it cannot.
   *
   * @param {string} url
   * @param {string} name
   * @param {ListedCase | null} listed the only case; null for the tour
   */
  begin(url, name, listed) {
    this.mayBegin();
    this.#end();
    const source = listed ? openCase(url, listed) : new EventSource(url);
    if (!listed) new Eyes(source, url);
    this.#source = source;
    this.name = name;
    this.caseId = listed?.id ?? "";
    this.#underWay.add(this);
    let isOpen = false;
    source.addEventListener("open", () => (isOpen = true));
    // an EventSource that is closed for good does not come back: the tour is over, or it stopped
    source.addEventListener("error", () => {
      if (source !== this.#source || source.readyState !== EventSource.CLOSED) return;
      this.stop();
      if (!isOpen) this.onrefused();
    });
    this.onchange();
  }

  stop() {
    if (!this.isOn) return;
    this.#end();
    this.onchange();
  }

  #end() {
    this.#source?.close();
    this.#source = null;
    this.#underWay.delete(this);
  }
}
