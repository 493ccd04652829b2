/**
 * <event-list>: the events that arrived on a stream. The list follows the newest event until
 * somebody reads. Scrolling up, choosing a row or Pause holds a copy of the view, and the ring
 * behind it continues.
 *
 * `push` runs for every event. It only keeps the event and requests a frame; all drawing is in
 * `#draw`.
 *
 * @import { Arrival, Emptied, View } from "../types.js"
 */

import { ChosenData } from "./chosen-data.js";
import { EventRows, ROWS_IN_VIEW } from "./event-rows.js";
import { Ring } from "./ring.js";
import { count, several } from "../parts/format.js";
import { hasModifier, listStep, stepIndex } from "../parts/keys.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";

/**
 * Twice what a topic keeps: after a gap the server sends all kept events, and the gap must stay in
 * the list.
 */
const KEPT = 2000;
/** Sixteen million characters of data, about 32 MB, whatever the size of one event. */
const KEPT_CHARACTERS = 16_000_000;

const newList = markup(`
  <div class="grid" role="grid" tabindex="0" aria-readonly="true">
    <div class="heads" role="row">
      <span role="columnheader">time</span><span role="columnheader">gap</span
      ><span role="columnheader">id</span><span role="columnheader">event</span
      ><span role="columnheader">data</span>
    </div>
    <div class="scroller" role="rowgroup" tabindex="-1">
      <div class="space" role="presentation"><div class="window" role="presentation"></div></div>
    </div>
  </div>
  <button class="chip small" type="button" title="Go to the newest (End)" hidden></button>
  <div class="foot">
    <span class="counts"></span>
    <button type="button" class="plain small" data-act="gap" title="Show the last gap"
      hidden></button>
    <button type="button" class="plain small" data-act="pause" aria-pressed="false">Pause</button>
    <button type="button" class="plain small" data-act="clear">Clear</button>
  </div>
  <div class="chosen" hidden>
    <div class="text" tabindex="0" role="group" aria-label="Data of the chosen event"><pre
      data-exact></pre><p class="rest quiet" hidden></p></div>
    <button type="button" class="plain small" data-act="copy-data"
      aria-label="Copy the data of the chosen event">Copy</button>
  </div>`);

let lists = 0;

export class EventList extends HTMLElement {
  #ring = new Ring(KEPT, KEPT_CHARACTERS);
  /**
   * The held view; null while the list follows the end.
   * @type {View | null}
   */
  #held = null;
  #paused = false;
  /** The current or last press of a pointer began to hold the view. */
  #heldByPress = false;
  /** The list was cleared during this run. */
  #cleared = false;
  /** Called when the reason for an empty list may have changed. */
  onemptied = () => {};
  /** @type {number | null} */
  #cursor = null;
  /** How many gaps the server reported, and the number of the last arrival that reported one. */
  #gaps = 0;
  #lastGap = -1;
  /** The number of the first arrival that has not been drawn yet. */
  #fresh = 0;
  /** @type {EventRows | null} */
  #rows = null;
  /** @type {ChosenData | null} */
  #chosen = null;

