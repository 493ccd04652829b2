/**
 * What is known of the lab: the cases, the names of those who came, the run that is shown, the one
 * that it is compared with, and the case that is open. It asks while somebody looks: four times a
 * second while a run goes on, and once a second otherwise. No document.
 *
 * @import { LabCase, LabCaseSent, LabRun, ListedCase, Profile } from "../server.js"
 * @import { LabReader } from "../types.js"
 */

import { Poll } from "../parts/poll.js";
import { errorMessage } from "../parts/error-message.js";
import { markOf } from "./lab-words.js";

const BEAT_MS = 250;
const CALM_MS = 1000;

/**
 * What is asked for.
 *
 * @typedef {object} Wish
 * @property {string} name of the run
 * @property {string} other the run that it is compared with; empty for none
 * @property {Profile} profile
 * @property {string} open the id of the case that is open; empty for none
 */

/**
 * What was answered.
 *
 * @typedef {object} Answer
 * @property {string[]} names
 * @property {LabRun | null} run
 * @property {LabRun | null} other
 * @property {LabCaseSent | null} open
 */

/** @type {Answer} */
const NOTHING = { names: [], run: null, other: null, open: null };

export class LabFeed {
  #lab;
  /** @type {Poll<void>} */
  #poll;
  #isShown;
  /** @type {ListedCase[]} */
  #all = [];
  /** @type {Wish} */
  #wish;
  #answer = NOTHING;
  /** A person wants something else, so it is asked at once. */
  #wanted = true;
  #askedAt = -Infinity;
  /** Why nothing is answered; empty where it is. */
  problem = "";
  onchange = () => {};

  /**
   * @param {LabReader} lab
   * @param {Wish} wish
   * @param {() => boolean} isShown whether somebody looks
   */
  constructor(lab, wish, isShown) {
    this.#lab = lab;
    this.#wish = wish;
    this.#isShown = isShown;
    this.#poll = new Poll(
      {
        ask: () => this.#ask(),
        answered: () => this.onchange(),
        failed: (reason) => {
          this.problem = errorMessage(reason);
          this.onchange();
        },
      },
      { pauseMs: BEAT_MS, calmMs: BEAT_MS },
    );
  }

  get wish() {
    return this.#wish;
  }

  /** The cases of the profile. */
  get listed() {
    return this.#all.filter(({ profiles }) => profiles.includes(this.#wish.profile));
  }

  /** Whether the cases are known. */
  get isKnown() {
    return this.#all.length > 0;
  }

  get names() {
    return this.#answer.names;
  }

  get run() {
    return this.#answer.run;
  }

  get other() {
    return this.#answer.other;
  }

  get open() {
    return this.#answer.open;
  }

  /** What the run has of each case, by the case's id. */
  get seen() {
    return byId(this.run);
  }

  get seenByOther() {
    return byId(this.other);
  }

  /** A client walks, or a case is under way. */
  get isOn() {
    return this.run !== null && !this.run.is_over;
  }

  /** Asks soon: somebody came, or something changed. */
  nudge() {
    this.#wanted = true;
    this.#poll.nudge();
  }

  /** @param {Partial<Wish>} change */
  want(change) {
    const before = this.#wish;
    this.#wish = { ...before, ...change };
    const { name, other, profile, open } = this.#wish;
    const isSame = name === before.name && profile === before.profile;
    this.#answer = {
      names: this.#answer.names,
      run: isSame ? this.#answer.run : null,
      other: isSame && other === before.other ? this.#answer.other : null,
      open: isSame && open === before.open ? this.#answer.open : null,
    };
    this.nudge();
  }

  /** @returns {Promise<void> | number | null} */
  #ask() {
    if (!this.#isShown()) return null;
    const wait = this.#wanted || this.isOn ? 0 : this.#askedAt + CALM_MS - performance.now();
    if (wait > 0) return wait;
    this.#wanted = false;
    this.#askedAt = performance.now();
    return this.#read();
  }

  async #read() {
    const wish = this.#wish;
    const { name, profile } = wish;
    if (this.#all.length === 0) this.#all = await this.#lab.cases();
    const names = await this.#lab.runs();
    const has = (/** @type {string} */ one) => names.includes(one);
    const [run, other, open] = await Promise.all([
      has(name) ? this.#lab.run(name, profile) : null,
      has(wish.other) ? this.#lab.run(wish.other, profile) : null,
      has(name) ? this.#readOpen(wish) : null,
    ]);
    // somebody may want another one by now
    if (wish !== this.#wish) return;
    this.problem = "";
    this.#answer = { names, run, other, open };
  }

  /**
   * The case that is open, with its bytes. It is asked for again only while it can change.
   *
   * @param {Wish} wish
   */
  #readOpen({ name, profile, open }) {
    if (open === "") return null;
    const had = this.#answer.open;
    const now = this.seen.get(open);
    const isSame =
      had?.case.id === open &&
      had.case.since === (now?.since ?? null) &&
      had.case.count === (now?.count ?? 0) &&
      had.case.verdict !== null &&
      markOf(now) === markOf(had.case);
    return isSame ? had : this.#lab.case(name, open, profile);
  }
}

/**
 * @param {LabRun | null} run
 * @returns {Map<string, LabCase>}
 */
const byId = (run) => new Map((run?.cases ?? []).map((seen) => [seen.id, seen]));
