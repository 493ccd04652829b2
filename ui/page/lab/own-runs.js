/**
 * The runs of this page's own client, and the second addresses of all runs: what begins, is
 * forgotten, and begins anew. Each act throws a sentence where it cannot be done. No document.
 *
 * @import { ListedCase } from "../server.js"
 * @import { App } from "../types.js"
 * @import { LabFeed, Wish } from "./lab-feed.js"
 * @import { OwnWalk } from "./own-walk.js"
 */

import { tryName } from "./lab-words.js";

/**
 * @typedef {object} Second
 * @property {string} url
 * @property {boolean} isListed its run was among those that the lab has
 */

/**
 * @typedef {object} Ways
 * @property {() => void} stay the run that is shown stays in view, whoever else comes
 * @property {(change: Partial<Wish>) => void} show
 */

export class OwnRuns {
  #app;
  #feed;
  #walk;
  #own;
  #ways;
  /** The second addresses that are open, by the names of their runs. @type {Map<string, Second>} */
  #seconds = new Map();

  /**
   * @param {Pick<App, "host" | "store">} app
   * @param {LabFeed} feed
   * @param {OwnWalk} walk
   * @param {string} own what this page walks as
   * @param {Ways} ways
   */
  constructor(app, feed, walk, own, ways) {
    this.#app = app;
    this.#feed = feed;
    this.#walk = walk;
    this.#own = own;
    this.#ways = ways;
  }

  /** The second address of a run, where it is open. @param {string} name */
  second(name) {
    return this.#seconds.get(name)?.url;
  }

  /**
   * The lab answered which runs it has. One that it had and has no more was dropped or forgotten,
   * and its second address is closed. One that it never had may be newer than the answer.
   */
  listed() {
    for (const [name, second] of this.#seconds) {
      const isListed = this.#feed.names.includes(name);
      if (second.isListed && !isListed) this.#seconds.delete(name);
      second.isListed ||= isListed;
    }
  }

  /** The server stopped, and closed all second addresses. */
  closed() {
    this.#seconds.clear();
  }

  /** Opens the second address of the run that is shown, which begins here if it is not there. */
  async openSecond() {
    const { name } = this.#feed.wish;
    this.#ways.stay();
    await this.#secondOf(name);
  }

  /** A walk of this page begins anew, whatever it did before. */
  async walkTour() {
    const name = this.#own;
    this.#mayBegin("");
    this.#walk.stop();
    if (this.#feed.names.includes(name)) await this.#forget(name);
    await this.#begin(name, "");
  }

  /**
   * This page tries a case. A run has one verdict of a case, so a second try is a run of its own,
   * and is compared with the one before.
   *
   * @param {string} id
   */
  async walkCase(id) {
    this.#mayBegin(id);
    const { name, before } = await this.#newTry(id);
    await this.#begin(name, id);
    if (before !== "") this.#ways.show({ other: before });
  }

  /**
   * Forgets the run that is shown, so that whoever connects begins anew; this page walks again by
   * itself. Whether it does is the answer.
   */
  async again() {
    const { name } = this.#feed.wish;
    this.#ways.stay();
    const isOwn = this.#walk.name === name;
    if (isOwn) this.#mayBegin(this.#walk.caseId);
    if (isOwn) this.#walk.stop();
    await this.#forget(name);
    if (isOwn) await this.#begin(name, this.#walk.caseId);
    return isOwn;
  }

  /** @param {string} name */
  async #secondOf(name) {
    const url = await this.#app.host.lab.second(name);
    this.#seconds.set(name, { url, isListed: false });
    return url;
  }

  /** Forgets a run; its second address is closed with it. @param {string} name */
  async #forget(name) {
    this.#seconds.delete(name);
    await this.#app.host.lab.forget(name);
  }

  /** Where this page's own EventSource connects to; it throws while the server is stopped. */
  get #base() {
    const { host, store } = this.#app;
    const base = host.streamBase(store.get("status"));
    if (base === null) throw new Error("The server is stopped: start it first.");
    return base;
  }

  /**
   * Throws while there is no server, no such case, or no connection. It is asked before anything is
   * stopped or forgotten, so that what is known is kept then.
   *
   * @param {string} id of the only case; empty for the tour
   */
  #mayBegin(id) {
    void this.#base;
    this.#caseOf(id);
    this.#walk.mayBegin();
  }

  /**
   * Throws where the profile does not have it.
   *
   * @param {string} id of the only case; empty for the tour
   * @returns {ListedCase | null}
   */
  #caseOf(id) {
    if (id === "") return null;
    const listed = this.#feed.listed.find((one) => one.id === id);
    if (!listed) throw new Error(`This profile does not have ${id}: choose another profile.`);
    return listed;
  }

  /**
   * The name for a further try of a case, and the name of the last one; empty where there is none.
   *
   * @param {string} id
   */
  async #newTry(id) {
    const { lab } = this.#app.host;
    const { profile } = this.#feed.wish;
    const names = await lab.runs();
    let before = "";
    for (let nth = 1; ; nth += 1) {
      const name = tryName(this.#own, nth);
      const run = names.includes(name) ? await lab.run(name, profile) : null;
      if (!run?.cases.some((one) => one.id === id && one.count > 0)) return { name, before };
      before = name;
    }
  }

  /**
   * @param {string} name
   * @param {string} id of the only case; empty for the tour
   */
  async #begin(name, id) {
    const listed = this.#caseOf(id);
    const path = listed ? `case/${id}` : "tour";
    const base = listed?.second === "url" ? await this.#secondOf(name) : this.#base;
    this.#ways.stay();
    this.#ways.show({ name });
    this.#walk.begin(`${base}/lab/${path}/${name}`, name, listed);
  }
}