  connectedCallback() {
    if (this.#rows) {
      this.#rows.moved();
      this.#ask();
      return;
    }
    this.append(newList());
    lists += 1;
    this.#rows = new EventRows(part(this, ".scroller"), `event-${lists}`);
    const chosen = part(this, ".chosen");
    this.#chosen = new ChosenData(chosen);
    const grid = part(this, ".grid");
    const scroller = part(this, ".scroller");
    grid.addEventListener("keydown", this.#onKey);
    chosen.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#chooseNone();
      grid.focus();
    });
    scroller.addEventListener("scroll", this.#onScroll, { passive: true });
    scroller.addEventListener("wheel", this.#onWheel, { passive: true });
    scroller.addEventListener("pointerdown", this.#onPress);
    scroller.addEventListener("pointercancel", this.#onPressLost);
    scroller.addEventListener("click", this.#onClick);
    part(this, ".chip").addEventListener("click", () => {
      this.#follow();
      grid.focus();
    });
    part(this, "[data-act=pause]").addEventListener("click", () => this.#pause(!this.#paused));
    part(this, "[data-act=gap]").addEventListener("click", () => {
      this.#chooseGap();
      grid.focus();
    });
    part(this, "[data-act=clear]").addEventListener("click", () => this.clear());
    // this also fires when the list is shown again after its place was hidden
    new ResizeObserver(this.#ask).observe(scroller);
    this.#ask();
  }

  /** @param {string} name for screen readers */
  set label(name) {
    part(this, ".grid").ariaLabel = name;
  }

  /** The data of the event that is chosen, to be copied. */
  get chosenData() {
    return this.#chosen?.text ?? "";
  }

  /** @param {Arrival} arrival */
  push(arrival) {
    if (arrival.notice !== null) {
      this.#gaps += 1;
      this.#lastGap = this.#ring.next;
    }
    this.#ring.push(arrival);
    nextFrame(this.#draw);
  }

  /** @returns {Emptied} */
  get emptied() {
    if (this.#paused) return "paused";
    return this.#cleared ? "cleared" : null;
  }

  clear() {
    this.#cleared = true;
    this.#ring.clear();
    this.#held = this.#paused ? this.#ring.snapshot() : null;
    this.#moveCursor(null);
    this.#gaps = 0;
    this.onemptied();
    this.#ask();
  }

  /** Back to following from scratch, for a new run. */
  reset() {
    this.#paused = false;
    this.clear();
    this.#cleared = false;
    this.onemptied();
  }

  get #view() {
    return this.#held ?? this.#ring;
  }

  #ask = () => nextFrame(this.#draw);

  /** Adds new rows to a held view while there is room below its rows, because that moves none. */
  #fillRoom() {
    const held = this.#held;
    if (!held || this.#paused || held.size >= ROWS_IN_VIEW || held.first !== this.#ring.first) {
      return;
    }
    this.#held = this.#ring.snapshot(ROWS_IN_VIEW);
  }

  #draw = () => {
    const ring = this.#ring;
    this.#fillRoom();
    const view = this.#view;
    this.#rows?.draw({ view, follows: !this.#held, freshFrom: this.#fresh, cursor: this.#cursor });
    this.#fresh = ring.next;
    const shown = Math.min(ROWS_IN_VIEW, view.size);
    setText(
      part(this, ".counts"),
      `${count(shown)} shown, ${count(ring.size)} kept, ${count(ring.dropped)} dropped`,
    );
    const gaps = part(this, "[data-act=gap]");
    gaps.hidden = this.#gaps === 0;
    setText(gaps, several(this.#gaps, "gap"));
    gaps.ariaDisabled = this.#lastGap < ring.first ? "true" : null;
    const grid = part(this, ".grid");
    grid.ariaRowCount = String(ring.next + 1);
    if (this.#cursor === null) grid.removeAttribute("aria-activedescendant");
    else if (this.#rows) grid.setAttribute("aria-activedescendant", this.#rows.rowId(this.#cursor));
    this.toggleAttribute("data-empty", view.size === 0);
    this.#drawChip(this.#held ? ring.next - (this.#held.first + this.#held.size) : 0);
  };

  /** @param {number} missed how many arrived since the view is held */
  #drawChip(missed) {
    const chip = part(this, ".chip");
    chip.hidden = !this.#paused && missed === 0;
    const parts = [this.#paused ? "Paused" : "", missed > 0 ? `${count(missed)} new` : ""];
    setText(chip, parts.filter(Boolean).join(", "));
    const pause = part(this, "[data-act=pause]");
    setText(pause, this.#paused ? "Resume" : "Pause");
    pause.ariaPressed = String(this.#paused);
  }

  #hold() {
    this.#held ??= this.#ring.snapshot();
    this.#ask();
  }

  #follow() {
    this.#held = null;
    this.#paused = false;
    this.#moveCursor(null);
    this.onemptied();
    this.#ask();
  }

  /** @param {number | null} cursor the number of an arrival in the view */
  #moveCursor(cursor) {
    this.#cursor = cursor;
    this.#chosen?.show(cursor === null ? null : this.#view.at(cursor - this.#view.first));
  }

  /** @param {boolean} paused */
  #pause(paused) {
    if (!paused) {
      this.#follow();
      return;
    }
    this.#paused = true;
    this.onemptied();
    this.#hold();
  }

  /** @param {number} index in the view that is held */
  #choose(index) {
    this.#hold();
    if (this.#view.size === 0) return;
    this.#moveCursor(this.#view.first + index);
    this.#rows?.reveal(index);
    this.#ask();
  }

  /** A paused list stays paused. */
  #chooseNone() {
    if (!this.#paused) {
      this.#follow();
      return;
    }
    this.#moveCursor(null);
    this.#ask();
  }

  /** Does nothing when the gap is no longer kept. */
  #chooseGap() {
    const { first, size } = this.#ring;
    if (this.#lastGap < first) return;
    // the held view may be from before the gap
    if (this.#held && this.#lastGap >= this.#held.first + this.#held.size) this.#held = null;
    if (this.#lastGap >= this.#view.first && this.#lastGap < first + size) {
      this.#choose(this.#lastGap - this.#view.first);
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    const step = listStep(event);
    if (step === "last" && !this.#paused) {
      this.#follow();
    } else if (step) {
      const { first, size } = this.#view;
      this.#choose(
        stepIndex(step, this.#cursor === null ? -1 : this.#cursor - first, size, ROWS_IN_VIEW),
      );
      this.#chosen?.reveal();
    } else if (event.key === " " && !hasModifier(event)) {
      this.#pause(!this.#paused);
    } else if (event.key === "Escape" && this.#cursor !== null) {
      this.#chooseNone();
    } else {
      return;
    }
    event.preventDefault();
  };

  #onScroll = () => {
    if (!this.#rows?.movedByHand) return;
    const follows = this.#rows.atEnd && this.#rows.scrolledDown;
    if (follows && !this.#paused && this.#cursor === null) this.#follow();
    else this.#hold();
  };

  /**
   * In a burst every frame scrolls to the end, which would undo the wheel: hold first.
   *
   * @param {WheelEvent} event
   */
  #onWheel = (event) => {
    if (event.deltaY < 0 && this.#view.size > ROWS_IN_VIEW) this.#hold();
  };

  /**
   * Holds the view at the press: in a fast list another row would be under the pointer at its
   * release, and there would be no click. This also lets a person select a row's text.
   *
   * @param {PointerEvent} event
   */
  #onPress = (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    this.#heldByPress = this.#held === null && (this.#rows?.seqOf(event.target) ?? null) !== null;
    if (!this.#heldByPress) return;
    this.#hold();
    // after the click, if there is one: the button may be released anywhere
    document.addEventListener("pointerup", () => setTimeout(this.#onPressLost, 100), {
      once: true,
    });
  };

  /** A press that became a scroll, or was released elsewhere, chose nothing. */
  #onPressLost = () => {
    const reads =
      this.#cursor !== null || this.#paused || document.getSelection()?.isCollapsed === false;
    if (this.#heldByPress && !reads) this.#follow();
    this.#heldByPress = false;
  };

  /** @param {MouseEvent} event */
  #onClick = (event) => {
    const seq = this.#rows?.seqOf(event.target) ?? null;
    if (seq !== null) this.#choose(seq - this.#view.first);
  };
}

customElements.define("event-list", EventList);
