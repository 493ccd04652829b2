/**
 * Draws only the rows of an event list that are in view. The rows are in the document in reading
 * order. A row that stays in view keeps its node, so that a selection in it stays. It keeps no
 * events and decides nothing: `event-list.js` tells it what to draw.
 *
 * @import { Arrival, View } from "../types.js"
 */

import { gap, preview, timeOfDay } from "../parts/format.js";
import { markup, part, setText } from "../parts/dom.js";

/** Rows drawn beyond each edge while somebody scrolls by hand. */
const MARGIN = 6;

const newRow = markup(`
  <div class="row" role="row" data-row>
    <span class="time" role="gridcell"></span><span class="after" role="gridcell"></span
    ><span class="id" role="gridcell"><bdi></bdi></span><span class="event" role="gridcell"></span
    ><span class="data" role="gridcell"></span>
  </div>`);

/** @typedef {{ element: HTMLElement, seq: number }} Drawn */

/**
 * @typedef {object} Scene
 * @property {View} view
 * @property {boolean} follows whether the view follows the end of the list
 * @property {number} freshFrom arrivals from this number on are new since the last drawing
 * @property {number | null} cursor the number of the chosen arrival
 */

export class EventRows {
  #scroller;
  #space;
  #window;
  #idPrefix;
  /** @type {Drawn[]} */
  #drawn = [];
  /** @type {HTMLElement[]} */
  #spare = [];
  /** The position at the last drawing: a scroll to any other position was the reader's. */
  #scrolledTo = 0;
  /** The height of a row when it was last drawn. */
  #height = 0;
  /**
   * It was off the screen since the last drawing, where a browser may forget its scroll position.
   */
  #wasAway = false;

  /**
   * @param {HTMLElement} scroller
   * @param {string} idPrefix rows need ids for aria-activedescendant
   */
  constructor(scroller, idPrefix) {
    this.#scroller = scroller;
    this.#space = part(scroller, ".space");
    this.#window = part(scroller, ".window");
    this.#idPrefix = idPrefix;
  }

