/**
 * Draws the rows of the table of connections that are in view, out of however many there are. A row
 * is keyed by its connection's id and updated where it stands. It asks for nothing and decides
 * nothing: `connection-table.js` says what to draw.
 *
 * @import { App, Row } from "../types.js"
 */

import { COLUMNS } from "./columns.js";
import { NO_ORIGIN_WAY, hadNoOrigin, hasStream, refusedOrigin } from "../parts/words.js";
import { markup, part, setText } from "../parts/dom.js";

/** What became of a connection: a shape, words, and room for a way out. */
const newFate = markup(
  `<span class="fate"><span class="shape" aria-hidden="true"></span
    ><span class="text"></span></span>`,
);

/** Over the cells at the end of the row, which say nothing of a request that was refused. */
const newOffer = markup(
  `<span class="offer"><span class="origin"><bdi></bdi></span
    ><button type="button" data-act="allow-origin"></button></span>`,
);

/** @typedef {{ element: HTMLTableRowElement, row: Row }} Drawn what it shows is what `row` says */

/**
 * @typedef {object} Scene
 * @property {Row[]} rows
 * @property {number} first the place of the first of them
 * @property {number} size of the table, in rows
 * @property {number} rowHeight
 * @property {number | null} cursor the id of the chosen one
 */

export class ConnectionRows {
  #body;
  #app;
  #allow;
  /** @type {Map<number, Drawn>} */
  #drawn = new Map();
  /** Origins that were allowed from here: the row of the refusal stays, its way out is done. */
  #allowed = new Set();

  /**
   * @param {HTMLElement} body
   * @param {App} app
   * @param {(origin: string) => void} allow
   */
  constructor(body, app, allow) {
    this.#body = body;
    this.#app = app;
    this.#allow = allow;
  }

  /** @param {Scene} scene */
  draw({ rows, first, size, rowHeight, cursor }) {
    const body = this.#body;
    // the room of all rows, drawn or not
    body.style.blockSize = `${size * rowHeight}px`;
    const wanted = new Set(rows.map(({ id }) => id));
    // first, so that the others do not have to move past them
    for (const [id, { element }] of this.#drawn) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#drawn.delete(id);
    }
    rows.forEach((row, index) => {
      const element = this.#rowOf(row);
      element.ariaRowIndex = String(first + index + 2);
      element.ariaSelected = row.id === cursor ? "true" : null;
      // moved, and not laid out anew: a client that comes moves every row below its own
      element.style.transform = `translateY(${(first + index) * rowHeight}px)`;
      // moving a row that is in its place already would lose focus and selection
      if (body.children[index] !== element) {
        body.insertBefore(element, body.children[index] ?? null);
      }
    });
  }

  /** @param {string} origin */
  allowed(origin) {
    this.#allowed.add(origin);
    for (const { element, row } of this.#drawn.values()) this.#offerOrigin(element, row);
  }

  /**
   * The id of the element of a connection's row, while that is drawn.
   *
   * @param {number | null} id
   */
  elementId(id) {
    return id === null ? undefined : this.#drawn.get(id)?.element.id;
  }

  /** @param {Row} row */
  #rowOf(row) {
    const drawn = this.#drawn.get(row.id);
    if (drawn?.row === row) return drawn.element;
    const element = drawn?.element ?? newRow(row.id);
    this.#fill(element, row);
    this.#drawn.set(row.id, { element, row });
    return element;
  }

  /**
   * @param {HTMLTableRowElement} element
   * @param {Row} row
   */
  #fill(element, row) {
    const own = row.client !== null && this.#app.ownTags.has(row.client);
    element.dataset.state = row.state;
    element.dataset.stream = row.stream;
    // a 204 is how a finite stream says goodbye, no failure
    element.toggleAttribute("data-complete", row.ended?.complete ?? false);
    element.toggleAttribute("data-streamless", !hasStream(row));
    element.toggleAttribute("data-blocked", row.blocked);
    element.toggleAttribute("data-own", own);
    element.toggleAttribute("data-stale", row.stale ?? false);
    COLUMNS.forEach(({ text, title, rank }, index) => {
      const cell = /** @type {HTMLElement} */ (element.children[index]);
      const words = text(row, own);
      setText(part(cell, ".text"), words);
      const more = title?.(row) || words;
      if (cell.title !== more) cell.title = more;
      if (rank) cell.dataset.rank = rank(row);
    });
    this.#offerOrigin(element, row);
  }

  /**
   * @param {HTMLTableRowElement} element
   * @param {Row} row
   */
  #offerOrigin(element, row) {
    const origin = refusedOrigin(row);
    const words = origin ?? (hadNoOrigin(row) ? NO_ORIGIN_WAY : null);
    const had = element.querySelector(".offer");
    if (words === null) {
      had?.remove();
      return;
    }
    const offer = had ?? this.#newOffer(element, origin);
    setText(part(offer, "bdi"), words);
    offer.toggleAttribute("data-way", origin === null);
    const button = /** @type {HTMLButtonElement | null} */ (offer.querySelector("button"));
    if (!button) return;
    const allowed = origin !== null && this.#allowed.has(origin);
    setText(button, allowed ? "Allowed" : "Allow");
    button.disabled = allowed;
    button.ariaLabel = allowed ? null : `Allow ${origin}`;
    button.title = allowed
      ? `Pages of ${origin} can connect now`
      : `Let pages of ${origin} connect`;
  }

  /**
   * The origin stands beside its button: nobody allows what cannot be read.
   *
   * @param {HTMLElement} element
   * @param {string | null} origin null where there is none that could be allowed
   */
  #newOffer(element, origin) {
    const offer = part(newOffer(), ".offer");
    const button = part(offer, "button");
    if (origin !== null && this.#app.host.controls) {
      button.addEventListener("click", () => this.#allow(origin));
    } else {
      button.remove();
    }
    part(element, "[data-col=state]").append(offer);
    return offer;
  }
}

/** @param {number} id */
function newRow(id) {
  const element = document.createElement("tr");
  element.role = "row";
  element.id = `connection-${id}`;
  element.dataset.connection = String(id);
  element.append(
    ...COLUMNS.map(({ col, kind }) => {
      const cell = document.createElement("td");
      cell.role = "gridcell";
      cell.dataset.col = col;
      if (kind) cell.dataset.kind = kind;
      const text = document.createElement("span");
      text.className = "text";
      cell.append(text);
      return cell;
    }),
  );
  part(element, "[data-col=state]").replaceChildren(newFate());
  return element;
}
