/**
 * Where a wire is scrolled to, and by whom. Drawing scrolls to the end. A person who scrolls up
 * holds the view.
 */

const LINE_HEIGHT = 20;
const MORE_LINES = 8;

export class WireScroll {
  #scroller;
  #callbacks;
  /** Its last position and height: a scroll to any other position was the reader's. */
  #top = 0;
  #height = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {{ hold: () => void, atEnd: () => void, nearEdge: () => void }} callbacks
   */
  constructor(scroller, callbacks) {
    this.#scroller = scroller;
    this.#callbacks = callbacks;
    scroller.addEventListener("scroll", this.#onScroll, { passive: true });
    // in a burst every frame scrolls to the end, which would undo the wheel: hold first
    scroller.addEventListener("wheel", ({ deltaY }) => {
      if (deltaY < 0 && scroller.scrollHeight > scroller.clientHeight) callbacks.hold();
    }, { passive: true });
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#note();
  }

  /** How many lines fit into view at most, and a few more, because some share a line. */
  get tail() {
    return Math.ceil((this.#scroller.clientHeight / LINE_HEIGHT) * 1.5) + MORE_LINES;
  }

  /** Less than the height of the view is left above it. */
  get isNearTop() {
    return this.#scroller.scrollTop < this.#scroller.clientHeight;
  }

  get isNearEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < clientHeight;
  }

  /**
   * Scrolls a piece to the top.
   *
   * @param {HTMLElement} piece
   */
  toPiece(piece) {
    const { top } = this.#scroller.getBoundingClientRect();
    this.#scroller.scrollTop += piece.getBoundingClientRect().top - top;
    this.#note();
  }

  toTop() {
    this.#scroller.scrollTop = 0;
    this.#note();
  }

  /**
   * Draws without moving the pieces in view.
   *
   * @param {() => void} draw
   * @param {readonly HTMLElement[]} pieces
   */
  keep(draw, pieces) {
    const { top } = this.#scroller.getBoundingClientRect();
    const seen = firstBelow(pieces, top);
    const before = seen?.getBoundingClientRect().top ?? 0;
    draw();
    const by = seen?.isConnected ? seen.getBoundingClientRect().top - before : 0;
    if (by !== 0) this.#scroller.scrollTop += by;
    this.#note();
  }

  /**
   * Scrolls the next piece, or the previous one, to the top.
   *
   * @param {1 | -1} by
   * @param {readonly HTMLElement[]} pieces
   */
  step(by, pieces) {
    const top = this.#scroller.getBoundingClientRect().top;
    const offsets = pieces.map((piece) => piece.getBoundingClientRect().top - top);
    const to =
      by > 0 ? offsets.find((offset) => offset > 1) : offsets.findLast((offset) => offset < -1);
    if (to !== undefined) this.#scroller.scrollTop += to;
  }

  #note() {
    // the browser clamps and rounds
    this.#top = this.#scroller.scrollTop;
    this.#height = this.#scroller.clientHeight;
  }

  #onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    const resized = clientHeight !== this.#height;
    const by = scrollTop - this.#top;
    this.#note();
    // content that fits is not scrolled by a person: the drawn content became smaller
    if (resized || Math.abs(by) < 0.5 || scrollHeight <= clientHeight) return;
    if (by > 0 && scrollTop + clientHeight >= scrollHeight - 2) this.#callbacks.atEnd();
    else if (by < 0 || scrollTop + clientHeight < scrollHeight - 2) this.#callbacks.hold();
    this.#callbacks.nearEdge();
  };
}

/**
 * The first piece that ends below a position. The pieces are in order, and there may be thousands.
 *
 * @param {readonly Element[]} pieces
 * @param {number} place
 */
export function firstBelow(pieces, place) {
  let from = 0;
  let to = pieces.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (pieces[middle].getBoundingClientRect().bottom > place) to = middle;
    else from = middle + 1;
  }
  return pieces.at(from);
}
