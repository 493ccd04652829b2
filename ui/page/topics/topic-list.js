/**
 * <topic-list>: the topics of the server with their figures, and a field that opens a topic by
 * name. Each topic has one line: there may be hundreds, too many for a panel each.
 *
 * @import { TopicInfo } from "../server.js"
 * @import { App } from "../types.js"
 */

import { NO_NAME, endingWords, readName, ttlWords } from "./topic-words.js";
import { copyOnClick } from "../parts/copy-button.js";
import { count } from "../parts/format.js";
import { listStep, stepIndex } from "../parts/keys.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";
import { publishLine, streamAddress } from "../parts/snippets.js";
import { errorMessage } from "../parts/error-message.js";
import { topicPath } from "../host/paths.js";

/** @type {{ col: string, head: string, text: (topic: TopicInfo) => string }[]} */
const COLUMNS = [
  { col: "name", head: "name", text: ({ name }) => name },
  { col: "subscribers", head: "subscribers", text: ({ subscribers }) => count(subscribers) },
  { col: "published", head: "published", text: ({ published }) => count(published) },
  { col: "kept", head: "kept", text: ({ kept }) => count(kept) },
  { col: "bytes", head: "bytes kept", text: ({ kept_bytes }) => count(kept_bytes) },
  { col: "last-id", head: "last id", text: ({ last_id }) => last_id ?? "" },
];

/** The rows that PageUp and PageDown skip. */
const PAGE = 5;

const newList = markup(`
  <header>
    <h2 class="title">Topics</h2>
    <form novalidate>
      <label><code class="quiet">/topics/</code><input name="topic" placeholder="name"
        aria-label="Topic name" aria-describedby="topic-problem" autocomplete="off"
        autocapitalize="off" spellcheck="false"></label>
      <button type="submit" aria-label="Open the topic">Open</button>
    </form>
  </header>
  <div class="frame">
    <p class="note" id="topic-problem" role="alert" hidden></p>
    <div class="scroller" tabindex="-1">
      <table role="grid" aria-label="Topics, by name" aria-readonly="true" tabindex="0">
        <thead role="rowgroup"><tr role="row"></tr></thead>
        <tbody role="rowgroup"></tbody>
      </table>
      <div class="empty" hidden>
        <p class="hint">There is no topic yet. Open one by name, or publish from a terminal:</p>
        <p class="try"><code></code
          ><button type="button" class="small" data-act="copy"
            aria-label="Copy the curl line">Copy</button></p>
      </div>
    </div>
    <div class="foot">
      <p class="quiet" role="status"></p>
      <button type="button" class="small" data-act="keep" hidden>Keep it</button>
      <button type="button" class="small" data-act="end" disabled>End topic</button>
    </div>
  </div>`);

export class TopicList extends HTMLElement {
  #app;
  /** @type {Map<string, HTMLTableRowElement>} */
  #byName = new Map();
  /** @type {string | null} */
  #cursor = null;
  /** @type {Set<string>} */
  #opened = new Set();
  /**
   * The topic to be ended, after the first press and before the confirmation.
   * @type {string | null}
   */
  #ending = null;
  /** Why the last topic could not be ended. */
  #trouble = "";
  /** @type {(name: string) => void} */
  onopen = () => {};

  /** @param {App} app */
  constructor(app) {
    super();
    this.#app = app;
  }

