/**
 * <first-minute>: shows a person what the workbench is for, once their first client is there: stop
 * the server for five seconds, and read what the client did. It can be dismissed for good.
 *
 * @import { RowView, Verdict } from "../server.js"
 * @import { App, Row } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { backRank, verdictWords } from "../parts/words.js";
import { errorMessage } from "../parts/error-message.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { remember, remembered } from "../parts/remembered.js";

const NAME = "first-minute";
const DISMISSED = "dismissed";
/** How long the server is away. */
const AWAY_MS = 5000;
/** Between two questions for the verdict. */
const ASK_MS = 500;

const newCard = markup(`
  <span class="shape" aria-hidden="true"></span>
  <p class="words" role="status"></p>
  <button type="button" class="primary" data-act="try">Stop for 5 s</button>
  <button type="button" class="tool" data-act="dismiss" title="Do not show this again"
    aria-label="Do not show this again">${icon("close")}</button>`);

export class FirstMinute extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /**
   * The connection of the client that is watched; null until one came.
   * @type {{ id: number, name: string } | null}
   */
  #client = null;
  #isTrying = false;
  #isDone = remembered(NAME) === DISMISSED;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.append(newCard());
    part(this, "[data-act=dismiss]").addEventListener("click", () => this.#dismiss());
    part(this, "[data-act=try]").addEventListener("click", () => this.#try());
  }

  /**
   * Takes the rows of the table: the first open connection that is not this page's own, on a stream
   * that goes on, is the client's.
   *
   * @param {Row[]} rows
   */
  answered(rows) {
    // in a browser nobody can stop the server and keep its table
    if (this.#isDone || this.#client || !this.#app?.host.controls) return;
    const { ownTags, store } = this.#app;
    // a stream that ends by itself shows nothing of an outage
    const goesOn = (/** @type {string} */ path) =>
      store.get("streams")?.some((one) => one.path === path && one.endless) ||
      store.get("topics")?.some((one) => one.path === path);
    const row = rows.find(
      ({ state, client, stream }) =>
        state === "open" && !(client !== null && ownTags.has(client)) && goesOn(stream),
    );
    if (!row) return;
    this.#client = { id: row.id, name: row.client ?? row.program };
    this.hidden = false;
    const next = "Stop the server for 5 s and see what your client does.";
    this.#say(`${this.#client.name} is connected to ${row.stream}. ${next}`, "here");
  }

  #dismiss() {
    this.#isDone = true;
    this.hidden = true;
    remember(NAME, DISMISSED);
  }

  async #try() {
    const { host } = /** @type {App} */ (this.#app);
    if (this.#isTrying || !this.#client) return;
    this.#isTrying = true;
    part(this, "[data-act=try]").ariaDisabled = "true";
    try {
      const row = await host.row(this.#client.id);
      if (row?.state !== "open") {
        // what it did before says nothing of an outage; the next answer has another client
        this.#say(`${this.#client.name} is no longer connected: connect a client first.`, "away");
        this.#client = null;
        return;
      }
      await host.act("stop");
      this.#say(`The server is away for ${AWAY_MS / 1000} s.`, "away");
      await pause(AWAY_MS);
      await host.act("start");
      this.#say(`The server is back: waiting for ${this.#client.name}.`, "away");
      await this.#await();
    } catch (reason) {
      this.#say(errorMessage(reason), "lost");
    } finally {
      part(this, "[data-act=try]").ariaDisabled = null;
      this.#isTrying = false;
    }
  }

  /** Waits for what the server says of the client after its end, however long that takes. */
  async #await() {
    const { host } = /** @type {App} */ (this.#app);
    while (!this.#isDone && this.#client) {
      const { id } = this.#client;
      const row = await host.row(id).catch(() => undefined);
      // the table has forgotten it
      if (row === null) return;
      const verdict = row ? await this.#verdictAfter(row) : null;
      if (verdict) {
        this.#say(`${this.#client.name} ${verdictWords(verdict)}`, backRank(verdict) || "here");
        return;
      }
      await pause(ASK_MS);
    }
  }

  /**
   * @param {RowView} row
   * @returns {Promise<Verdict | null>}
   */
  async #verdictAfter({ ended, afterwards }) {
    if (!ended || !afterwards) return null;
    if (afterwards.kind !== "returned" || afterwards.other === null) return afterwards;
    const { host } = /** @type {App} */ (this.#app);
    const back = await host.row(afterwards.other).catch(() => null);
    if (!back) return afterwards;
    // the next try is about the connection that it has now
    if (this.#client) this.#client.id = back.id;
    return back.verdict ?? afterwards;
  }

  /**
   * @param {string} words
   * @param {string} rank gives the colour
   */
  #say(words, rank) {
    setText(part(this, ".words"), words);
    this.dataset.rank = rank;
    announce(words);
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

customElements.define("first-minute", FirstMinute);
