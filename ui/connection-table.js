/**
 * <connection-table>: who is connected, from any client, and what became of those that left. Every figure is
 * the server's own; rows are updated where they stand, keyed by the connection's id.
 *
 * @import { App, Connections, Row } from "./types.js"
 */

import { copies } from "./copy-button.js";
import { count, dateAndTime, timeOfDay } from "./format.js";
import { curlLine, streamAddress } from "./client-lines.js";
import { ORIGIN_NOT_ALLOWED, fateWords } from "./words.js";
import { listStep, stepIndex } from "./keys.js";
import { markup, part, setText } from "./dom.js";
import { sentence } from "./host.js";

/**
 * @typedef {object} Column
 * @property {string} col
 * @property {string} head
 * @property {(row: Row) => string} text
 * @property {(row: Row) => string} [title] when the text alone does not say all
 */

/** @type {Column[]} */
const COLUMNS = [
  { col: "peer", head: "peer", text: ({ peer }) => peer },
  { col: "program", head: "program", text: ({ program }) => program, title: ({ origin }) => (origin ? `from ${origin}` : "") },
  { col: "stream", head: "stream", text: ({ stream, method }) => (method === "GET" ? stream : `${method} ${stream}`) },
  { col: "since", head: "since", text: ({ since_ms }) => timeOfDay(since_ms), title: ({ since_ms }) => dateAndTime(since_ms) },
  { col: "brought", head: "brought id", text: ({ brought }) => brought ?? "", title: ({ brought }) => (brought === null ? "" : `came with Last-Event-ID ${brought}`) },
  { col: "last-id", head: "last id", text: ({ last_id }) => last_id ?? "" },
  { col: "events", head: "events", text: ({ events }) => count(events) },
  { col: "bytes", head: "bytes", text: ({ bytes }) => count(bytes) },
  {
    col: "ended",
    head: "state",
    text: fateWords,
    title: ({ ended, origin }) =>
      [ended ? dateAndTime(ended.at_ms) : "", origin && `from ${origin}`].filter(Boolean).join(", "),
  },
];

const PAGE = 10;

/** What became of a connection: a shape, words, and room for a way out. */
const newFate = markup(`<span class="fate"><span class="shape" aria-hidden="true"></span><span class="text"></span></span>`);

const newTable = markup(`
  <p class="summary"></p>
  <p class="problem" role="alert" hidden></p>
  <div class="frame">
    <div class="scroller" tabindex="-1">
      <table role="grid" aria-label="Connections, open ones first" aria-readonly="true" tabindex="0">
        <thead role="rowgroup"><tr role="row"></tr></thead>
        <tbody role="rowgroup"></tbody>
      </table>
      <p class="more quiet" hidden></p>
      <div class="empty" hidden>
        <p class="hint"></p>
        <p class="try"><code></code><button type="button" class="small" data-act="copy" aria-label="Copy the curl line">Copy</button></p>
      </div>
    </div>
  </div>`);