  connectedCallback() {
    if (this.firstChild) return;
    const { host, store } = this.#app;
    this.append(newList());
    part(this, "thead tr").append(
      ...COLUMNS.map(({ col, head }) => newCell("th", col, head)),
      newCell("th", "act", newActHead()),
    );
    part(this, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#openTyped();
    });
    this.#field.addEventListener("input", () => this.#showProblem(""));
    part(this, "table").addEventListener("keydown", (event) => this.#onKey(event));
    part(this, "tbody").addEventListener("click", (event) => this.#onClick(event));
    // a double click counts as one press: it must not confirm its own question
    part(this, "[data-act=end]").addEventListener("click", ({ detail }) => {
      if (detail <= 1) this.#end();
    });
    part(this, "[data-act=keep]").addEventListener("click", () => this.#keep());
    part(this, ".foot").addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.#ending === null) return;
      event.preventDefault();
      this.#keep();
    });
    copyOnClick(
      part(this, ".empty [data-act=copy]"),
      host,
      () => part(this, ".empty code").textContent ?? "",
    );
    store.on("topics", this.#ask);
    store.on("status", this.#ask);
  }

  /** @param {Set<string>} names of the topics that have a panel here */
  set opened(names) {
    this.#opened = names;
    this.#ask();
  }

  /** To the list, or to the field while the list is empty. */
  focus() {
    (this.#byName.size > 0 ? part(this, "table") : this.#field).focus();
  }

  get #field() {
    return /** @type {HTMLInputElement} */ (part(this, "input"));
  }

  #openTyped() {
    const name = readName(this.#field.value);
    if (name === null) {
      this.#showProblem(NO_NAME);
      this.#field.focus();
      return;
    }
    this.#showProblem("");
    this.#field.value = "";
    this.onopen(name);
  }

  /** @param {string} problem */
  #showProblem(problem) {
    const note = part(this, ".note");
    note.hidden = problem === "";
    setText(note, problem);
    this.#field.ariaInvalid = problem === "" ? null : "true";
  }

  #ask = () => nextFrame(this.#draw);

  #draw = () => {
    const { store } = this.#app;
    const topics = store.get("topics") ?? [];
    const body = part(this, "tbody");
    const removed = new Set(this.#byName.keys());
    topics.forEach((topic, index) => {
      removed.delete(topic.name);
      const row = this.#byName.get(topic.name) ?? this.#newRow(topic.name);
      this.#fill(row, topic);
      if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null);
      row.style.setProperty("--at", String(index));
    });
    body.style.setProperty("--size", String(topics.length));
    for (const name of removed) {
      this.#byName.get(name)?.remove();
      this.#byName.delete(name);
      if (this.#cursor === name) this.#choose(null);
    }
    this.#drawFoot(topics);
    part(this, "table").hidden = topics.length === 0;
    part(this, ".empty").hidden = topics.length > 0;
    setText(
      part(this, ".empty code"),
      publishLine(streamAddress(store.get("status"), topicPath("news"))),
    );
  };

  /** @param {TopicInfo[]} topics */
  #drawFoot(topics) {
    const ending = topics.find(({ name }) => name === this.#ending);
    if (!ending) this.#ending = null;
    const usual = topics.length > 0 ? ttlWords(topics[0].ttl_ms) : "";
    setText(part(this, ".foot p"), ending ? endingWords(ending) : this.#trouble || usual);
    const end = /** @type {HTMLButtonElement} */ (part(this, "[data-act=end]"));
    end.disabled = this.#cursor === null;
    setText(end, ending ? "End it" : "End topic");
    end.title = this.#cursor === null ? "Choose a topic first" : "";
    part(this, "[data-act=keep]").hidden = !ending;
  }

  /** Asks first, and ends the topic when the button is pressed again. */
  async #end() {
    const { host } = this.#app;
    const name = this.#ending;
    this.#trouble = "";
    this.#ending = name === null ? this.#cursor : null;
    this.#ask();
    if (name === null) return;
    try {
      await host.endTopic(name);
    } catch (reason) {
      this.#trouble = errorMessage(reason);
      this.#ask();
    }
  }

  #keep() {
    this.#ending = null;
    this.#ask();
    this.focus();
  }

  /** @param {string} name */
  #newRow(name) {
    const row = document.createElement("tr");
    row.role = "row";
    row.id = `topic-row-${name}`;
    row.dataset.topic = name;
    const open = document.createElement("button");
    open.type = "button";
    open.className = "plain small";
    open.dataset.act = "open";
    // by keyboard, Enter opens the row: the list is one Tab stop, however many topics there are
    open.tabIndex = -1;
    row.append(
      ...COLUMNS.map(({ col }) => newCell("td", col, newText())),
      newCell("td", "act", open),
    );
    this.#byName.set(name, row);
    return row;
  }

  /**
   * @param {HTMLTableRowElement} row
   * @param {TopicInfo} topic
   */
  #fill(row, topic) {
    const isOpen = this.#opened.has(topic.name);
    row.toggleAttribute("data-opened", isOpen);
    COLUMNS.forEach(({ text }, index) => {
      const cell = /** @type {HTMLElement} */ (row.children[index]);
      const words = text(topic);
      setText(part(cell, "bdi"), words);
      if (cell.title !== words) cell.title = words;
    });
    const open = part(row, "button");
    setText(open, isOpen ? "Show" : "Open");
    open.ariaLabel = `${isOpen ? "Show" : "Open"} topic ${topic.name}`;
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    if (!row?.dataset.topic) return;
    this.#choose(row.dataset.topic);
    this.onopen(row.dataset.topic);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = listStep(event);
    const rows = /** @type {HTMLElement[]} */ ([...part(this, "tbody").children]);
    if (event.key === "Escape") {
      this.#choose(null);
    } else if (event.key === "Enter" && this.#cursor !== null) {
      this.onopen(this.#cursor);
    } else if (event.key === "Delete" && this.#cursor !== null) {
      this.#ending = this.#cursor;
      this.#ask();
      part(this, "[data-act=end]").focus();
    } else if (step && rows.length > 0) {
      const from = rows.findIndex(({ dataset }) => dataset.topic === this.#cursor);
      const row = rows[stepIndex(step, from, rows.length, PAGE)];
      this.#choose(row.dataset.topic ?? null);
      row.scrollIntoView({ block: "nearest" });
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {string | null} name */
  #choose(name) {
    this.#cursor = name;
    this.#ending = null;
    this.#trouble = "";
    this.#ask();
    for (const [other, row] of this.#byName) row.ariaSelected = other === name ? "true" : null;
    const row = name === null ? undefined : this.#byName.get(name);
    if (row) part(this, "table").setAttribute("aria-activedescendant", row.id);
    else part(this, "table").removeAttribute("aria-activedescendant");
  }
}

/**
 * The style sheet cuts ids at their beginning by direction, which must not reorder their
 * characters.
 */
const newText = () => document.createElement("bdi");

/** The buttons explain the column; its header is for screen readers. */
const newActHead = markup(`<span class="unseen">open</span>`);

/**
 * @param {"th" | "td"} tag
 * @param {string} col
 * @param {string | Node} content
 */
function newCell(tag, col, content) {
  const cell = document.createElement(tag);
  cell.role = tag === "th" ? "columnheader" : "gridcell";
  cell.dataset.col = col;
  cell.append(content);
  return cell;
}

customElements.define("topic-list", TopicList);
