/**
 * A walk of this browser's own EventSource through the tour, and through the cases that have URLs
 * of their own. It reports what it sees, and judges nothing.
 *
 * @import { LabRun, ListedCase } from "../server.js"
 */

import { Eyes } from "./eyes.js";
import { isForOne } from "./lab-words.js";
import { openCase } from "./case-source.js";

/** So many cases are walked beside the tour: a browser has six connections to a host. */
const LANES = 3;

/** Whoever has no verdict by then gets none. */
const LONGEST_MS = 100_000;

/** How long the first request may take to arrive: a browser that has much to do begins late. */
const COMES_WITHIN_MS = 10_000;

/**
 * The cases that this page walks: those of an EventSource that is alone at one address, and of
 * these the ones that its URL names, such as `?case=P26,E1`. Ids that it cannot walk are told
 * as they were typed.
 *
 * @param {readonly ListedCase[]} all
 * @param {string} search the query of the page's URL
 */
export function chosenCases(all, search) {
  const listed = all.filter((one) => one.profiles.includes("standard") && isForOne(one));
  const ids = new URLSearchParams(search).getAll("case").flatMap((some) => some.split(","));
  const wanted = ids.map((id) => id.trim()).filter(Boolean);
  const isSame = (/** @type {string} */ one, /** @type {string} */ other) =>
    one.toLowerCase() === other.toLowerCase();
  const isWanted = (/** @type {ListedCase} */ { id }) => wanted.some((typed) => isSame(typed, id));
  return {
    listed: wanted.length === 0 ? listed : listed.filter(isWanted),
    isPart: wanted.length > 0,
    others: wanted.filter((typed) => !listed.some(({ id }) => isSame(typed, id))),
  };
}

export class PageWalk {
  #name;
  #hasTour;
  #eventSource;
  /** The cases that were not begun yet. @type {ListedCase[]} */
  #waiting;
  /** What is open, by the id of its case; the tour is "". @type {Map<string, EventSource>} */
  #open = new Map();
  /** Since when, by the id of its case. @type {Map<string, number>} */
  #since = new Map();
  #beganAt = 0;

  /**
   * @param {string} name of the run
   * @param {{ tour: boolean, alone: readonly ListedCase[] }} what the tour, and the cases that are
   *   walked at their own URLs
   * @param {typeof EventSource} eventSource for tests
   */
  constructor(name, { tour, alone }, eventSource = EventSource) {
    this.#name = name;
    this.#hasTour = tour;
    this.#waiting = [...alone];
    this.#eventSource = eventSource;
  }

  /** @param {number} now */
  begin(now) {
    this.#beganAt = now;
    if (this.#hasTour) {
      const url = `/lab/tour/${this.#name}`;
      const source = new this.#eventSource(url);
      new Eyes(source, url);
      this.#begun("", source, now);
    }
    this.#fill(now);
  }

  /**
   * Asks the lab what it knows of this walk: null while the first request may be on its way. Throws
   * the lab's sentence where it knows nothing.
   *
   * @param {number} now
   * @returns {Promise<LabRun | null>}
   */
  async read(now) {
    const answer = await fetch(`/api/lab/runs/${this.#name}?profile=standard&requests=no`);
    if (answer.status === 404 && now - this.#beganAt < COMES_WITHIN_MS) return null;
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  /**
   * Goes on with what is known by now.
   *
   * @param {LabRun} run
   * @param {number} now
   */
  goOn(run, now) {
    const judged = new Set(run.cases.filter((seen) => seen.verdict).map(({ id }) => id));
    const inTour = run.cases.filter((seen) => seen.in_tour);
    if (inTour.every((seen) => seen.verdict)) judged.add("");
    for (const id of this.#open.keys()) {
      if (judged.has(id) || now - (this.#since.get(id) ?? now) > LONGEST_MS) this.#end(id);
    }
    this.#fill(now);
  }

  /** Whether something is still under way. */
  get isOn() {
    return this.#open.size > 0 || this.#waiting.length > 0;
  }

  stop() {
    this.#waiting = [];
    for (const id of this.#open.keys()) this.#end(id);
  }

  /** @param {number} now */
  #fill(now) {
    while (this.#open.size - (this.#open.has("") ? 1 : 0) < LANES) {
      const next = this.#waiting.shift();
      if (!next) return;
      const url = `/lab/case/${next.id}/${this.#name}`;
      this.#begun(next.id, openCase(url, next, this.#eventSource), now);
    }
  }

  /**
   * @param {string} id
   * @param {EventSource} source
   * @param {number} now
   */
  #begun(id, source, now) {
    this.#open.set(id, source);
    this.#since.set(id, now);
  }

  /** @param {string} id */
  #end(id) {
    this.#open.get(id)?.close();
    this.#open.delete(id);
  }
}