  /** The height of a row, which the style sheet sets; 0 while the list is off the screen. */
  get rowHeight() {
    if (this.#scroller.clientHeight === 0) return 0;
    return parseFloat(getComputedStyle(this.#scroller).getPropertyValue("--row"));
  }

  /** How many rows fit into view; the last of them may be cut. */
  get inView() {
    const height = this.rowHeight;
    return height === 0 ? 0 : this.#scroller.clientHeight / height;
  }

  get atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    return scrollTop + clientHeight >= scrollHeight - 2;
  }

  /**
   * Whether the reader has moved the list since it was last drawn, and not a change of its size.
   */
  get movedByHand() {
    if (this.#wasAway || this.rowHeight !== this.#height) return false;
    return Math.abs(this.#scroller.scrollTop - this.#scrolledTo) > 0.5;
  }

  get scrolledDown() {
    return this.#scroller.scrollTop > this.#scrolledTo;
  }

  /** @param {Scene} scene */
  draw({ view, follows, freshFrom, cursor }) {
    const height = this.rowHeight;
    if (height === 0) {
      this.#wasAway = true;
      return;
    }
    this.#space.style.height = `${view.size * height}px`;
    if (!follows) this.#restore(height);
    const inView = this.#scroller.clientHeight / height;
    const top = follows ? Math.max(0, view.size - inView) : this.#scroller.scrollTop / height;
    const margin = follows ? 0 : MARGIN;
    const from = Math.max(0, Math.floor(top) - margin);
    const to = Math.min(view.size, Math.ceil(top + inView) + margin);
    this.#reconcile(view, from, to, freshFrom);
    for (const { element, seq } of this.#drawn) {
      const { outage } = view.at(seq - view.first);
      if (outage !== null) setText(/** @type {Element} */ (element.lastElementChild), outage);
      element.ariaSelected = seq === cursor ? "true" : null;
      // rows are moved without a new layout, because in a full list every event moves all of them
      element.style.transform = `translateY(${(seq - view.first) * height}px)`;
    }
    if (follows) this.#scrollTo(view.size * height);
    this.#scrolledTo = this.#scroller.scrollTop;
    this.#height = height;
    this.#wasAway = false;
  }

  /** Draws all rows anew next time: the same numbers may belong to other arrivals now. */
  forget() {
    for (const { element } of this.#drawn) {
      element.remove();
      this.#spare.push(element);
    }
    this.#drawn = [];
  }

  /** After the list moved in the document, where a browser forgets its scroll position. */
  moved() {
    this.#wasAway = true;
  }

  /**
   * Keeps the same rows in view when the list comes back to the screen or its rows change their
   * height.
   *
   * @param {number} height
   */
  #restore(height) {
    const changed = this.#wasAway || height !== this.#height;
    if (changed && this.#height > 0) this.#scrollTo((this.#scrolledTo * height) / this.#height);
  }

  /**
   * Scrolls as little as it takes to have a row in view.
   *
   * @param {number} index
   */
  reveal(index) {
    const height = this.rowHeight;
    const { scrollTop, clientHeight } = this.#scroller;
    if (index * height < scrollTop) this.#scrollTo(index * height);
    else if ((index + 1) * height > scrollTop + clientHeight)
      this.#scrollTo((index + 1) * height - clientHeight);
  }

  /**
   * The number of the arrival whose row holds this node.
   *
   * @param {EventTarget | null} target
   * @returns {number | null}
   */
  seqOf(target) {
    return (
      this.#drawn.find(({ element }) => target instanceof Node && element.contains(target))?.seq ??
      null
    );
  }

  /** @param {number} seq */
  rowId(seq) {
    return `${this.#idPrefix}-${seq}`;
  }

  /** @param {number} top */
  #scrollTo(top) {
    this.#scroller.scrollTop = top;
    // the browser clamps and rounds
    this.#scrolledTo = this.#scroller.scrollTop;
  }

  /**
   * Brings the drawn rows to exactly those from index `from` to before `to`.
   *
   * @param {View} view
   * @param {number} from
   * @param {number} to
   * @param {number} freshFrom
   */
  #reconcile(view, from, to, freshFrom) {
    const firstSeq = view.first + from;
    const endSeq = view.first + to;
    const kept = this.#drawn.filter(({ element, seq }) => {
      const stays = seq >= firstSeq && seq < endSeq;
      if (!stays) {
        element.remove();
        this.#spare.push(element);
      }
      return stays;
    });
    /** @param {number} seq */
    const make = (seq) => {
      const element = this.#spare.pop() ?? /** @type {HTMLElement} */ (newRow().firstElementChild);
      this.#fill(element, view.at(seq - view.first), seq);
      element.classList.toggle("fresh", seq >= freshFrom);
      return { element, seq };
    };
    const keptFrom = kept[0]?.seq ?? endSeq;
    const keptEnd = keptFrom + kept.length;
    // a mark that fades on beside newer ones would have the window drawn between two events
    if (endSeq > Math.max(keptEnd, freshFrom)) {
      for (const { element } of kept) element.classList.remove("fresh");
    }
    const before = [];
    for (let seq = firstSeq; seq < keptFrom; seq += 1) before.push(make(seq));
    const after = [];
    for (let seq = keptEnd; seq < endSeq; seq += 1) after.push(make(seq));
    this.#window.prepend(...before.map(({ element }) => element));
    this.#window.append(...after.map(({ element }) => element));
    this.#drawn = [...before, ...kept, ...after];
  }

  /**
   * @param {HTMLElement} row
   * @param {Arrival} arrival
   * @param {number} seq
   */
  #fill(row, arrival, seq) {
    row.id = this.rowId(seq);
    row.ariaRowIndex = String(seq + 1);
    const isOutage = arrival.outage !== null;
    row.classList.toggle("outage", isOutage);
    row.classList.toggle("notice", arrival.notice !== null);
    row.toggleAttribute("data-row", !isOutage);
    if (isOutage) delete row.dataset.eventId;
    else row.dataset.eventId = arrival.id;
    const [time, after, id, event, data] = /** @type {Iterable<HTMLElement>} */ (row.children);
    setText(time, timeOfDay(arrival.at));
    setText(after, gap(arrival.gap));
    // the style sheet cuts it at its beginning, because long ids differ at their end
    setText(part(id, "bdi"), arrival.id);
    id.title = arrival.id.length > 8 ? arrival.id : "";
    setText(event, arrival.event);
    event.title = arrival.event.length > 11 ? arrival.event : "";
    const words = arrival.outage ?? arrival.notice;
    setText(data, words ?? preview(arrival.data));
    // the inspector shows all data: a tooltip of it would cover the list
    data.title = words ?? "";
  }
}
