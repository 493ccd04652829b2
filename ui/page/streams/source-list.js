/**
 * <source-list>: the streams and topics of the server, each with its shape, its path, its rate and
 * a line of the last minute. One of them is chosen. The list keeps no stream: it shows what
 * `streams-place.js` tells it.
 *
 * @import { StreamState } from "../types.js"
 */

import { icon } from "../parts/icons.js";
import { SECONDS, linePath } from "./sparkline.js";
import { hasModifier, listStep, stepIndex } from "../parts/keys.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";

/** The size of a sparkline, in pixels; the style sheet reserves it. */
const WIDTH = 60;
const HEIGHT = 20;
/** The rows that PageUp and PageDown skip. */
const PAGE = 5;

/**
 * @typedef {object} Source what the list shows of a stream or a topic
 * @property {string} path
 * @property {string} title
 * @property {boolean} isTopic
 * @property {StreamState} state of this page's own connection
 * @property {boolean} stale the state is doubtful
 * @property {boolean} final
 * @property {string} words its path and its figures
 * @property {boolean} shown it has a pane
 * @property {boolean} pinned
 */

/**
 * @typedef {object} Ways
 * @property {(path: string) => void} choose
 * @property {(path: string) => void} read takes the keys to what arrives on it
 * @property {(path: string) => void} remove asks to end it, where it is a topic
 */

const newLists = markup(`
  <section class="streams">
    <header><h2 class="meta">Streams</h2><button type="button" class="tool" data-act="new-stream"
      title="New stream" aria-label="New stream">${icon("plus")}</button></header>
    <p class="none quiet" hidden>The file of streams defines no stream.</p>
  </section>
  <section class="topics">
    <header><h2 class="meta">Topics</h2><button type="button" class="tool" data-act="new-topic"
      title="Open a topic by its name" aria-label="Open a topic by its name"
      >${icon("plus")}</button></header>
    <engine-line></engine-line>
    <p class="none quiet" hidden>No topic yet: open one by its name, or publish to one.</p>
  </section>`);

const newRow = markup(`
  <div class="source" role="option">
    <span class="title"></span>
    <span class="pinned" title="Pinned" hidden>${icon("pin")}</span>
    <svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"
      aria-hidden="true"><path/></svg>
    <span class="line"><span class="shape" aria-hidden="true"></span
      ><span class="words meta"></span></span>
  </div>`);

export class SourceList extends HTMLElement {
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  /** @type {string | null} */
  #chosen = null;
  /** @type {Ways | null} */
  #ways = null;

  /** @param {Ways} ways */
  connect(ways) {
    this.#ways = ways;
    this.append(newLists());
    for (const name of ["streams", "topics"]) {
      const list = document.createElement("div");
      list.className = "sources";
      part(this, `.${name}`).append(list);
      list.addEventListener("keydown", (event) => this.#onKey(event));
      list.addEventListener("click", ({ target }) => {
        const row = target instanceof Element ? target.closest(".source") : null;
        if (row instanceof HTMLElement && row.dataset.path) ways.choose(row.dataset.path);
      });
    }
  }

  /**
   * Draws the list. A row that stays keeps its node.
   *
   * @param {Source[]} sources in their order
   * @param {string | null} chosen the path of the chosen one
   */
  draw(sources, chosen) {
    const isNew = this.#chosen !== chosen;
    this.#chosen = chosen;
    const gone = new Set(this.#rows.keys());
    for (const isTopic of [false, true]) {
      const list = this.#list(isTopic);
      const of = sources.filter((source) => source.isTopic === isTopic);
      of.forEach((source, index) => {
        gone.delete(source.path);
        const row = this.#rows.get(source.path) ?? this.#added(source.path);
        fill(row, source, source.path === chosen);
        if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
      });
      // an empty list is no place for the keys
      list.tabIndex = of.length > 0 ? 0 : -1;
      list.role = of.length > 0 ? "listbox" : null;
      list.ariaLabel = of.length > 0 ? (isTopic ? "Topics" : "Streams") : null;
      part(this, `.${isTopic ? "topics" : "streams"} .none`).hidden = of.length > 0;
      const active = of.find(({ path }) => path === chosen);
      const id = active ? this.#rows.get(active.path)?.id : undefined;
      if (id) list.setAttribute("aria-activedescendant", id);
      else list.removeAttribute("aria-activedescendant");
    }
    for (const path of gone) {
      this.#rows.get(path)?.remove();
      this.#rows.delete(path);
    }
    // the layout that it takes is then the one that the frame takes anyway
    if (isNew) nextFrame(this.#scrollToChosen);
  }

  #scrollToChosen = () => {
    this.#rows.get(this.#chosen ?? "")?.scrollIntoView({ block: "nearest" });
  };

  /**
   * Draws the last minute of a source.
   *
   * @param {string} path
   * @param {number[]} seconds
   */
  drawLine(path, seconds) {
    const line = this.#rows.get(path)?.querySelector(".spark path");
    // no line where nothing was sent: it would say nothing
    const some = seconds.some((value) => value > 0);
    const d = some ? linePath(seconds.slice(-SECONDS), WIDTH, HEIGHT) : "";
    if (line && (line.getAttribute("d") ?? "") !== d) line.setAttribute("d", d);
  }

  /** To the list that has the chosen source. */
  focus() {
    const row = this.#rows.get(this.#chosen ?? "");
    const list = row?.closest(".sources") ?? this.#list(false);
    if (list instanceof HTMLElement) list.focus();
  }

  /** @param {boolean} isTopic */
  #list(isTopic) {
    return part(this, `.${isTopic ? "topics" : "streams"} .sources`);
  }

  /** @param {string} path */
  #added(path) {
    const row = part(newRow(), ".source");
    row.dataset.path = path;
    row.id = `source-${path}`;
    this.#rows.set(path, row);
    return row;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const list = /** @type {HTMLElement} */ (event.currentTarget);
    const rows = /** @type {HTMLElement[]} */ ([...list.children]);
    const from = rows.findIndex(({ dataset }) => dataset.path === this.#chosen);
    const step = listStep(event);
    const path = rows[from]?.dataset.path;
    if (step && rows.length > 0) {
      const to = rows[stepIndex(step, from, rows.length, PAGE)];
      this.#ways?.choose(to.dataset.path ?? "");
      to.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && path && !hasModifier(event)) {
      this.#ways?.read(path);
    } else if (event.key === "Delete" && path) {
      this.#ways?.remove(path);
    } else {
      return;
    }
    event.preventDefault();
  }
}

/**
 * @param {HTMLElement} row
 * @param {Source} source
 * @param {boolean} isChosen
 */
function fill(row, source, isChosen) {
  const { title, state, stale, final, words, shown, pinned } = source;
  row.ariaSelected = String(isChosen);
  row.dataset.state = state;
  row.toggleAttribute("data-stale", stale);
  row.toggleAttribute("data-final", final);
  row.toggleAttribute("data-shown", shown);
  part(row, ".pinned").hidden = !pinned;
  setText(part(row, ".title"), title);
  setText(part(row, ".words"), words);
  row.title = `${title}, ${words}`;
}

customElements.define("source-list", SourceList);
