/**
 * Draws only the rows of the table of connections that are in view. A row is keyed by its
 * connection's id and updated in place. It requests and decides nothing: `connection-table.js`
 * tells it what to draw.
 *
 * @import { App, Row } from "../types.js"
 * @import { ColumnWidths } from "./column-widths.js"
 */

import { COLUMNS } from "./columns.js";
import {
  NO_ORIGIN_WAY,
  flagWords,
  hadNoOrigin,
  hasStream,
  lastedWords,
  refusedOrigin,
} from "../parts/words.js";
import { ofRow, strikesOf } from "../breaks/break-words.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";

/** The state of a connection: a shape, words, and room for an offer. */
const newFate = markup(
  `<span class="fate"><span class="shape" aria-hidden="true"></span
    ><span class="leg"><span class="text"></span><span class="lasted"></span></span
    ><span class="flag" hidden>${icon("flag")}<span
    class="number"></span></span></span>`,
);

/** Shows the menu of the row, or undoes what is armed because of it. */
const newActs = markup(
  `<button type="button" class="tool acts" data-act="acts" tabindex="-1">${icon("acts")}${icon(
    "undo",
  )}</button>`,
);

/** Covers the last cells of the row, which are empty for a refused request. */
const newOffer = markup(
  `<span class="offer"><span class="origin"><bdi></bdi></span
    ><button type="button" data-act="allow-origin"></button></span>`,
);

/**
 * @typedef {{ element: HTMLTableRowElement, row: Row }} Drawn an element, and the row that it shows
 */

/**
 * @typedef {object} Scene
 * @property {Row[]} rows
 * @property {number} first the index of the first of them
 * @property {number} size of the table, in rows
 * @property {number} rowHeight
 * @property {number | null} cursor the id of the row that the keys move from
 * @property {(id: number) => boolean} isChosen whether it is chosen, alone or with others
 * @property {(row: Row) => boolean} isUnfolded whether the group of a row shows all its rows
 */

export class ConnectionRows {
  #body;
  #app;
  #allow;
  #widths;
  /** @type {Map<number, Drawn>} */
  #drawn = new Map();
  /** Origins that were allowed from here: the refused row stays, and its button is disabled. */
  #allowed = new Set();

  /**
   * @param {HTMLElement} body
   * @param {App} app
   * @param {ColumnWidths} widths of which some columns come with the first row that needs them
   * @param {(origin: string) => void} allow
   */
  constructor(body, app, widths, allow) {
    this.#widths = widths;
    this.#body = body;
    this.#app = app;
    this.#allow = allow;
    app.store.on("faults", () => {
      for (const { element, row } of this.#drawn.values()) showActs(element, row, app.deeds);
    });
  }

  /** @param {Scene} scene */
  draw({ rows, first, size, rowHeight, cursor, isChosen, isUnfolded }) {
    const body = this.#body;
    // as high as all rows, drawn or not
    body.style.blockSize = `${size * rowHeight}px`;
    if (rows.some(({ legs }) => legs)) this.#widths.showForwarded();
    const wanted = new Set(rows.map(({ id }) => id));
    // removed first, so that the other rows need not move past them
    for (const [id, { element }] of this.#drawn) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#drawn.delete(id);
    }
    rows.forEach((row, index) => {
      const element = this.#elementOf(row);
      element.ariaRowIndex = String(first + index + 2);
      element.ariaSelected = isChosen(row.id) ? "true" : null;
      element.toggleAttribute("data-cursor", row.id === cursor);
      showGroup(element, row, isUnfolded(row));
      // moved without a new layout: a new client moves every row below its own
      element.style.transform = `translateY(${(first + index) * rowHeight}px)`;
      // moving a row that is already in place would lose focus and selection
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

  /** The row of a connection, while it is drawn. @param {number | null} id */
  rowOf(id) {
    return id === null ? undefined : this.#drawn.get(id)?.row;
  }

  /**
   * The id of a connection's row element, while the row is drawn.
   *
   * @param {number | null} id
   */
  elementId(id) {
    return id === null ? undefined : this.#drawn.get(id)?.element.id;
  }

  /** @param {Row} row */
  #elementOf(row) {
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
    // a 204 ends a finite stream; it is no failure
    element.toggleAttribute("data-complete", row.ended?.complete ?? false);
    element.toggleAttribute("data-streamless", !hasStream(row));
    // what it waits for is said in words; the shape is that of whoever waits
    element.toggleAttribute("data-blocked", row.blocked || (row.waits ?? false));
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
    showLegs(element, row);
    showFlag(part(element, ".flag"), row);
    showActs(element, row, this.#app.deeds);
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
   * Shows the origin beside its button, so that one sees what one allows.
   *
   * @param {HTMLElement} element
   * @param {string | null} origin null where no origin can be allowed
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

/**
 * The second lines of a row that was forwarded: how long the leg of its client lasted, and which
 * upstream it was.
 *
 * @param {HTMLElement} element
 * @param {Row} row
 */
function showLegs(element, row) {
  const lasted = lastedWords(row);
  element.toggleAttribute("data-lasted", lasted !== "");
  setText(part(element, ".lasted"), lasted);
  setText(part(element, ".host"), row.legs?.upstream ?? "");
}

/**
 * The number of the fault that struck a row last, and how many others did; of a folded client, of
 * all its rows.
 *
 * @param {HTMLElement} flag
 * @param {Row} row
 */
function showFlag(flag, row) {
  const faults = strikesOf(row);
  flag.hidden = faults.length === 0;
  setText(part(flag, ".number"), flagWords(faults));
  flag.title = faults.map(({ id, fault }) => `Fault ${id} struck it: ${fault}`).join("\n");
}

/**
 * Says what a row's button does now.
 *
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {App["deeds"]} deeds
 */
function showActs(element, row, deeds) {
  const button = part(element, "[data-act=acts]");
  const armed = deeds.armed(ofRow(row));
  const undoes = armed.length > 0;
  button.toggleAttribute("data-undo", undoes);
  const label = undoes ? `Undo fault ${armed.map(({ id }) => id).join(", ")}` : `Break #${row.id}`;
  if (button.ariaLabel === label) return;
  button.ariaLabel = label;
  button.title = label;
}

const newFold = markup(
  `<button type="button" class="fold" data-act="fold" tabindex="-1"></button>`,
);

/**
 * The line that stays of a group has a button that unfolds it, with the number of its connections;
 * the others are set in.
 *
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {boolean} isUnfolded
 */
function showGroup(element, { group }, isUnfolded) {
  const folds = group !== null && group.is_head && group.size > 1;
  element.toggleAttribute("data-member", group !== null && !group.is_head);
  const cell = part(element, "[data-col=client]");
  const had = cell.querySelector(".fold");
  if (!folds) {
    had?.remove();
    return;
  }
  const fold = /** @type {HTMLElement} */ (had ?? part(newFold(), ".fold"));
  if (!had) cell.prepend(fold);
  setText(fold, `${isUnfolded ? "▾" : "▸"} ${group.size}`);
  fold.title = `${isUnfolded ? "Fold" : "Unfold"} ${group.size} connections of this client`;
  fold.ariaLabel = fold.title;
  fold.ariaExpanded = String(isUnfolded);
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
  const host = document.createElement("span");
  host.className = "host";
  part(element, "[data-col=upstream]").prepend(host);
  part(element, "[data-col=state]").replaceChildren(newFate());
  part(element, ".fate").append(newActs());
  return element;
}
