/**
 * The inspector's view of a stream's connections, open ones first, with what the server says of
 * each client.
 *
 * @import { RowView, Slice } from "../server.js"
 * @import { App } from "../types.js"
 */

import { BreakBar } from "../breaks/break-bar.js";
import { ofStream, stepsOf } from "../breaks/break-words.js";
import { Poll } from "../parts/poll.js";
import { backRank, backWords, clientWords, fateWords, headline } from "../parts/words.js";
import { markup, part, setText } from "../parts/dom.js";

/** The clients that are listed; the table of connections has all. */
const LISTED = 50;

const newView = markup(`
  <break-bar></break-bar>
  <div class="clients" role="list" aria-label="Clients of this stream"></div>
  <p class="none quiet">Nobody has connected yet.</p>
  <p class="more meta quiet" hidden></p>`);

const newClient = markup(`
  <div role="listitem"><button type="button" class="client" data-act="wire" title="Show its wire">
    <span class="line"><span class="shape" aria-hidden="true"></span
      ><span class="who"></span><span class="number meta"></span></span>
    <span class="fate meta"></span>
    <span class="back meta"></span>
  </button></div>`);

export class ClientsView {
  #root;
  #app;
  /**
   * The path of the stream; null while the view is not shown.
   * @type {string | null}
   */
  #path = null;
  /** Called with how many read the stream. */
  oncount = /** @type {(open: number) => void} */ (() => {});
  #poll;

  /**
   * @param {HTMLElement} root
   * @param {App} app
   */
  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    root.append(newView());
    this.#breaks.connect(app);
    this.#poll = new Poll({
      ask: () => this.#ask(),
      answered: (/** @type {Slice} */ { rows, matching }) => this.#draw(rows, matching),
      failed: () => {},
    });
    part(root, ".clients").addEventListener("click", ({ target }) => {
      const client = target instanceof Element ? target.closest(".client") : null;
      if (client instanceof HTMLElement) app.showConnection(Number(client.dataset.connection));
    });
    app.store.on("connections", () => this.#poll.nudge());
  }

  get #breaks() {
    return /** @type {BreakBar} */ (part(this.#root, "break-bar"));
  }

  /** @param {string | null} path */
  show(path) {
    if (path === this.#path) return;
    this.#path = path;
    this.#draw([], 0);
    if (path !== null) this.#poll.nudge();
  }

  #ask() {
    const path = this.#path;
    if (path === null || document.hidden) return null;
    return this.#app.host.slice({
      sort: "state", descending: false, filter: "", stream: path, first: 0, count: LISTED,
    });
  }

  /**
   * @param {RowView[]} rows
   * @param {number} matching
   */
  #draw(rows, matching) {
    const mine = rows.filter(({ stream }) => stream === this.#path);
    const list = part(this.#root, ".clients");
    while (list.children.length > mine.length) list.lastElementChild?.remove();
    mine.forEach((row, index) => {
      if (!list.children[index]) list.append(newClient());
      fill(part(list.children[index], ".client"), row, this.#app.ownTags);
    });
    if (this.#path !== null) {
      const open = mine.filter(({ state }) => state === "open").length;
      this.#breaks.show(ofStream(this.#path, open, stepsOf(mine)));
    }
    // an empty list has no items to offer
    list.hidden = mine.length === 0;
    part(this.#root, ".none").hidden = mine.length > 0;
    const more = part(this.#root, ".more");
    more.hidden = matching <= mine.length;
    setText(more, `${matching - mine.length} more connections are in the table.`);
  }
}

/**
 * @param {HTMLElement} client
 * @param {RowView} row
 * @param {Set<string>} ownTags
 */
function fill(client, row, ownTags) {
  client.dataset.connection = String(row.id);
  client.dataset.state = row.state;
  client.toggleAttribute("data-blocked", row.blocked);
  client.toggleAttribute("data-complete", row.ended?.complete ?? false);
  const own = row.client !== null && ownTags.has(row.client);
  setText(part(client, ".who"), clientWords(row, own) || row.program || row.peer);
  setText(part(client, ".number"), `#${row.id}`);
  setText(part(client, ".fate"), fateWords(row));
  const back = headline(row);
  const words = part(client, ".back");
  setText(words, backWords(back));
  words.dataset.rank = backRank(back);
}