export class ConnectionTable extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {Map<number, HTMLTableRowElement>} */
  #byId = new Map();
  /** @type {number | null} */
  #cursor = null;
  /** Origins that were allowed from here: the row of the refusal stays, its way out is done. */
  #allowed = new Set();

  /** @param {App} app */
  wire(app) {
    this.#app = app;
    this.append(newTable());
    part(this, "thead tr").append(
      ...COLUMNS.map(({ col, head }) => {
        const cell = document.createElement("th");
        cell.role = "columnheader";
        cell.scope = "col";
        cell.dataset.col = col;
        cell.textContent = head;
        return cell;
      }),
    );
    copies(part(this, ".empty [data-act=copy]"), app.host, () => part(this, ".empty code").textContent ?? "");
    part(this, "table").addEventListener("keydown", (event) => this.#onKey(event));
    app.store.on("connections", (connections) => this.#show(connections));
    app.store.on("status", () => this.#showEmpty());
    app.store.on("streams", () => this.#showEmpty());
    app.store.on("unreachable", () => this.#showSummary());
  }

  /** @param {Connections} connections */
  #show({ rows, more = 0 }) {
    this.#showSummary();
    const body = part(this, "tbody");
    const gone = new Set(this.#byId.keys());
    rows.forEach((row, index) => {
      gone.delete(row.id);
      const element = this.#byId.get(row.id) ?? this.#newRow(row);
      this.#fill(element, row);
      // moving a row that is in its place already would lose focus and selection
      if (body.children[index] !== element) body.insertBefore(element, body.children[index] ?? null);
    });
    for (const id of gone) {
      this.#byId.get(id)?.remove();
      this.#byId.delete(id);
    }
    if (this.#cursor !== null && !this.#byId.has(this.#cursor)) this.#choose(null);
    const moreLine = part(this, ".more");
    moreLine.hidden = more === 0;
    setText(moreLine, `and ${count(more)} more open connections`);
    this.#showEmpty();
  }

  #showSummary() {
    const { store } = /** @type {App} */ (this.#app);
    const connections = store.get("connections");
    if (!connections) return;
    const { open, opened, refused } = connections;
    const stale = store.get("unreachable") ? ", as last heard" : "";
    setText(part(this, ".summary"), `${count(open)} open, ${count(opened)} opened, ${count(refused)} refused${stale}`);
  }

  #showEmpty() {
    const { store } = /** @type {App} */ (this.#app);
    const nobody = this.#byId.size === 0;
    part(this, ".empty").hidden = !nobody;
    part(this, "table").hidden = nobody;
    if (!nobody) return;
    const running = store.get("status")?.phase === "running";
    const hint = running ? "Nobody is connected. Try" : "Nobody can connect while the server does not run. Start it, then try";
    setText(part(this, ".empty .hint"), hint);
    const streams = store.get("streams") ?? [];
    const stream = streams.find(({ endless }) => endless) ?? streams[0];
    part(this, ".empty .try").hidden = !stream;
    if (stream) setText(part(this, ".empty code"), curlLine(streamAddress(store.get("status"), stream.path)));
  }

  /** @param {Row} row */
  #newRow(row) {
    const element = document.createElement("tr");
    element.role = "row";
    element.id = `connection-${row.id}`;
    element.dataset.connection = String(row.id);
    element.append(
      ...COLUMNS.map(({ col, head }) => {
        const cell = document.createElement("td");
        cell.role = "gridcell";
        cell.dataset.col = col;
        // the label of a figure when rows become cards
        cell.dataset.head = head;
        const text = document.createElement("span");
        text.className = "text";
        cell.append(text);
        return cell;
      }),
    );
    const ended = part(element, "[data-col=ended]");
    ended.replaceChildren(newFate());
    this.#byId.set(row.id, element);
    return element;
  }

  /**
   * @param {HTMLTableRowElement} element
   * @param {Row} row
   */
  #fill(element, row) {
    element.dataset.state = row.state;
    element.dataset.stream = row.stream;
    // a 204 is how a finite stream says goodbye, no failure
    element.toggleAttribute("data-complete", row.ended?.complete ?? false);
    element.toggleAttribute("data-own", row.client !== null && this.#app?.ownTags.has(row.client));
    COLUMNS.forEach(({ text, title }, index) => {
      const cell = /** @type {HTMLElement} */ (element.children[index]);
      const words = text(row);
      setText(part(cell, ".text"), words);
      const more = title?.(row) || words;
      if (cell.title !== more) cell.title = more;
    });
    this.#offerOrigin(element, row);
  }

  /**
   * @param {HTMLTableRowElement} element
   * @param {Row} row
   */
  #offerOrigin(element, { state, origin, ended }) {
    const { host } = /** @type {App} */ (this.#app);
    const offered = host.controls && state === "refused" && origin && origin !== "null" && ended?.why === ORIGIN_NOT_ALLOWED;
    const cell = part(element, ".fate");
    const had = cell.querySelector("button");
    if (!offered) {
      had?.remove();
      return;
    }
    const button = had ?? this.#newAllowButton(cell, origin);
    const allowed = this.#allowed.has(origin);
    setText(button, allowed ? "Allowed" : "Allow this origin");
    button.disabled = allowed;
    button.title = allowed ? `${origin} may connect now` : `Let pages of ${origin} connect`;
  }

  /**
   * @param {HTMLElement} cell
   * @param {string} origin
   */
  #newAllowButton(cell, origin) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.act = "allow-origin";
    button.addEventListener("click", () => this.#allow(origin));
    cell.append(button);
    return button;
  }

  /** @param {string} origin */
  async #allow(origin) {
    const { host, store } = /** @type {App} */ (this.#app);
    const problem = part(this, ".problem");
    problem.hidden = true;
    try {
      await host.allowOrigin(origin);
      this.#allowed.add(origin);
    } catch (reason) {
      problem.textContent = sentence(reason);
      problem.hidden = false;
    }
    const connections = store.get("connections");
    if (connections) this.#show(connections);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = listStep(event);
    const rows = /** @type {HTMLElement[]} */ ([...part(this, "tbody").children]);
    const inRow = event.target !== event.currentTarget;
    if (inRow) return;
    if (event.key === "Escape") {
      this.#choose(null);
    } else if (step && rows.length > 0) {
      const from = rows.findIndex(({ dataset }) => Number(dataset.connection) === this.#cursor);
      const row = rows[stepIndex(step, from, rows.length, PAGE)];
      this.#choose(Number(row.dataset.connection));
      row.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    }
  }

  /** @param {number | null} id */
  #choose(id) {
    this.#cursor = id;
    for (const [other, row] of this.#byId) row.ariaSelected = other === id ? "true" : null;
    const row = id === null ? undefined : this.#byId.get(id);
    if (row) part(this, "table").setAttribute("aria-activedescendant", row.id);
    else part(this, "table").removeAttribute("aria-activedescendant");
  }
}

customElements.define("connection-table", ConnectionTable);
